"""Races' rankings, whoever asks: one rule for the live race, its replay, its results and lists of races."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from races import courses, records, timing
from races.courses import Terms
from races.models import Drone, Race, RaceTiming, Ruling
from races.timing import Entry, Lap, Passes, Standing, StateError, Timer, Whereabouts


def entries(races: Collection[UUID], drones: Collection[int] = ()) -> dict[UUID, list[Entry]]:
    """Give the drones of races as the ranking takes them, in two queries: those recorded and `drones`, as ruled on."""
    found = {race_id: {number: Entry(number) for number in drones} for race_id in races}
    recorded = Drone.objects.filter(race__in=races).order_by("number")
    for race_id, number in recorded.values_list("race_id", "number"):
        found[race_id][number] = Entry(number)
    ruled = Ruling.objects.filter(race__in=races, kind__in=Ruling.ON_DRONES).order_by("id")
    for race_id, ruled_on, kind, milliseconds in ruled.values_list("race_id", "drone", "kind", "milliseconds"):
        entry = found[race_id].get(ruled_on or 0)
        if entry is None:
            continue
        if kind == Ruling.Kind.PENALTY:
            entry = replace(entry, penalty_ms=entry.penalty_ms + (milliseconds or 0))
        else:
            entry = replace(entry, disqualified=kind == Ruling.Kind.DISQUALIFY)
        found[race_id][entry.drone] = entry
    return {race_id: list(of_drones.values()) for race_id, of_drones in found.items()}


def disqualified(races: Collection[UUID]) -> set[tuple[UUID, int]]:
    """Give the drones of races that are out of them, each as its race and its number."""
    return {
        (race_id, entry.drone) for race_id, found in entries(races).items() for entry in found if entry.disqualified
    }


def last_ruling(race_id: UUID) -> int:
    """Give the number of a race's last ruling, 0 where there is none: with each decision it rises."""
    return Ruling.objects.filter(race_id=race_id).order_by("-id").values_list("id", flat=True).first() or 0


def ranked(
    drones: Iterable[Entry],
    laps: Iterable[Lap],
    terms: Terms,
    whereabouts: Sequence[Whereabouts],
    *,
    start: int | None,
    ended: bool,
    passes: Passes | None = None,
) -> list[Standing]:
    """Rank a race by its laps and by where its drones are.

    `start` is the race's (µs since 1970), where its track wants one; `passes` knows the gaps while a race goes on. At
    its end, and without `passes`, a drone has come as far as it is: nobody has to have watched for the result.
    """
    if passes is None or ended:
        passes = Passes(terms.line)
        passes.feed((), whereabouts)
    return timing.standings(
        drones,
        laps,
        race_format=terms.race_format,
        start=start,
        ended=ended,
        whereabouts=whereabouts,
        passes=passes,
    )


def rankings(races: Sequence[Race]) -> dict[UUID, list[Standing]]:
    """Rank races by what is recorded, their tracks at hand, in four queries.

    Of a race that goes on it is known where the drones were at the last passing, or some seconds ago.
    """
    ids = [race.pk for race in races]
    timed = RaceTiming.objects.in_bulk(ids)
    drones, laps = entries(ids), records.laps_of_many(ids)
    return {race.pk: _ranked(race, timed.get(race.pk), drones[race.pk], laps[race.pk]) for race in races}


def standings_of(race: Race) -> list[Standing]:
    """Rank one race likewise."""
    return rankings([race])[race.pk]


def _ranked(race: Race, timed: RaceTiming | None, drones: list[Entry], laps: list[Lap]) -> list[Standing]:
    kept, start = (None, None) if timed is None else (timed.terms, timed.start)
    ended = race.status == Race.Status.ENDED
    timer = _timer(timed)
    if timer is None:
        race_format = courses.format_of(race.track, kept)
        return timing.standings(drones, laps, race_format=race_format, start=start, ended=ended)
    terms = courses.terms_of(race.track, kept, timer.course)
    return ranked(drones, laps, terms, timer.whereabouts(), start=start, ended=ended)


def _timer(timed: RaceTiming | None) -> Timer | None:
    """Give the engine as a race's timing left it; None where there is none, or one of another version."""
    if timed is None:
        return None
    try:
        return Timer.restore(timed.state)
    except StateError:
        return None


def standing_json(standing: Standing) -> dict[str, Any]:
    """Give a line of the ranking as plain values; shares and metres are rounded for the eye."""
    values = asdict(standing) | {"status": str(standing.status)}
    values["distance"] = round(standing.distance, 2)
    if standing.consistency is not None:
        values["consistency"] = round(standing.consistency, 4)
    return values


def standings_event(race_id: UUID, standings: Iterable[Standing]) -> dict[str, Any]:
    """Give the `standings` event of docs/protocol.md."""
    return {"type": "standings", "race_id": str(race_id), "standings": [standing_json(each) for each in standings]}
