"""A race followed by its records, against the engine that timed its frames."""

import numpy as np
import pytest

from management.course import arena
from races.timing import Course, Event, Follower, Gate, Lap, StartMode, Timer, Whereabouts
from telemetry.frames import FrameArray
from tests.flown import flights, frames_of
from tests.telemetry.builders import START

STEP_US = 40_000


def course(start_mode: StartMode = StartMode.FIRST_CROSSING) -> Course:
    gates = (Gate(gate.centre, gate.yaw, gate.pitch, gate.width, gate.height) for gate in arena().gates)
    return Course(tuple(gates), start_mode=start_mode)


@pytest.fixture(scope="module")
def frames() -> FrameArray:
    """Give a flight of three drones with a reset, whose frames arrive up to 9 ms late."""
    made = frames_of(flights(3, resets=(30.0,)), 75)
    made["time"] += np.random.default_rng(4).integers(0, 9_000, len(made))
    return made[np.argsort(made["time"], kind="stable")]


def steps(frames: FrameArray) -> list[FrameArray]:
    times = np.arange(START, frames["time"][-1], STEP_US)
    return np.split(frames, np.searchsorted(frames["time"], times))


def lap_of(drone: Whereabouts) -> tuple[int | None, int, int, int, bool]:
    return drone.lap, drone.leg, drone.passed, drone.rounds, drone.started


@pytest.mark.parametrize("start_mode", [*StartMode])
def test_a_race_that_is_followed_is_where_the_timed_one_is(frames: FrameArray, start_mode: StartMode) -> None:
    start = START + 1 if start_mode is StartMode.RACE_START else None
    timer, follower = Timer(course(start_mode), start=start), Follower(course(start_mode), start=start)
    for part in steps(frames):
        events = timer.feed(part)
        seen = part["time"]
        for event in events:
            follower.see(part[(seen <= event.time)])
            part, seen = part[seen > event.time], seen[seen > event.time]  # noqa: PLW2901  what is left of it
            follower.take([event])
        follower.see(part)
        assert follower.whereabouts() == timer.whereabouts()
    assert {drone.rounds for drone in follower.whereabouts()} == {3}


def test_it_is_taken_up_at_any_moment_from_the_last_lap_but_one(frames: FrameArray) -> None:
    timer = Timer(course())
    told: list[Event] = []
    latest: dict[int, int] = {}
    for at, part in enumerate(steps(frames)):
        told += timer.feed(part)
        for place in np.flatnonzero(np.isin(frames["time"], part["time"])).tolist():
            latest[int(frames["drone"][place])] = place
        if at % 50:
            continue
        follower = Follower(course())
        resumed: dict[int, Lap] = {}
        for drone in latest:
            laps = [event for event in told if isinstance(event, Lap) and event.drone == drone]
            if len(laps) > 1:
                resumed[drone] = laps[-2]
                follower.resume(laps[-2])
        follower.take(e for e in told if e.drone not in resumed or e.time > resumed[e.drone].time)
        follower.see(frames[sorted(latest.values())])
        wanted, found = timer.whereabouts(), follower.whereabouts()
        assert [lap_of(drone) for drone in found] == [lap_of(drone) for drone in wanted]
        assert [drone.position for drone in found] == [drone.position for drone in wanted]
        # The common clock is as good as the frames seen: here, those of the gates and the last one.
        assert all(0 <= a.race_time - b.race_time < 9_000 for a, b in zip(found, wanted, strict=True))
