"""Rankings, bests and gaps from laps and from where the drones are."""

from dataclasses import replace

import numpy as np
import pytest

from management.course import arena
from management.simulator import Flight, pilots
from races.timing import (
    Course,
    CourseError,
    Crossing,
    Entry,
    Gate,
    Lap,
    Passes,
    RaceFormat,
    ReferenceLine,
    Standing,
    Status,
    Timer,
    Whereabouts,
    best_laps,
    standings,
)
from tests.races.timing_worlds import START, merged

SECOND = 1_000_000


def lap(drone: int, number: int, start: float, end: float, *, valid: bool = True) -> Lap:
    """Give a lap from `start` to `end`, seconds into the race, in two sectors of which the first takes a third."""
    duration = round((end - start) * 1000)
    return Lap(
        drone=drone,
        time=START + round(end * SECOND),
        number=number,
        start=START + round(start * SECOND),
        end=START + round(end * SECOND),
        start_flight=start,
        end_flight=end,
        duration_ms=duration,
        sectors=(duration // 3, duration - duration // 3),
        valid=valid,
        why=(),
        missed=(),
        samples=0,
        max_gap_ms=10,
        top_speed=20.0,
    )


def laps(drone: int, *ends: float) -> list[Lap]:
    return [
        lap(drone, number, start, end) for number, (start, end) in enumerate(zip((0, *ends), ends, strict=False), 1)
    ]


def entries(*drones: int) -> list[Entry]:
    return [Entry(drone) for drone in drones]


def placed(lines: list[Standing]) -> list[tuple[int | None, int, str]]:
    return [(line.place, line.drone, str(line.status)) for line in lines]


def test_more_valid_laps_rank_first_and_then_the_earlier_last_crossing() -> None:
    flown = laps(1, 10, 20) + laps(2, 11, 19) + laps(3, 8, 15, 29)
    lines = standings(entries(1, 2, 3), flown, start=START, ended=True)
    assert placed(lines) == [(1, 3, "FIN"), (2, 2, "FIN"), (3, 1, "FIN")]
    assert [line.total_ms for line in lines] == [29000, 19000, 20000]


def test_equal_drones_share_the_place() -> None:
    lines = standings(entries(1, 2, 3), laps(2, 10) + laps(1, 10) + laps(3, 12), start=START, ended=True)
    assert placed(lines) == [(1, 1, "FIN"), (1, 2, "FIN"), (3, 3, "FIN")]


def test_invalid_laps_count_for_nothing() -> None:
    flown = [*laps(1, 10, 20), lap(2, 1, 0, 9, valid=False), lap(2, 2, 9, 18)]
    lines = standings(entries(1, 2), flown, start=START, ended=True)
    assert [(line.drone, line.laps) for line in lines] == [(1, 2), (2, 1)]
    assert (lines[1].best_ms, lines[1].best_lap) == (9000, 2)


def test_a_race_over_laps_ends_for_a_drone_with_the_last_of_them() -> None:
    flown = laps(1, 10, 20, 30, 40) + laps(2, 11, 21)
    rules = RaceFormat(laps=3)
    lines = standings(entries(1, 2), flown, race_format=rules, start=START)
    assert placed(lines) == [(1, 1, "FIN"), (2, 2, "RUN")]
    assert (lines[0].laps, lines[0].total_ms) == (3, 30000)
    lines = standings(entries(1, 2, 3), flown, race_format=rules, start=START, ended=True)
    assert placed(lines) == [(1, 1, "FIN"), (2, 2, "DNF"), (None, 3, "DNS")]


def test_a_race_over_time_lets_the_running_lap_end_within_the_grace() -> None:
    rules = RaceFormat(seconds=25, grace=6)
    flown = laps(1, 10, 20, 30) + laps(2, 12, 24, 36) + laps(3, 13)
    lines = standings(entries(1, 2, 3), flown, race_format=rules, start=START)
    assert [(line.drone, line.laps, str(line.status)) for line in lines] == [
        (1, 3, "FIN"),
        (2, 2, "FIN"),
        (3, 1, "RUN"),
    ]


def test_a_lap_begun_after_the_time_counts_for_nothing() -> None:
    flown = laps(1, 10, 26, 30)
    (line,) = standings(entries(1), flown, race_format=RaceFormat(seconds=25, grace=60), start=START)
    assert line.laps == 2


def test_a_drone_that_began_and_closed_no_lap_did_not_finish() -> None:
    lines = standings([Entry(1), Entry(2, started=True)], [], ended=True)
    assert placed(lines) == [(1, 2, "DNF"), (None, 1, "DNS")]


def test_a_disqualified_drone_is_last_and_its_laps_are_no_bests() -> None:
    flown = laps(1, 5) + laps(2, 10)
    lines = standings([Entry(1, disqualified=True), Entry(2)], flown, start=START, ended=True)
    assert placed(lines) == [(1, 2, "FIN"), (None, 1, "DSQ")]
    assert [line.overall_best for line in lines] == [True, False]


def test_a_penalty_is_added_to_the_time() -> None:
    flown = laps(1, 10) + laps(2, 11)
    lines = standings([Entry(1, penalty_ms=2500), Entry(2)], flown, start=START, ended=True)
    assert [(line.drone, line.total_ms, line.gap_ms) for line in lines] == [(2, 11000, None), (1, 12500, 1500)]


def test_unfinished_laps_rank_by_gates_passed() -> None:
    there = [replace(where(drone, 12, (0, 0, 0), 1, rounds=1), passed=passed) for drone, passed in ((1, 2), (2, 3))]
    lines = standings(entries(1, 2), laps(1, 10) + laps(2, 11), start=START, whereabouts=there)
    assert [(line.drone, line.passed) for line in lines] == [(2, 3), (1, 2)]
    ended = standings(entries(1, 2), laps(1, 10) + laps(2, 11), start=START, whereabouts=there, ended=True)
    assert [line.drone for line in ended] == [1, 2]


def test_gaps_at_the_end_are_at_the_line_with_whole_laps_on_top() -> None:
    flown = laps(1, 10, 20, 30) + laps(2, 11, 22, 33) + laps(3, 14, 28)
    first, second, third = standings(entries(1, 2, 3), flown, start=START, ended=True)
    assert (first.gap_ms, first.interval_ms, first.laps_down) == (None, None, 0)
    assert (second.gap_ms, second.interval_ms, second.laps_down) == (3000, 3000, 0)
    # At 28 s it passed the line, 8 s after the first and 6 s after the second had.
    assert (third.gap_ms, third.interval_ms, third.laps_down) == (8000, 6000, 1)


def test_last_best_possible_and_consistency_are_of_counted_laps() -> None:
    (line,) = standings(entries(1), laps(1, 12, 21, 36), start=START)
    assert (line.last_ms, line.best_ms, line.best_lap) == (15000, 9000, 2)
    assert line.best_possible_ms == 9000
    assert line.consistency == pytest.approx(1 - np.std([12, 9, 15]) / 12)


def test_the_best_possible_lap_is_of_the_best_sectors_of_all() -> None:
    one = replace(lap(1, 1, 0, 10), sectors=(3000, 7000))
    other = replace(lap(1, 2, 10, 20), sectors=(4000, 6000))
    by_hand = replace(lap(1, 3, 20, 30), sectors=())
    (line,) = standings(entries(1), [one, other, by_hand], start=START)
    assert line.best_possible_ms == 9000


def test_bests_are_unmarked_when_their_lap_is_invalidated() -> None:
    flown = laps(1, 10, 19) + laps(2, 11, 19.5)
    bests = best_laps(flown)
    assert bests.overall is not None
    assert (bests.overall.drone, bests.overall.duration_ms) == (2, 8500)
    assert {drone: best.number for drone, best in bests.personal.items()} == {1: 2, 2: 2}
    now = best_laps(replace(each, valid=False) if each is bests.overall else each for each in flown)
    assert now.overall is not None
    assert (now.overall.drone, now.overall.duration_ms) == (1, 9000)
    assert best_laps([]).overall is None


def test_nobody_and_nothing_is_an_empty_ranking() -> None:
    assert standings([], []) == []
    (line,) = standings(entries(1), [])
    assert (line.place, line.status, line.total_ms, line.best_possible_ms) == (1, Status.RUN, None, None)


@pytest.mark.parametrize(
    "values", [{"laps": 0}, {"laps": 3, "seconds": 60.0}, {"seconds": 0.0}, {"seconds": 9.0, "grace": -1.0}]
)
def test_a_race_format_that_cannot_be_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"race|time"):
        RaceFormat(**values)


