"""Races that simulated pilots have flown, and tracks for them."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from management.course import arena
from management.simulator import Flight, pilots
from races.models import Lap, Race, Track
from races.services import create_race, create_track
from telemetry.clock import from_epoch_us
from telemetry.frames import FrameArray
from tests.people import put
from tests.telemetry.builders import START


def arena_gates() -> list[Any]:
    """Give the gates of the simulator's arena as create_track takes them."""
    return [
        {
            **dict(zip("xyz", gate.centre, strict=True)),
            "yaw": gate.yaw,
            "pitch": gate.pitch,
            "width": gate.width,
            "height": gate.height,
            "label": "",
        }
        for gate in arena().gates
    ]


def arena_track(by: User | None = None, name: str = "Arena", **rules: Any) -> Track:
    return create_track(by=by, name=name, drift_map="arena", gates=arena_gates(), **rules)


def flights(drones: int = 2, *, seed: int = 1, resets: tuple[float, ...] = ()) -> list[Flight]:
    return [Flight(arena(), pilot, resets) for pilot in pilots(drones, seed)]


def frames_of(flown: Iterable[Flight], seconds: float, *, hz: float = 50, start: int = START) -> FrameArray:
    """Give what these flights send in the order of arrival, the first frame at `start` (µs)."""
    made = np.concatenate([flight.frames(0, seconds, hz) for flight in flown])
    made["time"] += start + made["drone"].astype(np.int64)  # no two at once, so that the order is the same everywhere
    return made[np.argsort(made["time"], kind="stable")]


def record_flight(race: Race, made: FrameArray) -> None:
    """Put frames into the database as the recorder does."""
    put(race, made)
    Race.objects.filter(pk=race.pk).update(
        status=Race.Status.LIVE,
        frame_count=F("frame_count") + len(made),
        started_at=Coalesce("started_at", Value(from_epoch_us(int(made["time"].min())))),
    )
    race.refresh_from_db()


def flown_race(
    track: Track | None = None, *, creator: User | None = None, drones: int = 2, seconds: float = 50.0, **options: Any
) -> Race:
    """Give a live race with the recorded frames of some simulated pilots."""
    race = create_race(creator=creator, track=track, **options)
    record_flight(race, frames_of(flights(drones), seconds))
    return race


def give_lap(race: Race, track: Track) -> Lap:
    """Put a race on a track, with a lap of drone 1 over its recorded frames of `tests.people.record`."""
    Race.objects.filter(pk=race.pk).update(track=track, drift_map=track.drift_map)
    flown = {"time": START + 50_000, "start": START, "end": START + 50_000, "start_flight": 0.0, "end_flight": 0.05}
    timed = {**flown, "duration_ms": 50, "sectors": [50], "valid": True}
    lap, _ = Lap.objects.get_or_create(race=race, drone=1, number=1, defaults=timed)
    return lap


def give_flight(race: Race, drone: int) -> None:
    """Record a flight of several laps for a drone of a race."""
    made = frames_of(flights(1), 40)
    made["drone"] = drone
    record_flight(race, made)
