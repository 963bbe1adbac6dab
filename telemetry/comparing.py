"""Two laps of a race side by side, out of its recorded frames."""

from functools import partial
from typing import Any, Final

import numpy as np

from accounts.errors import NotFound, Refused
from races import courses
from races.models import Lap, Race
from races.timing import CHANNELS, FlownLap, ReferenceLine, Resampled, marks, resampled
from telemetry import pages
from telemetry.frames import RESET_FALL, FrameArray

# A frame arrives later than it was flown, by so much at most (µs).
LATE: Final = 2_000_000
# Of a lap with more frames than this, those that come first in each of so many parts of it are looked at: anybody may
# ask, and a lap may be an hour of a thousand frames a second.
MOST_FRAMES: Final = 20_000
PARTS: Final = 1_000
FIELDS: Final = ("flight_time", "position", "velocity", "input")


def compare(race: Race, first: int, second: int) -> dict[str, Any]:
    """Give two laps (by their ids) on the distance along the reference line, as plain columns.

    `delta_s` is by how much the second is behind the first at that place. Raises NotFound for a lap of another race,
    Refused for a race without a track and for laps that were not flown in the recording.
    """
    if race.track is None:
        raise Refused("This race has no track, along which laps could be compared.")
    line = courses.line_of(race.track, courses.course_of(race.track))
    laps = [_lap(race, lap_id) for lap_id in (first, second)]
    a, b = (resampled(line, _flown(lap, line)) for lap in laps)
    return {
        "length_m": round(line.length, 3),
        "distance_m": np.round(marks(line), 3).tolist(),
        "delta_s": _column(b.time - a.time),
        "a": _columns(laps[0], a),
        "b": _columns(laps[1], b),
    }


def _lap(race: Race, lap_id: int) -> Lap:
    lap = race.laps.filter(pk=lap_id).first()
    if lap is None:
        raise NotFound(f"There is no lap {lap_id} in this race.")
    return lap


def _flown(lap: Lap, line: ReferenceLine) -> FlownLap:
    start, end = lap.start_flight, lap.end_flight
    if start is None or end is None:
        raise Refused(f"Lap {lap.number} was added by a marshal: there is no flight to compare.")
    frames = _of_lap(_recorded(lap), start, end)
    if frames is None or len(frames) < 2:
        raise Refused(f"The frames of lap {lap.number} are not recorded.")
    gates = len(line.gates_at) - 1
    passed = lap.race.crossings.filter(
        drone=lap.drone, counted=True, gate__gt=1, gate__lte=gates, race_time__gt=lap.start, race_time__lt=lap.end
    ).order_by("race_time")
    return FlownLap(frames, start, end, _rising([(row.gate - 1, row.flight_time) for row in passed]))


def _recorded(lap: Lap) -> FrameArray:
    """Give the recorded frames around a lap, at most MOST_FRAMES of them."""
    first, end = lap.start, lap.time + LATE
    page = partial(pages.page, lap.race_id, lap.drone, columns=pages.columns_of(FIELDS))
    found = page(first=first, end=end, size=MOST_FRAMES + 1)
    if len(found) <= MOST_FRAMES:
        return found
    part = -(-(end - first) // PARTS)
    size = MOST_FRAMES // PARTS
    return np.concatenate([page(first=at, end=min(at + part, end), size=size) for at in range(first, end, part)])


def _of_lap(frames: FrameArray, start: float, end: float) -> FrameArray | None:
    """Give the lap's frames and one more on each side, each instant once; None where there are none."""
    frames = frames[np.isfinite(frames["flight_time"]) & np.isfinite(frames["position"]).all(axis=1)]
    resets = np.flatnonzero(np.diff(frames["flight_time"]) < -RESET_FALL)
    if len(resets):
        frames = frames[: resets[0] + 1]
    if not len(frames):
        return None
    _, first = np.unique(frames["flight_time"], return_index=True)
    frames = frames[first]
    clock = frames["flight_time"].astype(np.float64)
    return frames[max(0, int(np.searchsorted(clock, start)) - 1) : int(np.searchsorted(clock, end)) + 1]


def _rising(passed: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Leave out gates that were passed out of their order, as when start/finish was missed between."""
    kept: list[tuple[int, float]] = []
    for gate, at in passed:
        if not kept or gate > kept[-1][0]:
            kept.append((gate, at))
    return kept


def _columns(lap: Lap, flown: Resampled) -> dict[str, Any]:
    return {
        "id": lap.pk,
        "drone": lap.drone,
        "number": lap.number,
        "duration_ms": lap.duration_ms,
        "time_s": _column(flown.time),
        **{name: _column(flown.channels[name]) for name in CHANNELS},
    }


def _column(values: Any) -> list[float | None]:
    return [None if value != value else round(value, 4) for value in values.tolist()]  # noqa: PLR0124  NaN is itself not
