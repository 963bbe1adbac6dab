import numpy as np
import pytest

from management.course import TOP_SPEED, Course, CourseGate, PeriodicSpline, arena

SQUARE = [(0.0, 3.0, 0.0), (0.0, 3.0, 40.0), (40.0, 6.0, 40.0), (40.0, 3.0, 0.0)]


def test_a_periodic_spline_goes_through_its_values_and_comes_round() -> None:
    spline = PeriodicSpline([0, 1, 3, 4], SQUARE, 6)
    assert spline([0, 1, 3, 4]) == pytest.approx(np.array(SQUARE))
    assert spline([6, 13, -3, 22]) == pytest.approx(np.array(SQUARE))


def test_a_periodic_spline_has_no_kink_at_its_knots_nor_at_its_seam() -> None:
    spline = PeriodicSpline([0, 1, 3, 4], SQUARE, 6)
    for knot in (0, 1, 3, 4, 6):
        for derivative in (0, 1, 2):
            before, after = spline([knot - 1e-7, knot + 1e-7], derivative)
            assert before == pytest.approx(after, abs=1e-4)


def test_the_derivatives_of_a_periodic_spline_are_those_of_its_curve() -> None:
    spline = PeriodicSpline([0, 1, 3, 4], SQUARE, 6)
    at, step = np.linspace(0.05, 5.95, 50), 1e-5
    for derivative in (0, 1):
        slope = (spline(at + step, derivative) - spline(at - step, derivative)) / (2 * step)
        assert spline(at, derivative + 1) == pytest.approx(slope, abs=1e-4)


@pytest.mark.parametrize(
    ("yaw", "pitch", "facing", "right"),
    [(0, 0, (0, 0, 1), (1, 0, 0)), (90, 0, (1, 0, 0), (0, 0, -1)), (0, 90, (0, 1, 0), (1, 0, 0))],
)
def test_a_gate_turns_from_forward_to_the_right_and_tips_upwards(
    yaw: float, pitch: float, facing: tuple[float, ...], right: tuple[float, ...]
) -> None:
    axes = CourseGate(centre=(0, 0, 0), yaw=yaw, pitch=pitch, width=2, height=2).axes()
    assert axes[0] == pytest.approx(right, abs=1e-9)
    assert axes[2] == pytest.approx(facing, abs=1e-9)
    # Left-handed: up is facing × right by the rule of the other hand.
    assert np.cross(axes[2], axes[0]) == pytest.approx(axes[1], abs=1e-9)


def test_points_are_seen_from_a_gate_to_its_right_above_it_and_past_it() -> None:
    gate = CourseGate(centre=(10, 3, 0), yaw=90, pitch=0, width=2, height=2)
    assert gate.seen_from(np.array([[11.0, 5.0, -3.0]])) == pytest.approx(np.array([[3, 2, 1]]))


@pytest.mark.parametrize("course", [arena(), Course(SQUARE)], ids=["arena", "square"])
def test_a_lap_passes_every_gate_near_its_centre_in_its_facing_once_and_in_order(course: Course) -> None:
    seconds = np.arange(0, course.lap.period, 0.002) - 0.5
    points = course.lap(seconds)
    passed = []
    for gate in course.gates:
        seen = gate.seen_from(points)
        through = np.flatnonzero((seen[:-1, 2] < 0) & (seen[1:, 2] >= 0) & (np.abs(seen[1:, 0]) < gate.width / 2))
        assert len(through) == 1
        assert np.abs(seen[through[0], :2]).max() < 0.2
        passed.append(seconds[through[0]])
    assert passed == sorted(passed)
    assert passed[0] == pytest.approx(0, abs=0.01)


def test_a_lap_is_flown_as_a_quad_can() -> None:
    at = np.arange(0, arena().lap.period, 0.01)
    speed = np.linalg.norm(arena().lap(at, 1), axis=1)
    assert speed.max() < TOP_SPEED * 1.05
    assert speed.min() > 5
    assert np.linalg.norm(arena().lap(at, 2), axis=1).max() < 30
    assert arena().lap(at)[:, 1].min() > 1
