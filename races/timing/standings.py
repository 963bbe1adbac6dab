"""Who is where in a race: a ranking from laps, whatever made them, and from where the drones are now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import floor, sqrt
from typing import Final

from races.timing.events import Lap
from races.timing.line import Passes
from races.timing.timer import Whereabouts

_NEVER: Final = 0


class Status(StrEnum):
    """What has become of a drone: still in the race, or how it ended it."""

    RUN = "RUN"
    FIN = "FIN"
    DNF = "DNF"
    DNS = "DNS"
    DSQ = "DSQ"


@dataclass(frozen=True)
class RaceFormat:
    """What ends a race: `laps` to fly, or `seconds` after which the lap that runs may be ended within `grace` (s).

    With neither the race is open. Raises ValueError for both at once, or for what is not above 0.
    """

    laps: int | None = None
    seconds: float | None = None
    grace: float = 0.0

    def __post_init__(self) -> None:
        if self.laps is not None and self.seconds is not None:
            raise ValueError("A race is over so many laps or so many seconds, not both.")
        if (self.laps is not None and self.laps < 1) or (self.seconds is not None and not self.seconds > 0):
            raise ValueError("A race is over at least one lap, or more than 0 s.")
        if not self.grace >= 0:
            raise ValueError("The time to end the last lap is 0 s or more.")

    def counted(self, laps: Iterable[Lap], start: int) -> list[Lap]:
        """Give a drone's laps that count, by their ends; `start` is the race's, µs."""
        valid = sorted((lap for lap in laps if lap.valid), key=lambda lap: lap.end)
        if self.laps is not None:
            return valid[: self.laps]
        over, last = self._over(start), self._over(start) + self.grace * 1e6
        return [lap for lap in valid if lap.start < over and lap.end <= last]

    def finished(self, laps: Sequence[Lap], counted: Sequence[Lap], start: int) -> bool:
        """Say whether a drone with these laps has flown its race, though the race goes on."""
        if self.laps is not None:
            return len(counted) >= self.laps
        return bool(counted) and any(lap.end >= self._over(start) for lap in laps)

    def _over(self, start: int) -> float:
        return float("inf") if self.seconds is None else start + self.seconds * 1e6


@dataclass(frozen=True)
class Entry:
    """A drone in the ranking. `penalty_ms` is added to its time; `started` when it is known to have begun a lap."""

    drone: int
    disqualified: bool = False
    penalty_ms: int = 0
    started: bool = False


@dataclass(frozen=True)
class Standing:
    """A drone's line in the ranking. Times in ms; None for what does not exist (yet).

    `place` is shared by equals, and None for DNS and DSQ. `laps` counts its counted laps; `total_ms` runs from the
    race's start to the last of them, the penalty added. `last_ms`, `best_ms` and `best_lap` (its number) are of counted
    laps, `best_possible_ms` is the sum of their best sectors, `consistency` 1 less their standard deviation over their
    mean.
    `overall_best` marks the drone of the race's fastest lap. `gap_ms` is to the leader and `interval_ms` to the drone
    ahead, at the same point of the track; `laps_down` whole laps of it come on top of `gap_ms`. `passed` gates and
    `distance` m are of the running lap.
    """

    place: int | None
    drone: int
    status: Status
    laps: int
    total_ms: int | None
    penalty_ms: int
    last_ms: int | None
    best_ms: int | None
    best_lap: int | None
    best_possible_ms: int | None
    consistency: float | None
    overall_best: bool
    gap_ms: int | None
    interval_ms: int | None
    laps_down: int
    passed: int
    distance: float


@dataclass(frozen=True)
class Bests:
    """The fastest valid lap of a race, and of each drone; of equals, the one flown first."""

    overall: Lap | None
    personal: Mapping[int, Lap]


def best_laps(laps: Iterable[Lap]) -> Bests:
    """Find the bests of the laps that are valid now: an invalidated one is none."""
    fastest: dict[int, Lap] = {}
    for lap in sorted((lap for lap in laps if lap.valid), key=_pace, reverse=True):
        fastest[lap.drone] = lap
    return Bests(min(fastest.values(), key=_pace, default=None), fastest)


def _pace(lap: Lap) -> tuple[int, int, int]:
    return lap.duration_ms, lap.end, lap.drone


def best_possible(laps: Iterable[Lap]) -> int | None:
    """Give the sum (ms) of the best sectors of these laps; None when a sector was never timed.

    Laps without all the sectors, such as one that a marshal wrote by hand, add nothing.
    """
    rows = [lap.sectors for lap in laps]
    rows = [row for row in rows if len(row) == max(map(len, rows))]
    best = [min((time for time in times if time is not None), default=None) for times in zip(*rows, strict=True)]
    times = [time for time in best if time is not None]
    return sum(times) if times and len(times) == len(best) else None


def consistency(laps: Sequence[Lap]) -> float | None:
    """Give how alike these laps are: 1 less their standard deviation over their mean; None for fewer than two."""
    if len(laps) < 2:
        return None
    times = [lap.duration_ms for lap in laps]
    mean = sum(times) / len(times)
    return 1 - sqrt(sum((time - mean) ** 2 for time in times) / len(times)) / mean if mean else None


@dataclass(frozen=True)
class _Score:
    entry: Entry
    status: Status
    counted: list[Lap]
    passed: int
    distance: float

    @property
    def end_ms(self) -> int:
        """The last counted crossing, by the common clock, the penalty added."""
        return (floor(self.counted[-1].end / 1000 + 0.5) if self.counted else _NEVER) + self.entry.penalty_ms

    @property
    def rank(self) -> tuple[int, int, int, float, int]:
        """What the ranking goes by, least first."""
        group = {Status.DNS: 1, Status.DSQ: 2}.get(self.status, 0)
        return group, -len(self.counted), -self.passed, -self.distance, self.end_ms


def standings(
    entries: Iterable[Entry],
    laps: Iterable[Lap],
    *,
    race_format: RaceFormat | None = None,
    start: int | None = None,
    ended: bool = False,
    whereabouts: Iterable[Whereabouts] = (),
    passes: Passes | None = None,
) -> list[Standing]:
    """Rank the drones of a race, the first first.

    `laps` are all there are, with `valid` as it stands; `start` is the race's start (µs), or that of the first lap when
    None. `whereabouts` and `passes` tell of the running laps, and may be left out. The rules: most counted laps; then,
    for drones that have not finished, most gates passed in the running lap and the longer way along the track; then
    the earlier last counted crossing. Equal on all share the place.
    """
    flown: dict[int, list[Lap]] = {}
    for lap in laps:
        flown.setdefault(lap.drone, []).append(lap)
    if start is None:
        start = min((lap.start for drone_laps in flown.values() for lap in drone_laps), default=0)
    where = {drone.drone: drone for drone in whereabouts}
    rules = race_format or RaceFormat()
    scores = sorted(
        (
            _score(entry, flown.get(entry.drone, []), where.get(entry.drone), rules, start, passes, ended=ended)
            for entry in entries
        ),
        key=lambda score: (score.rank, score.entry.drone),
    )
    bests = best_laps(lap for score in scores if score.status is not Status.DSQ for lap in score.counted)
    lines: list[Standing] = []
    for index, score in enumerate(scores):
        line = _line(score, scores[0], scores[index - 1] if index else None, bests, start, passes)
        shares = index and scores[index - 1].rank == score.rank
        placed = score.status not in {Status.DNS, Status.DSQ}
        lines.append(replace(line, place=(lines[-1].place if shares else index + 1) if placed else None))
    return lines


def _score(
    entry: Entry,
    laps: Sequence[Lap],
    where: Whereabouts | None,
    rules: RaceFormat,
    start: int,
    passes: Passes | None,
    *,
    ended: bool,
) -> _Score:
    counted = rules.counted(laps, start)
    started = entry.started or bool(laps) or (where is not None and where.started)
    if entry.disqualified:
        status = Status.DSQ
    elif rules.finished(laps, counted, start) or (ended and counted and rules.laps is None):
        status = Status.FIN
    elif ended:
        status = Status.DNF if started else Status.DNS
    else:
        status = Status.RUN
    if status not in {Status.RUN, Status.DNF} or where is None or where.lap is None:
        return _Score(entry, status, counted, 0, 0.0)
    return _Score(entry, status, counted, where.passed, passes.distance(entry.drone) if passes else 0.0)


def _line(
    score: _Score, leader: _Score, ahead: _Score | None, bests: Bests, start: int, passes: Passes | None
) -> Standing:
    best = bests.personal.get(score.entry.drone)
    ranked = ahead is not None and score.status not in {Status.DNS, Status.DSQ}
    return Standing(
        place=None,
        drone=score.entry.drone,
        status=score.status,
        laps=len(score.counted),
        total_ms=score.end_ms - floor(start / 1000 + 0.5) if score.counted else None,
        penalty_ms=score.entry.penalty_ms,
        last_ms=score.counted[-1].duration_ms if score.counted else None,
        best_ms=best.duration_ms if best else None,
        best_lap=best.number if best else None,
        best_possible_ms=best_possible(score.counted),
        consistency=consistency(score.counted),
        overall_best=best is not None and best is bests.overall,
        gap_ms=_gap(score, leader, passes) if ranked else None,
        interval_ms=_gap(score, ahead, passes) if ranked and ahead else None,
        laps_down=_laps_down(score, leader, passes) if ranked else 0,
        passed=score.passed,
        distance=score.distance,
    )


def _gap(score: _Score, ahead: _Score, passes: Passes | None) -> int | None:
    """Give the time (ms) by which a drone is behind another, at the same point of the track."""
    if score.status is Status.RUN and passes is not None:
        gap = passes.gap_ms(score.entry.drone, ahead.entry.drone)
        if gap is not None:
            return gap
    if not score.counted or not ahead.counted:
        return None
    if len(score.counted) == len(ahead.counted):
        return max(0, score.end_ms - ahead.end_ms)
    # At the line, of which the one ahead has passed more laps: since it was there last.
    end = score.counted[-1].end
    before = [lap.end for lap in ahead.counted if lap.end <= end]
    return floor((end - before[-1]) / 1000 + 0.5) if before else None


def _laps_down(score: _Score, leader: _Score, passes: Passes | None) -> int:
    behind: float = len(leader.counted) - len(score.counted)
    if score.status is Status.RUN and passes is not None:
        behind += (leader.distance - score.distance) / passes.line.length
    return max(0, floor(behind))
