"""A round course, and drones that fly it as far as a test says: for races that not all of them finish."""

from math import cos, degrees, pi, sin
from typing import Any

import numpy as np

from races.models import Race, Track
from races.services import close_race, create_race, create_track
from telemetry.frames import FrameArray
from telemetry.timed_race import TimedRace
from tests.flown import record_flight
from tests.races.timing_worlds import START, frames, merged
from tests.telemetry.recording import Clock

RADIUS = 40.0  # m
GATES = 8


def circuit_gates() -> list[Any]:
    """Give eight gates on a circle, at equal distances; the drones fly in their facing."""
    turns = [2 * pi * number / GATES for number in range(GATES)]
    size = {"width": 8.0, "height": 8.0, "pitch": 0.0, "label": ""}
    return [{"x": -RADIUS * cos(a), "y": 0.0, "z": RADIUS * sin(a), "yaw": degrees(a), **size} for a in turns]


def circuit(name: str = "Circuit", **options: Any) -> Track:
    return create_track(by=None, name=name, drift_map="arena", gates=circuit_gates(), **options)


def rounds(drone: int, count: float, *, lap_s: float, back: float = 0.0, seconds: float = 40.0) -> FrameArray:
    """Fly `count` rounds from a tenth before start/finish, then `back` of one backwards, and stay there."""
    times = np.arange(round(seconds * 50)) / 50
    forward = -0.1 + times / lap_s
    turned = count - (times - (count + 0.1) * lap_s) / lap_s
    angles = 2 * pi * np.where(forward <= count, forward, np.maximum(turned, count - back))
    path = RADIUS * np.column_stack([-np.cos(angles), 0 * angles, np.sin(angles)])
    made = frames(times, path, drone=drone, first=START + drone)
    made["seq"] = np.arange(1, len(made) + 1)
    return made


def flown_to_the_end(track: Track, *flights: FrameArray, **options: Any) -> tuple[Race, list[dict[str, Any]]]:
    """Give a race that was timed live and is over, and the last ranking that its viewers were told."""
    race = create_race(track=track, **options)
    together = merged(*flights)
    clock = Clock()
    timed = TimedRace(race.pk, {}, clock=clock)
    events = []
    for part in np.array_split(together, 200):
        clock.now += 0.3
        events += timed.step([part]).events
        timed.write()
    record_flight(race, together)
    events += timed.finish(ended=True)
    close_race(race=race)
    race.refresh_from_db()
    return race, [event for event in events if event["type"] == "standings"][-1]["standings"]