COURSE = Course(tuple(Gate(each.centre, each.yaw, each.pitch, each.width, each.height) for each in arena().gates))


def true_gap(behind: Flight, ahead: Flight, at: float) -> float:
    """Give when `ahead` was as far as `behind` is at second `at`, in seconds before it, by the simulator's own line."""
    there = behind.progress(at)
    early, late = 0.0, at
    for _ in range(30):
        middle = (early + late) / 2
        early, late = (middle, late) if ahead.progress(middle) < there else (early, middle)
    return at - late


def test_live_gaps_are_the_time_since_the_drone_ahead_was_here() -> None:
    flown = [Flight(arena(), pilot) for pilot in pilots(3, 4)]
    line = ReferenceLine.flown(COURSE, flown[0].frames(0, 25, 100)["position"])
    timer, passes = Timer(COURSE), Passes(line)
    checked = 0
    for tick in range(300):
        now = (tick + 1) / 10
        told = timer.feed(merged(*(each.frames(tick / 10, now, 100) for each in flown)))
        passes.feed(told, timer.whereabouts())
        if tick % 7 == 0 and now > 5:
            for behind in flown:
                for ahead in flown:
                    last = (round(now * 100) - 1) / 100
                    lead = ahead.progress(last) - behind.progress(last)
                    if 0.01 < lead < 0.9 and behind.progress(last) % 1 > 0.05:
                        found = passes.gap_ms(behind.pilot.number, ahead.pilot.number)
                        assert found is not None
                        assert found / 1000 == pytest.approx(true_gap(behind, ahead, last), abs=0.1)
                        checked += 1
    assert checked > 50


