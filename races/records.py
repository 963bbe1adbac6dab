"""Laps and crossings as rows: what the timing engine gave, written once, and read back as it gave it.

Gates are numbered from 0 in the engine, and from 1, as a track's gates are, everywhere else.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import nan
from typing import Any
from uuid import UUID

from django.db import transaction

from races import timing
from races.models import Crossing, Lap, RaceTiming, Reset
from races.timing import Event


def lap_row(race_id: UUID, lap: timing.Lap, source: str = Lap.Source.AUTO) -> Lap:
    """Give the row of a lap that the engine closed."""
    return Lap(
        race_id=race_id,
        drone=lap.drone,
        number=lap.number,
        source=source,
        time=lap.time,
        start=lap.start,
        end=lap.end,
        start_flight=lap.start_flight,
        end_flight=lap.end_flight,
        duration_ms=lap.duration_ms,
        sectors=list(lap.sectors),
        flaws=[str(flaw) for flaw in lap.why],
        missed=[gate + 1 for gate in lap.missed],
        valid=lap.valid,
        samples=lap.samples,
        max_gap_ms=lap.max_gap_ms,
        top_speed=lap.top_speed,
    )


def engine_lap(row: Lap) -> timing.Lap:
    """Give a row as the engine's lap, with `valid` as it stands now."""
    return timing.Lap(
        drone=row.drone,
        time=row.time,
        number=row.number,
        start=row.start,
        end=row.end,
        start_flight=nan if row.start_flight is None else row.start_flight,
        end_flight=nan if row.end_flight is None else row.end_flight,
        duration_ms=row.duration_ms,
        sectors=tuple(row.sectors),
        valid=row.valid,
        why=tuple(timing.Flaw(flaw) for flaw in row.flaws),
        missed=tuple(gate - 1 for gate in row.missed),
        samples=row.samples,
        max_gap_ms=row.max_gap_ms,
        top_speed=row.top_speed,
    )


def crossing_row(race_id: UUID, crossing: timing.Crossing) -> Crossing:
    """Give the row of a crossing."""
    return Crossing(
        race_id=race_id,
        drone=crossing.drone,
        gate=crossing.gate + 1,
        lap=crossing.lap,
        counted=crossing.counted,
        time=crossing.time,
        race_time=crossing.race_time,
        flight_time=crossing.flight_time,
        speed=crossing.speed,
        right=crossing.right,
        up=crossing.up,
    )


def engine_crossing(row: Crossing) -> timing.Crossing:
    """Give a row as the engine's crossing, as it was given."""
    return timing.Crossing(
        drone=row.drone,
        time=row.time,
        gate=row.gate - 1,
        lap=row.lap,
        counted=row.counted,
        flight_time=row.flight_time,
        race_time=row.race_time,
        speed=row.speed,
        right=row.right,
        up=row.up,
    )


def reset_row(race_id: UUID, reset: timing.Reset) -> Reset:
    """Give the row of a reset."""
    return Reset(race_id=race_id, drone=reset.drone, time=reset.time, flight_time=reset.flight_time, lap=reset.lap)


def engine_reset(row: Reset) -> timing.Reset:
    """Give a row as the engine's reset, as it was given."""
    return timing.Reset(drone=row.drone, time=row.time, flight_time=row.flight_time, lap=row.lap)


def write(
    race_id: UUID,
    events: Sequence[Event],
    state: dict[str, Any],
    *,
    start: int | None,
    source: str = Lap.Source.AUTO,
    terms: Mapping[str, Any] | None = None,
) -> None:
    """Commit what the engine gave, and the state it is in after that, in one transaction.

    What is there already stays as it is, so that a write whose commit was in doubt may be repeated: so do the `terms`
    of the race's first write.
    """
    with transaction.atomic():
        Crossing.objects.bulk_create(
            (crossing_row(race_id, event) for event in events if isinstance(event, timing.Crossing)),
            ignore_conflicts=True,
        )
        Lap.objects.bulk_create(
            (lap_row(race_id, event, source) for event in events if isinstance(event, timing.Lap)),
            ignore_conflicts=True,
        )
        Reset.objects.bulk_create(
            (reset_row(race_id, event) for event in events if isinstance(event, timing.Reset)),
            ignore_conflicts=True,
        )
        now = {"state": state, "start": start}
        # The row is not read back: it is large, and this is done at each passing.
        RaceTiming.objects.only("race").update_or_create(
            race_id=race_id, defaults=now, create_defaults={**now, "terms": terms}
        )


def laps_of(race_id: UUID) -> list[timing.Lap]:
    """Give all laps of a race, by their ends, with `valid` as it stands now."""
    return laps_of_many([race_id])[race_id]


def laps_of_many(race_ids: Collection[UUID]) -> dict[UUID, list[timing.Lap]]:
    """Give those of several races, in one query."""
    found: dict[UUID, list[timing.Lap]] = {race_id: [] for race_id in race_ids}
    for row in Lap.objects.filter(race__in=race_ids).order_by("end", "drone", "id"):
        found[row.race_id].append(engine_lap(row))
    return found


def event_json(event: Event, source: str = Lap.Source.AUTO) -> dict[str, Any] | None:
    """Give an event as docs/protocol.md has it for viewers, None for those that they are not told.

    `source` says what made it, if it is a lap.
    """
    if not isinstance(event, timing.Crossing | timing.Lap):
        return None
    values = event.as_json()
    values["type"] = values.pop("kind")
    if isinstance(event, timing.Crossing):
        values["gate"] += 1
    else:
        values["source"] = str(source)
        values["flaws"] = [str(flaw) for flaw in values.pop("why")]
        values["missed"] = [gate + 1 for gate in values["missed"]]
    return values


def told(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Give the events that viewers are told, in order."""
    return [values for values in map(event_json, events) if values is not None]
