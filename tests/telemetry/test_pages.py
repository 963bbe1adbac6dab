"""Single queries: parts of frames, thinned frames, latest frames, the same on every database."""

import numpy as np
import pytest

from races.models import Race
from telemetry import pages
from telemetry.frames import FrameArray, empty
from telemetry.pages import Thinning
from telemetry.reading import Place, frames_of
from tests.people import make_race, put
from tests.telemetry.builders import START, frames

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timescale]
BUCKET = 50_000  # µs


@pytest.fixture
def race() -> Race:
    return make_race(None)


def flight() -> FrameArray:
    """Give 3 s of two drones at 100 Hz, of which the second pauses for 2 s, with heights that go up and down."""
    first, second = frames([1] * 300), frames([2] * 100)
    first["time"] = START + 10_000 * np.arange(300) + 3
    second["time"] = START + 10_000 * np.concatenate([np.arange(50), np.arange(250, 300)]) + 5
    for made in (first, second):
        made["position"][:, 1] = np.random.default_rng(1).normal(size=len(made))
    second["position"][:10] = np.nan
    made = np.concatenate([first, second])
    return made[np.lexsort((made["drone"], made["time"]))]


def expected(made: FrameArray, thinning: Thinning) -> FrameArray:
    """Thin in the plainest way."""
    kept: list[int] = []
    groups: dict[tuple[int, int], list[int]] = {}
    for index, frame in enumerate(made):
        groups.setdefault((int(frame["drone"]), thinning.start_of(int(frame["time"]))), []).append(index)
    for group in groups.values():
        if thinning.extremes_of is None:
            kept.append(group[0])
            continue
        heights = {index: float(made["position"][index, 1]) for index in group}
        known = [index for index in group if not np.isnan(heights[index])]
        if known:
            kept += {min(known, key=heights.__getitem__), max(known, key=heights.__getitem__)}
    return made[sorted(kept)]


@pytest.mark.parametrize(
    "thinning",
    [
        Thinning(BUCKET),
        Thinning(BUCKET, "position_y"),
        Thinning(90_000_000),
        Thinning(1),
        Thinning(BUCKET, origin=START + 23_004),
    ],
)
@pytest.mark.parametrize("size", [3, 2000])
def test_thinned_frames_are_the_first_or_the_extreme_ones_of_each_bucket(
    race: Race, thinning: Thinning, size: int
) -> None:
    made = flight()
    put(race, made)
    read = np.concatenate(list(frames_of(race.pk, thinning=thinning, size=size)))
    assert read.tobytes() == expected(made, thinning).tobytes()


def test_a_bucket_begins_where_it_is_asked_to() -> None:
    thinning = Thinning(1000, origin=START + 300)
    assert [thinning.start_of(START + at) - START for at in (299, 300, 1299, 1300)] == [-700, 300, 300, 1300]


@pytest.mark.parametrize("place", [0, 1, 30, 59])
def test_going_on_with_thinned_frames_repeats_no_bucket(race: Race, place: int) -> None:
    put(race, flight())
    whole = np.concatenate(list(frames_of(race.pk, thinning=Thinning(BUCKET))))
    after = Place(int(whole["time"][place]), int(whole["drone"][place]))
    rest = np.concatenate([empty(0), *frames_of(race.pk, thinning=Thinning(BUCKET), after=after)])
    assert rest.tobytes() == whole[place + 1 :].tobytes()


def test_chosen_fields_come_alone_with_the_numbers(race: Race) -> None:
    made = flight()
    put(race, made)
    read = np.concatenate(list(frames_of(race.pk, fields=["position", "input"])))
    for name in ("time", "drone", "seq", "motor_count", "position", "input"):
        assert read[name].tobytes() == made[name].tobytes()
    for name in ("flight_time", "attitude", "velocity", "gyro", "battery", "motor_rpm"):
        assert np.isnan(read[name]).all()


def test_a_window_holds_all_frames_of_its_drones_in_order(race: Race) -> None:
    made = flight()
    put(race, made)
    first, end = int(made["time"][20]), int(made["time"][300])
    read = pages.window(race.pk, [1, 2], first=first, end=end)
    assert read.tobytes() == made[20:300].tobytes()
    only = pages.window(race.pk, [2], first=first, end=end)
    assert only.tobytes() == made[20:300][made[20:300]["drone"] == 2].tobytes()
    assert len(pages.window(race.pk, [], first=first, end=end)) == 0


def test_the_latest_frames_up_to_a_moment(race: Race) -> None:
    made = flight()
    put(race, made)
    moment = START + 1_500_000  # the second drone pauses
    read = pages.latest(race.pk, [1, 2, 3], until=moment)
    assert read["drone"].tolist() == [2, 1]
    assert read["time"].tolist() == [START + 490_005, START + 1_490_003]
    exactly = pages.latest(race.pk, [1], until=START + 1_490_003)
    assert exactly["time"].tolist() == [START + 1_490_003]
    assert len(pages.latest(race.pk, [1], until=START)) == 0


@pytest.mark.parametrize(("bucket", "column"), [(0, None), (-5, None), (10, "race_id"), (10, "1; DROP")])
def test_a_thinning_of_nonsense_is_refused(bucket: int, column: str | None) -> None:
    with pytest.raises(ValueError, match=r"bucket|column"):
        Thinning(bucket, column)


def test_a_field_that_there_is_not_is_refused(race: Race) -> None:
    with pytest.raises(ValueError, match="no field wind"):
        list(frames_of(race.pk, fields=["wind"]))
