from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from management.course import Course, Floats, arena
from management.simulator import RESET_STALL, Flight, Pilot, _rates, arrivals, pilots, random_resets
from telemetry.capture import read_capture
from telemetry.frames import FrameArray, VelocityDeriver

SEED = 1


def flight(number: int = 1, resets: tuple[float, ...] = (), seed: int = SEED) -> Flight:
    return Flight(arena(), pilots(4, seed)[number - 1], resets)


def turned(attitude: Floats, vector: tuple[float, float, float]) -> Floats:
    """Turn a vector of the drone's own axes into the world by its attitude."""
    x, y, z, w = attitude.astype(np.float64).T
    axes = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return np.asarray(np.einsum("ijn,j->ni", axes, vector))


def interpolated(frames: FrameArray, course: Course) -> list[tuple[int, float]]:
    """Give the gate passings that the frames themselves show: (gate, flight_time) where a segment cuts a rectangle."""
    found = []
    at, points = frames["flight_time"].astype(np.float64), frames["position"].astype(np.float64)
    for number, gate in enumerate(course.gates):
        seen = gate.seen_from(points)
        for index in np.flatnonzero((seen[:-1, 2] < 0) & (seen[1:, 2] >= 0) & (np.diff(at) > 0)):
            share = -seen[index, 2] / (seen[index + 1, 2] - seen[index, 2])
            right, above, _ = seen[index] + share * (seen[index + 1] - seen[index])
            if abs(right) <= gate.width / 2 and abs(above) <= gate.height / 2:
                found.append((number, at[index] + share * (at[index + 1] - at[index])))
    return sorted(found, key=lambda passing: passing[1])


def test_frames_come_at_every_whole_step_and_are_numbered_from_the_start() -> None:
    frames = flight(2).frames(1.0, 2.0, 50)
    assert len(frames) == 50
    assert frames["time"].tolist() == list(range(1_000_000, 2_000_000, 20_000))
    assert frames["seq"].tolist() == list(range(51, 101))
    assert set(frames["drone"].tolist()) == {2}
    assert frames["flight_time"] == pytest.approx(frames["time"] / 1e6)


def test_every_value_is_there_and_within_what_it_can_be() -> None:
    frames = flight().frames(0, 30, 100)
    for name in ("flight_time", "position", "attitude", "velocity", "gyro", "input", "battery"):
        assert np.isfinite(frames[name]).all(), name
    assert np.linalg.norm(frames["attitude"], axis=1) == pytest.approx(1, abs=1e-6)
    assert np.abs(frames["input"]).max() <= 1
    assert (frames["motor_count"] == 4).all()
    assert (frames["motor_rpm"][:, :4] > 1000).all()
    assert np.isnan(frames["motor_rpm"][:, 4:]).all()
    charge, voltage = frames["battery"].T
    assert (np.diff(charge) <= 0).all()
    assert charge.max() <= 1
    assert 12 < voltage.min() < voltage.max() < 17


@pytest.mark.parametrize("resets", [(), (3.005, 7.3)])
def test_frames_do_not_depend_on_how_they_are_asked_for(resets: tuple[float, ...]) -> None:
    whole = flight(resets=resets).frames(0, 10, 100)
    other = flight(resets=resets)
    parts = np.concatenate([other.frames(since, since + 0.7, 100) for since in np.arange(0, 10, 0.7)])[:1000]
    for name in ("time", "drone", "seq", "motor_count"):
        assert (parts[name] == whole[name]).all()
    for name in ("flight_time", "position", "attitude", "velocity", "gyro", "input", "battery", "motor_rpm"):
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-5, atol=1e-5)


