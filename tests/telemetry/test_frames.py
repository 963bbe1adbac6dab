import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.frames import FRAME, MAX_GAP, FrameArray, VelocityDeriver, empty


def flight(times: list[float], xs: list[float], drone: int = 1) -> FrameArray:
    """Frames of one drone at `times` (s), moving along x (m), and along y twice as far."""
    frames = empty(len(times))
    frames["drone"] = drone
    frames["flight_time"] = times
    frames["position"] = np.transpose([xs, np.multiply(xs, 2), np.zeros(len(xs))])
    return frames


def derived(*batches: FrameArray) -> list[list[float]]:
    deriver = VelocityDeriver()
    for batch in batches:
        deriver.derive(batch)
    velocity: list[list[float]] = np.concatenate(batches)["velocity"].tolist()
    return velocity


def absent(velocity: list[float]) -> bool:
    return bool(np.isnan(velocity).all())


def test_a_frame_is_packed() -> None:
    assert FRAME.itemsize == 8 + 4 + 2 + 4 + 4 * 19 + 1 + 4 * 8


def test_an_empty_frame_has_no_measured_value() -> None:
    frames = empty(2)
    assert len(frames) == 2
    for name in ("flight_time", "position", "attitude", "velocity", "gyro", "input", "battery", "motor_rpm"):
        assert np.isnan(frames[name]).all()
    for name in ("time", "drone", "seq", "motor_count"):
        assert not frames[name].any()


def test_velocity_is_the_way_over_the_senders_clock() -> None:
    velocity = derived(flight([1, 1.125, 1.25], [0, 1, 3]))
    assert absent(velocity[0])
    assert velocity[1:] == [[8, 16, 0], [16, 32, 0]]


@pytest.mark.parametrize(
    ("case", "times"),
    [
        ("reset", [50.0, 0.0]),
        ("late frame", [1.0, 0.99]),
        ("repeat", [1.0, 1.0]),
        ("gap", [1.0, 1.0 + MAX_GAP + 0.01]),
        ("no clock", [1.0, float("nan")]),
    ],
)
def test_two_frames_that_do_not_tell_the_velocity_leave_it_absent(case: str, times: list[float]) -> None:
    assert absent(derived(flight(times, [0, 1]))[1]), case


def test_velocity_is_there_again_one_frame_after_a_reset() -> None:
    velocity = derived(flight([50, 0, 0.125], [470, 0, 1]))
    assert absent(velocity[1])
    assert velocity[2] == [8, 16, 0]


def test_each_drone_has_its_own_past() -> None:
    one, two = flight([1, 1.125], [0, 1], drone=1), flight([7, 7.125], [100, 99], drone=2)
    velocity = derived(np.concatenate([one[:1], two[:1], one[1:], two[1:]]))
    assert [absent(each) for each in velocity] == [True, True, False, False]
    assert velocity[2:] == [[8, 16, 0], [-8, -16, 0]]


def test_the_past_reaches_over_batches() -> None:
    frames = flight([1, 1.125], [0, 1])
    assert derived(frames[:1], empty(0), frames[1:])[1] == [8, 16, 0]


def test_a_seeded_deriver_goes_on_where_the_recording_stopped() -> None:
    times, xs = [1.1, 1.11, 1.12], [0.1, 0.3, 0.7]
    whole, rest = flight(times, xs), flight(times[2:], xs[2:])
    VelocityDeriver().derive(whole)
    deriver = VelocityDeriver()
    deriver.seed(1, times[1], whole["position"][1].tolist())
    deriver.derive(rest)
    assert rest.tobytes() == whole[2:].tobytes()


def test_a_velocity_beyond_float32_is_absent() -> None:
    assert absent(derived(flight([0, 1e-30], [0, 1e38]))[1])


@st.composite
def flights(draw: st.DrawFn) -> FrameArray:
    count = draw(st.integers(0, 30))
    frames = empty(count)
    frames["drone"] = draw(st.lists(st.integers(1, 3), min_size=count, max_size=count))
    steps = st.sampled_from([0.01, 0.02, 0.0, -0.01, 0.19, 0.3, -5.0])
    frames["flight_time"] = 10 + np.cumsum(draw(st.lists(steps, min_size=count, max_size=count)))
    coordinates = st.floats(width=32, allow_nan=False, allow_infinity=False)
    points = st.tuples(coordinates, coordinates, coordinates)
    if count:
        frames["position"] = draw(st.lists(points, min_size=count, max_size=count))
    return frames


@given(flights(), st.lists(st.integers(0, 30), max_size=6))
def test_the_result_does_not_depend_on_how_frames_are_cut_into_batches(frames: FrameArray, cuts: list[int]) -> None:
    whole, parts = frames.copy(), frames.copy()
    VelocityDeriver().derive(whole)
    deriver = VelocityDeriver()
    for part in np.split(parts, sorted(cuts)):
        deriver.derive(part)
    assert parts.tobytes() == whole.tobytes()
    assert not np.isinf(whole["velocity"]).any()
