"""One sender's absurd clock, in a race of others: its lap is none, and the timing of the race goes on."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from races import records
from races.courses import course_of
from races.models import Lap, Race, RaceTiming
from races.services import close_race, create_race, create_track
from races.timing import Timer
from telemetry.frames import FrameArray, empty
from telemetry.retiming import retime_race
from telemetry.timekeeper import Timekeeper
from tests.flown import record_flight
from tests.telemetry.builders import START

pytestmark = pytest.mark.django_db(transaction=True)

GATE = {"x": 0.0, "y": 0.0, "z": 0.0, "yaw": 0.0, "pitch": 0.0, "width": 4.0, "height": 4.0, "label": ""}


def passings(drone: int, *clocks: float) -> FrameArray:
    """Give two frames for each of `clocks` (s), before the gate and behind it, arriving 10 s after one another."""
    made = empty(2 * len(clocks))
    made["drone"] = drone
    made["seq"] = np.arange(1, len(made) + 1)
    made["flight_time"] = [value for clock in clocks for value in (clock, clock + 0.125)]
    made["time"] = START + np.arange(len(made)) // 2 * 10**7 + np.arange(len(made)) % 2 * 125_000 + drone
    made["position"] = [(0, 0, -1), (0, 0, 1)] * len(clocks)
    return made


def of_two_drones() -> FrameArray:
    made = np.concatenate([passings(1, -2e6, 2e6), passings(2, 100, 110, 120)])
    return made[np.argsort(made["time"], kind="stable")]


def race_of_one_gate() -> Race:
    return create_race(track=create_track(by=None, name="One gate", drift_map="arena", gates=[GATE]))  # type: ignore[list-item]


def laps(race: Race) -> list[tuple[int, int, int, bool]]:
    return list(race.laps.order_by("drone", "number").values_list("drone", "number", "duration_ms", "valid"))


@pytest.fixture
async def thread() -> AsyncIterator[ThreadPoolExecutor]:
    made = ThreadPoolExecutor(1)
    yield made
    await asyncio.get_running_loop().run_in_executor(made, connections.close_all)
    made.shutdown()
    await sync_to_async(connections.close_all)()


async def test_a_clock_that_leaps_by_46_days_ends_nobodys_timing(
    thread: ThreadPoolExecutor, caplog: pytest.LogCaptureFixture
) -> None:
    race = await sync_to_async(race_of_one_gate)()
    keeper = Timekeeper(race.pk, thread, lambda _: None)
    keeper.look(race.track_id, {})
    for frame in np.split(of_two_drones(), len(of_two_drones())):
        keeper.feed(frame)
        await asyncio.sleep(0.01)
    await keeper.finish(ended=False)
    assert await sync_to_async(laps)(race) == [(2, 1, 10_000, True), (2, 2, 10_000, True)]
    assert caplog.text == ""


def test_a_recording_of_such_a_clock_is_timed_again() -> None:
    race = race_of_one_gate()
    record_flight(race, of_two_drones())
    close_race(race=race)
    race.refresh_from_db()
    retime_race(race=race, by=None)
    assert laps(race) == [(2, 1, 10_000, True), (2, 2, 10_000, True)]
    assert set(race.laps.values_list("source", flat=True)) == {Lap.Source.RECALC}


def test_what_lies_at_the_ends_of_float32_comes_back_from_the_database_in_the_saved_state() -> None:
    race, most = race_of_one_gate(), float(np.finfo("<f4").max)
    far = passings(1, 0, 1e7)
    far["position"] = [(most, -most, 1e-45), (-0.0, 0, 1), (-most, most, most), (1e-45, most, most)]
    timer = Timer(course_of(race.track))  # type: ignore[arg-type]  # it has one
    timer.feed(far)
    records.write(race.pk, [], timer.state(), start=None)
    assert Timer.restore(RaceTiming.objects.get(race=race).state).state() == timer.state()