def test_the_same_seed_is_the_same_race_and_another_seed_another() -> None:
    first, again, other = (flight(seed=seed).frames(0, 5, 100) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert np.abs(first["position"] - other["position"]).max() > 0.1


def test_pilots_fly_their_own_ways_from_places_of_their_own() -> None:
    starts = np.array([Flight(arena(), pilot).frames(0, 0.01, 100)["position"][0] for pilot in pilots(8, SEED)])
    apart = np.linalg.norm(starts[:, np.newaxis] - starts, axis=2)[~np.eye(8, dtype=bool)]
    assert apart.min() > 0.4


def test_the_order_of_the_race_changes() -> None:
    flights = [flight(number) for number in range(1, 5)]
    orders = {tuple(np.argsort([each.progress(at) for each in flights])) for at in np.arange(5, 61, 5.0)}
    assert len(orders) > 2


def test_velocity_is_the_change_of_position() -> None:
    frames = flight().frames(0, 20, 100)
    derived = frames.copy()
    VelocityDeriver().derive(derived)
    middle = (frames["velocity"][1:] + frames["velocity"][:-1]) / 2
    assert np.abs(derived["velocity"][1:] - middle).max() < 0.05


def test_a_drone_waits_level_with_its_nose_along_the_course() -> None:
    start = flight().frames(0, 0.01, 100)
    assert np.linalg.norm(start["velocity"]) == pytest.approx(0, abs=1e-3)
    assert turned(start["attitude"], (0, 1, 0))[0] == pytest.approx([0, 1, 0], abs=1e-2)
    assert turned(start["attitude"], (0, 0, 1))[0] == pytest.approx([0, 0, 1], abs=0.2)


def test_a_quad_leans_into_its_bends_and_forward_when_fast() -> None:
    frames = flight().frames(4, 30, 100)
    up, right = turned(frames["attitude"], (0, 1, 0)), turned(frames["attitude"], (1, 0, 0))
    velocity = frames["velocity"].astype(np.float64)
    bend = np.gradient(velocity, 0.01, axis=0)
    to_the_right = (bend * right).sum(axis=1)
    hard = np.abs(to_the_right) > 8
    assert hard.sum() > 100
    assert (np.sign(right[hard, 1]) == -np.sign(to_the_right[hard])).all()
    steady = (np.linalg.norm(bend, axis=1) < 6) & (np.linalg.norm(velocity, axis=1) > 15)
    assert steady.any()
    assert ((up * velocity).sum(axis=1)[steady] > 0).all()


def test_the_gyro_has_the_signs_of_the_protocol() -> None:
    frames = flight().frames(4, 30, 100)
    nose, right = turned(frames["attitude"], (0, 0, 1)), turned(frames["attitude"], (1, 0, 0))
    up = turned(frames["attitude"], (0, 1, 0))
    nose_change, right_change = np.gradient(nose, 0.01, axis=0), np.gradient(right, 0.01, axis=0)
    gyro = np.radians(frames["gyro"].astype(np.float64))
    assert -(nose_change * up).sum(axis=1)[1:-1] == pytest.approx(gyro[1:-1, 0], abs=0.1)  # + nose down
    assert (right_change * up).sum(axis=1)[1:-1] == pytest.approx(gyro[1:-1, 1], abs=0.1)  # + left: right side up
    assert (nose_change * right).sum(axis=1)[1:-1] == pytest.approx(gyro[1:-1, 2], abs=0.1)  # + nose right


def test_sticks_point_where_the_drone_turns_and_throttle_answers_to_thrust() -> None:
    frames = flight().frames(4, 30, 100)
    pitch, roll, yaw = frames["gyro"].T
    throttle, yaw_stick, pitch_stick, roll_stick = frames["input"].T
    for stick, rate in ((yaw_stick, yaw), (pitch_stick, pitch), (roll_stick, roll)):
        assert np.corrcoef(stick, rate)[0, 1] > 0.99
    assert np.corrcoef(throttle, frames["motor_rpm"][:, :4].mean(axis=1))[0, 1] > 0.95


def test_rates_from_the_real_games_attitude_are_its_gyro(real_captures: Path) -> None:
    frames = read_capture(real_captures / "liftoff_circuits_50s_100hz.csv").frames
    attitude, gyro = frames["attitude"].astype(np.float64), frames["gyro"].astype(np.float64)
    steps = np.diff(frames["flight_time"].astype(np.float64))
    even = np.abs(steps - 0.01) < 0.001
    rates = _rates(attitude[:-1][even], attitude[1:][even], 0.01)
    between = ((gyro[:-1] + gyro[1:]) / 2)[even]
    for axis in range(3):
        assert np.corrcoef(rates[:, axis], between[:, axis])[0, 1] > 0.99


def test_every_pilot_passes_every_gate_in_order_from_start_finish_on() -> None:
    for pilot in pilots(9, seed=5):
        gates = [crossing.gate for crossing in Flight(arena(), pilot).crossings(0, 40)]
        assert gates == [index % 9 for index in range(len(gates))]
        assert len(gates) > 18


def test_the_true_instants_are_those_that_the_frames_show_to_a_millisecond() -> None:
    flown = flight(4, resets=(25.004,))
    shown = interpolated(flown.frames(0, 25, 100), arena())
    true = [crossing for crossing in flown.crossings(0, 25) if crossing.flight_time < 24.99]
    assert [gate for gate, _ in shown] == [crossing.gate for crossing in true]
    assert [at for _, at in shown] == pytest.approx([crossing.flight_time for crossing in true], abs=1e-3)


def test_crossings_lie_on_the_gate_exactly_and_do_not_depend_on_the_window() -> None:
    flown = flight()
    whole = flown.crossings(0, 30)
    parts = [crossing for since in range(30) for crossing in flown.crossings(since, since + 1)]
    assert [crossing.gate for crossing in parts] == [crossing.gate for crossing in whole]
    for crossing, other in zip(whole, parts, strict=True):
        assert other.time == pytest.approx(crossing.time, abs=1e-7)
        frame = flown.frames(crossing.time - 1e-9, crossing.time + 1e-3, 1e6)[0]
        past = arena().gates[crossing.gate].seen_from(frame["position"].astype(np.float64)[np.newaxis])[0, 2]
        assert abs(past) < 1e-3


def test_a_reset_takes_the_clock_to_0_and_the_drone_to_its_grid_place() -> None:
    flown = flight(resets=(9.995,))
    frames = flown.frames(0, 20, 100)
    falls = np.flatnonzero(np.diff(frames["flight_time"]) < 0)
    assert falls.tolist() == [999]
    assert frames["flight_time"][1000] == pytest.approx(0.005)
    assert frames["position"][1000] == pytest.approx(frames["position"][0], abs=1.5)
    assert np.linalg.norm(frames["position"][1000] - frames["position"][999]) > 10
    runs = [(crossing.run, crossing.gate) for crossing in flown.crossings(0, 20)]
    assert (1, 0) in runs
    assert [run for run, _ in runs] == sorted(run for run, _ in runs)
    assert flown.progress(20) < 1


def test_random_resets_rise_and_keep_their_average() -> None:
    pilot = Pilot(number=1, pace=1, wobble=0.2, seed=SEED)
    resets = list(islice(random_resets(pilot, 10.0), 400))
    gaps = np.diff([0.0, *resets])
    assert gaps.min() >= 6
    assert gaps.max() <= 14
    assert gaps.mean() == pytest.approx(10, abs=0.5)
    assert resets == list(islice(random_resets(pilot, 10.0), 400))


def test_frames_arrive_in_bursts_in_order_and_late_after_a_reset() -> None:
    frames = flight(resets=(2.0,)).frames(0, 4, 100)
    arrived = arrivals(frames)
    late = arrived - frames["time"] / 1e6
    assert (np.diff(arrived) >= 0).all()
    assert (np.diff(arrived) == 0).any()
    assert late.min() >= 0
    assert late[:200].max() < 0.02
    assert late[200] == pytest.approx(RESET_STALL, abs=0.02)
