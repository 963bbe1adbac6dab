"""Frames come out of the database as they went in, in the order of a replay, a bounded number at a time."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from races.models import Race
from telemetry.frames import FRAME, FrameArray, empty
from telemetry.models import TelemetryFrame
from telemetry.reading import Place, frames_of, in_steps, latest_frame
from tests.people import make_race, put
from tests.telemetry.builders import START, frames


@pytest.fixture
def race(db: None) -> Race:
    return make_race(None)


def whole(pages: Iterator[FrameArray]) -> FrameArray:
    return np.concatenate([empty(0), *pages])


def uneven() -> FrameArray:
    """Give frames of three drones of which one sends often, one seldom, and one begins late."""
    often, seldom, late = frames([1] * 500), frames([2] * 7), frames([3] * 40)
    often["time"] = START + 1_000 * np.arange(500)
    seldom["time"] = START + 90_000 * np.arange(7) + 5_000  # at the same µs as frames of the first
    late["time"] = START + 400_000 + 1_000 * np.arange(40)
    made = np.concatenate([often, seldom, late])
    made["battery"] = np.nan
    made["flight_time"][::3] = np.nan
    return made


def in_order(made: FrameArray) -> FrameArray:
    return made[np.lexsort((made["drone"], made["time"]))]


@pytest.mark.parametrize("size", [1, 3, 40, 2000])
def test_every_frame_comes_once_by_time_whatever_the_size_of_a_page(race: Race, size: int) -> None:
    made = uneven()
    put(race, made)
    pages = list(frames_of(race.pk, size=size))
    read = np.concatenate(pages)
    assert read.dtype == FRAME
    assert read.tobytes() == in_order(made).tobytes()
    assert max(map(len, pages)) <= 3 * size


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.floats(width=32, allow_nan=False, allow_infinity=False) | st.just(float("nan")), min_size=27, max_size=27
    )
)
def test_float32_come_back_exactly_and_absent_values_as_nan(race: Race, values: list[float]) -> None:
    TelemetryFrame.objects.filter(race=race).delete()
    made = frames([1])
    flat = np.array(values, "f4") + np.float32(0)  # SQLite has one zero: −0 comes back as 0
    made["flight_time"], made["battery"], made["motor_rpm"] = flat[0], flat[1:3], flat[3:11]
    made["position"], made["attitude"], made["velocity"] = flat[11:14], flat[14:18], flat[18:21]
    put(race, made)
    (read,) = frames_of(race.pk)
    assert read.tobytes() == made.tobytes()


def test_a_part_by_drones_and_by_time(race: Race) -> None:
    made = in_order(uneven())
    put(race, made)
    start, end = START + 100_000, START + 420_000
    read = whole(frames_of(race.pk, drones={2, 3, 9}, start=start, end=end, size=10))
    wanted = made[np.isin(made["drone"], [2, 3]) & (made["time"] >= start) & (made["time"] < end)]
    assert read.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("place", [0, 5, 6, 300, 545])
def test_going_on_after_a_place_misses_nothing_and_repeats_nothing(race: Race, place: int) -> None:
    made = in_order(uneven())
    put(race, made)
    after = Place(int(made["time"][place]), int(made["drone"][place]))
    read = whole(frames_of(race.pk, after=after, size=50))
    assert read.tobytes() == made[place + 1 :].tobytes()


def test_another_races_frames_stay_out(race: Race) -> None:
    other = make_race(None)
    put(other, frames([1, 2]))
    assert list(frames_of(race.pk)) == []
    assert latest_frame(race.pk) is None
    put(race, frames([1, 2, 1]))
    assert len(whole(frames_of(race.pk))) == 3


def test_the_latest_frame_is_the_newest_of_all_drones(race: Race) -> None:
    made = uneven()
    put(race, made)
    latest = latest_frame(race.pk)
    assert latest is not None
    assert latest.tobytes() == in_order(made)[-1:].tobytes()


@pytest.mark.django_db(transaction=True)
async def test_steps_for_a_coroutine_give_the_same() -> None:
    assert [item async for item in in_steps(iter([1, 2, 3]))] == [1, 2, 3]
