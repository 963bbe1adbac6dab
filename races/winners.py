"""Who won: the leaders of many races at once, for lists of them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from races import records, timing
from races.courses import format_of
from races.models import Crossing, Drone, Lap, Race, RaceTiming, Ruling
from races.timing import Entry

_RULED: Final = (Ruling.Kind.PENALTY, Ruling.Kind.DISQUALIFY, Ruling.Kind.REINSTATE)


def winners(races: Sequence[Race]) -> dict[UUID, dict[str, Any]]:
    """Give who is first in each of these races by what is recorded, their tracks at hand, in five queries.

    `drone`, `name` and `pilot` say who it is, `label` what people call them, `laps` how many count, `total_ms` and
    `best_ms` the time of all and of the fastest. A race without a track, or without a counted lap, has no winner.
    """
    timed = [race for race in races if race.track is not None]
    if not timed:
        return {}
    ids = [race.pk for race in timed]
    drones: dict[UUID, dict[int, Drone]] = defaultdict(dict)
    for drone in Drone.objects.filter(race__in=ids).select_related("pilot").order_by("number"):
        drones[drone.race_id][drone.number] = drone
    laps: dict[UUID, list[timing.Lap]] = defaultdict(list)
    for row in Lap.objects.filter(race__in=ids).order_by("end", "drone", "id"):
        laps[row.race_id].append(records.engine_lap(row))
    starts = dict(RaceTiming.objects.filter(race__in=ids).values_list("race_id", "start"))
    entries = _entries(ids, drones)
    found: dict[UUID, dict[str, Any]] = {}
    for race in timed:
        ranking = timing.standings(
            entries[race.pk], laps[race.pk], race_format=format_of(race.track), start=starts.get(race.pk), ended=True
        )
        if ranking and ranking[0].place == 1 and ranking[0].laps:
            first = ranking[0]
            who = drones[race.pk][first.drone]
            pilot = who.pilot.username if who.pilot else None
            found[race.pk] = {
                "drone": first.drone,
                "name": who.name,
                "pilot": pilot,
                "label": who.name or pilot or f"Drone {first.drone}",
                "laps": first.laps,
                "total_ms": first.total_ms,
                "best_ms": first.best_ms,
            }
    return found


def _entries(ids: Sequence[UUID], drones: dict[UUID, dict[int, Drone]]) -> dict[UUID, list[Entry]]:
    """Give the drones of each race as the ranking takes them, with what was ruled about them."""
    penalties: dict[tuple[UUID, int | None], int] = defaultdict(int)
    out: dict[tuple[UUID, int | None], bool] = {}
    ruled = Ruling.objects.filter(race__in=ids, kind__in=_RULED).order_by("id")
    for race_id, number, kind, milliseconds in ruled.values_list("race_id", "drone", "kind", "milliseconds"):
        if kind == Ruling.Kind.PENALTY:
            penalties[race_id, number] += milliseconds or 0
        else:
            out[race_id, number] = kind == Ruling.Kind.DISQUALIFY
    counted = Crossing.objects.filter(race__in=ids, counted=True).order_by()
    began = set(counted.values_list("race_id", "drone").distinct())
    return {
        race_id: [
            Entry(
                number,
                disqualified=out.get((race_id, number), False),
                penalty_ms=penalties[race_id, number],
                started=(race_id, number) in began,
            )
            for number in sorted(drones[race_id])
        ]
        for race_id in ids
    }
