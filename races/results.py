"""A race's laps, ranking and results, and a track's records, as API users get them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet

from races import records as rows_of
from races import scoring, timing
from races.models import Drone, Lap, Race, Track

MOST_RECORDS: Final = 100
MOST_LAPS: Final = 5_000  # looked through for them
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def start_of(race: Race) -> int:
    """Give the race's first frame, µs since 1970: second 0 of its race seconds."""
    return 0 if race.started_at is None else (race.started_at - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class _Names:
    """Who flew in a race, and which laps are its bests."""

    start: int
    people: dict[int, dict[str, Any]]
    overall: tuple[int, int] | None
    personal: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, race: Race) -> "_Names":
        drones = race.drones.select_related("pilot")
        # A disqualified drone's laps are no bests.
        out = {drone for _, drone in scoring.disqualified([race.pk])}
        bests = timing.best_laps(lap for lap in rows_of.laps_of(race.pk) if lap.drone not in out)
        return cls(
            start_of(race),
            {drone.number: _person(drone) for drone in drones},
            _key(bests.overall) if bests.overall else None,
            frozenset(map(_key, bests.personal.values())),
        )

    def who(self, number: int) -> dict[str, Any]:
        return self.people.get(number) or {"drone": number, "drone_id": "", "name": "", "pilot": None}


def _person(drone: Drone) -> dict[str, Any]:
    return {
        "drone": drone.number,
        "drone_id": drone.drone_id,
        "name": drone.name,
        "pilot": drone.pilot.username if drone.pilot else None,
    }


def _key(lap: timing.Lap | Lap) -> tuple[int, int]:
    return lap.drone, lap.end


def laps(race: Race, *, drone: int | None = None) -> list[dict[str, Any]]:
    """Give a race's laps by their ends, as laps_bodies.LapBody describes them."""
    found = race.laps.order_by("end", "drone", "id")
    names = _Names.of(race)
    return [_lap(row, names) for row in (found if drone is None else found.filter(drone=drone))]


def lap(race: Race, row: Lap) -> dict[str, Any]:
    """Give one of a race's laps likewise."""
    return _lap(row, _Names.of(race))


def _lap(row: Lap, names: _Names) -> dict[str, Any]:
    best = None
    if row.valid and _key(row) in names.personal:
        best = "overall" if _key(row) == names.overall else "personal"
    return {
        "id": row.pk,
        **names.who(row.drone),
        "number": row.number,
        "source": row.source,
        "start_s": (row.start - names.start) / 1e6,
        "end_s": (row.end - names.start) / 1e6,
        "arrival_s": (row.time - names.start) / 1e6,
        "start_flight": row.start_flight,
        "end_flight": row.end_flight,
        "duration_ms": row.duration_ms,
        "sectors_ms": row.sectors,
        "valid": row.valid,
        "flaws": row.flaws,
        "missed": row.missed,
        "ruled": row.ruled,
        "reason": row.reason,
        "best": best,
        "samples": row.samples,
        "max_gap_ms": row.max_gap_ms,
        "top_speed": round(row.top_speed, 3),
    }


def standings(race: Race) -> list[dict[str, Any]]:
    """Give the ranking by what is recorded, as laps_bodies.StandingBody describes it."""
    people = {drone.number: _person(drone) for drone in race.drones.select_related("pilot")}
    return [{**people.get(line.drone, {}), **scoring.standing_json(line)} for line in scoring.standings_of(race)]


def rows(race: Race) -> Iterable[dict[str, Any]]:
    """Give a row for each lap with its drone's place and status, by place; a drone without a lap has a row too."""
    flown: dict[int, list[dict[str, Any]]] = {}
    for each in laps(race):
        flown.setdefault(each["drone"], []).append(each)
    for line in standings(race):
        of_drone = {name: line.get(name) for name in ("place", "status", "drone", "drone_id", "name", "pilot")}
        for each in flown.get(line["drone"], [{}]):
            yield {**each, **of_drone}


def records(track: Track, races: QuerySet[Race]) -> list[dict[str, Any]]:
    """Give the fastest valid laps on a track in some races, the best one of each pilot, at most a hundred.

    A drone that nobody is bound to stands for a pilot of its own in each race.
    """
    fastest = (
        Lap.objects.filter(race__track=track, race__in=races, valid=True)
        .select_related("race")
        .order_by("duration_ms", "end", "id")[:MOST_LAPS]
    )
    found = list(fastest)
    drones = {
        (drone.race_id, drone.number): drone
        for drone in Drone.objects.filter(race__in={row.race_id for row in found}).select_related("pilot")
    }
    out = scoring.disqualified({row.race_id for row in found})
    listed: list[dict[str, Any]] = []
    seen: set[Any] = set()
    for row in found:
        drone = drones.get((row.race_id, row.drone))
        pilot = drone.pilot_id if drone is not None else None
        who = pilot if pilot is not None else (row.race_id, row.drone)
        if who in seen or (row.race_id, row.drone) in out or len(listed) >= MOST_RECORDS:
            continue
        seen.add(who)
        shared = listed and listed[-1]["duration_ms"] == row.duration_ms
        listed.append(_record(row, drone, listed[-1]["place"] if shared else len(listed) + 1))
    return listed


def _record(row: Lap, drone: Drone | None, place: int) -> dict[str, Any]:
    who = {"drone": row.drone, "drone_id": "", "name": "", "pilot": None} if drone is None else _person(drone)
    race = row.race
    return {
        "place": place,
        **who,
        "duration_ms": row.duration_ms,
        "sectors_ms": row.sectors,
        "race": {"id": str(race.pk), "name": race.name, "drift_map": race.drift_map, "status": race.status},
        "lap": row.pk,
        "at": _EPOCH + timedelta(microseconds=row.end),
    }