def test_the_running_order_is_that_of_the_track() -> None:
    flown = [Flight(arena(), pilot) for pilot in pilots(4, 4)]
    timer, passes = Timer(COURSE), Passes(ReferenceLine.through_gates(COURSE))
    found: list[Lap] = []
    for tick in range(240):
        told = timer.feed(merged(*(each.frames(tick / 10, (tick + 1) / 10, 100) for each in flown)))
        found += [event for event in told if isinstance(event, Lap)]
        passes.feed(told, timer.whereabouts())
    lines = standings(entries(1, 2, 3, 4), found, whereabouts=timer.whereabouts(), passes=passes)
    true = sorted(flown, key=lambda each: -each.progress(23.99))
    assert [line.drone for line in lines] == [each.pilot.number for each in true]
    assert [line.place for line in lines] == [1, 2, 3, 4]
    gaps = [line.gap_ms or 0 for line in lines]
    assert gaps == sorted(gaps)
    assert all(line.laps_down == 0 for line in lines)


def crossing(drone: int, gate: int, lap_number: int, at: float) -> Crossing:
    race_time = START + round(at * SECOND)
    return Crossing(
        drone, race_time, gate, lap_number, counted=True, flight_time=at, race_time=race_time, speed=9, right=0, up=0
    )


SQUARE = ReferenceLine([(0, 0, 0), (0, 0, 100), (100, 0, 100), (100, 0, 0), (0, 0, 0)])


def where(drone: int, at: float, position: tuple[float, float, float], leg: int, rounds: int = 0) -> Whereabouts:
    time = START + round(at * SECOND)
    return Whereabouts(drone, time, time, position, rounds + 1, leg, passed=leg, rounds=rounds, started=True)


def test_a_gap_at_a_gate_is_exact() -> None:
    passes = Passes(SQUARE)
    passes.feed([crossing(1, 0, 1, 0.0), crossing(1, 1, 1, 5.0), crossing(1, 2, 1, 11.0)], [])
    passes.feed([crossing(2, 0, 1, 2.0), crossing(2, 1, 1, 7.25)], [])
    assert passes.gap_ms(2, 1) == 2250
    assert passes.distance(2) == 100


