"""A track as the timing engine takes it: its course, its race's format, its reference line."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from accounts.errors import Refused
from races import timing
from races.models import Gate, Track
from races.timing import Course, CourseError, RaceFormat, ReferenceLine

MOST_POINTS: Final = 5_000


@dataclass(frozen=True)
class Terms:
    """What a race is ranked by besides its laps: what ends it, and the line along which its drones are measured."""

    race_format: RaceFormat
    line: ReferenceLine


def course(track: Track, gates: Iterable[Gate]) -> Course:
    """Give the course of `gates`, in their order, under the track's rules; raises Refused when it cannot be timed."""
    ordered = sorted(gates, key=lambda gate: gate.order)
    try:
        return Course(
            gates=tuple(
                timing.Gate((gate.x, gate.y, gate.z), gate.yaw, gate.pitch, gate.width, gate.height) for gate in ordered
            ),
            sector_ends=tuple(index for index, gate in enumerate(ordered) if index and gate.sector_end),
            min_lap_ms=round(track.min_lap * 1000),
            start_mode=timing.StartMode(track.start_mode),
        )
    except CourseError as error:
        raise Refused(str(error)) from None


def course_of(track: Track) -> Course:
    """Give the course of a track with the gates that it has; raises Refused where it has none."""
    return course(track, track.gates.all())


def terms_json(track: Track) -> dict[str, Any]:
    """Give the terms of a race on a track as RaceTiming keeps them: the track may change when the race is over."""
    return {
        "laps": track.laps,
        "time_limit": None if track.time_limit is None else float(track.time_limit),
        "grace": float(track.grace),
        "line": track.line,
    }


def terms_of(track: Track | None, kept: Mapping[str, Any] | None, on: Course) -> Terms:
    """Give a race's terms: those that it `kept`, else its track's as they are now; without either it is open."""
    values = _values(track, kept)
    return Terms(format_of(track, kept), _line(values["line"], on))


def format_of(track: Track | None, kept: Mapping[str, Any] | None = None) -> RaceFormat:
    """Give what ends a race, likewise."""
    values = _values(track, kept)
    return RaceFormat(laps=values["laps"], seconds=values["time_limit"], grace=values["grace"])


def _values(track: Track | None, kept: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if kept is not None:
        return kept
    return terms_json(track) if track is not None else {"laps": None, "time_limit": None, "grace": 0.0, "line": None}


def _line(values: Any, on: Course) -> ReferenceLine:
    if values is None:
        return ReferenceLine.through_gates(on)
    try:
        return line_from_json(values, gates=len(on.gates))
    except Refused:
        return ReferenceLine.through_gates(on)  # it is of other gates, which the track has by now


def line_of(track: Track, on: Course) -> ReferenceLine:
    """Give the track's reference line: the flown one it keeps, else from gate to gate. Raises Refused for a bad one."""
    if track.line is None:
        try:
            return ReferenceLine.through_gates(on)
        except CourseError as error:
            raise Refused(str(error)) from None
    return line_from_json(track.line, gates=len(on.gates))


def line_json(line: ReferenceLine) -> dict[str, Any]:
    """Give a reference line as Track.line keeps it, to the mm."""
    return {
        "points": [[round(value, 3) for value in point] for point in line.points.tolist()],
        "gates_at": [round(at, 3) for at in line.gates_at.tolist()],
    }


def line_from_json(values: Any, *, gates: int) -> ReferenceLine:
    """Make the line that `line_json` gave, for a course of so many gates; raises Refused."""
    try:
        points = [[float(value) for value in point] for point in values["points"]]
        gates_at = [float(at) for at in values["gates_at"]]
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Refused("The reference line is `points` (x, y, z each, in m) and `gates_at` (m).") from None
    if not 2 <= len(points) <= MOST_POINTS or any(len(point) != 3 for point in points):
        raise Refused(f"The reference line has from 2 to {MOST_POINTS} points of x, y and z.")
    if not all(math.isfinite(value) for point in (*points, gates_at) for value in point):
        raise Refused("Every number of the reference line must be finite.")
    if len(gates_at) != gates + 1 or gates_at != sorted(gates_at):
        raise Refused("The reference line's `gates_at` is a distance for each gate and for the end, rising.")
    try:
        return ReferenceLine(points, gates_at)
    except CourseError as error:
        raise Refused(str(error)) from None