def test_a_lapped_drone_gets_the_time_since_it_was_passed_and_the_laps() -> None:
    passes = Passes(SQUARE)
    ahead = [crossing(1, 0, 1, 0.0), *(crossing(1, gate % 4, 1, 5.0 * gate) for gate in range(1, 5))]
    ahead += [crossing(1, gate, 2, 20 + 5.0 * gate) for gate in (1, 2)]
    passes.feed(ahead, [])
    passes.feed([crossing(2, 0, 1, 1.0), crossing(2, 1, 1, 27.0)], [])
    flown = laps(1, 20)
    there = [where(1, 30.0, (100, 0, 100), 2, rounds=1), where(2, 27.0, (0, 0, 100), 1)]
    lines = standings(entries(1, 2), flown, whereabouts=there, passes=passes)
    assert [(line.drone, line.gap_ms, line.laps_down) for line in lines] == [(1, None, 0), (2, 2000, 1)]


def test_a_drone_that_hovers_falls_behind_by_the_clock() -> None:
    passes = Passes(SQUARE)
    passes.feed([crossing(1, 0, 1, 0.0), crossing(1, 1, 1, 5.0), crossing(2, 0, 1, 1.0)], [])
    for at in (3.0, 4.0, 9.0):
        passes.feed([], [where(2, at, (0, 0, 40), 0)])
    assert passes.gap_ms(2, 1) == pytest.approx(9000 - 2000, abs=1)


def test_a_drone_beside_start_and_finish_has_flown_its_whole_lap() -> None:
    passes = Passes(SQUARE)
    passes.feed([crossing(1, 0, 1, 0.0), *(crossing(1, gate, 1, 5.0 * gate) for gate in (1, 2, 3))], [])
    passes.feed([], [where(1, 19.0, (-3, 0, -2), 3)])
    assert passes.distance(1) == SQUARE.length
    passes.feed([crossing(1, 0, 1, 20.0)], [where(1, 20.5, (0, 0, 10), 0, rounds=1)])
    assert passes.distance(1) == 10
    passes.feed([], [where(1, 39.0, (-3, 0, -2), 3, rounds=1)])
    assert passes.distance(1) == SQUARE.length


def test_a_drone_that_has_finished_stays_where_it_was() -> None:
    passes = Passes(SQUARE)
    passes.feed([crossing(1, 0, 1, 0.0), crossing(1, 1, 1, 5.0)], [])
    passes.feed([crossing(1, 2, 1, 9.0)], [where(1, 9.5, (100, 0, 90), 2)], finished={1})
    assert passes.distance(1) == 100


def test_no_gap_is_told_to_a_drone_that_was_never_here() -> None:
    passes = Passes(SQUARE)
    passes.feed([crossing(1, 0, 1, 0.0)], [])
    assert passes.gap_ms(1, 2) is None
    assert passes.gap_ms(2, 1) is None
    assert passes.distance(2) == 0


def test_a_line_is_measured_within_the_leg_where_it_comes_near_itself() -> None:
    eight = ReferenceLine([(0, 0, 0), (100, 0, 100), (100, 0, 0), (0, 0, 100), (0, 0, 0)])
    half = float(np.hypot(50, 50))
    assert eight.along((50, 0, 50), 0) == pytest.approx(half)
    assert eight.along((50, 0, 50), 2) == pytest.approx(3 * half + 100)


def test_a_line_past_a_gate_is_refused() -> None:
    flown = Flight(arena(), pilots(1, 1)[0])
    path = flown.frames(0, 30, 50)["position"]
    last = next(passed.time for passed in flown.crossings(0, 30) if passed.gate == 8)
    with pytest.raises(CourseError, match="does not pass gate 0 of the course again"):
        ReferenceLine.flown(COURSE, path[: round(50 * last) + 5])
    with pytest.raises(CourseError, match="gate 9"):
        ReferenceLine.flown(Course((*COURSE.gates, Gate((500, 0, 0), 0, 0, 4, 4))), path)


def test_points_in_one_place_are_no_line() -> None:
    with pytest.raises(CourseError, match="apart"):
        ReferenceLine([(1, 1, 1), (1, 1, 1)])


def test_the_line_of_a_single_gate_is_a_line() -> None:
    assert ReferenceLine.through_gates(Course((Gate((0, 0, 0), 90, 0, 4, 4),))).length == pytest.approx(1)
