"""A track out of a flown race: the lap is found in a drone's recorded frames, and gates are put along it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from accounts.errors import Conflict, NotFound, Refused
from accounts.models import User
from races import courses, rules, selectors, services
from races.models import Race, Track
from races.timing import Course, CourseError, FoundLap, Gate, NoLapError, ReferenceLine, find_lap, gates_along
from telemetry import reading
from telemetry.frames import FrameArray
from telemetry.retiming import retime_race

DEFAULT_GATES: Final = 6
MOST_FRAMES: Final = 60_000  # of a flight: ten minutes at 100 Hz


@dataclass(frozen=True)
class MadeTrack:
    """A track made by flying: `laps` were found, the fastest `fastest` s long; `bound` says whether the race has it."""

    track: Track
    laps: int
    fastest: float
    bound: bool


def make_track(
    *,
    race: Race,
    drone: int,
    by: User | None,
    name: str,
    gates: int | None = None,
    times: Sequence[float] | None = None,
) -> MadeTrack:
    """Create a track from what a drone flew in a race; a race without a track gets it, where `by` directs the race.

    Gates are put at even distances, `gates` in all (six unless given), or besides start/finish one at each of `times`
    (s of the drone's own clock). What has been flown in the race is then timed: by the ingest while the race goes on,
    else at once, which takes as long as retime_race. `by` None is the operator. Raises NotFound for a drone without
    frames, Refused where there is no closed lap or the gates do not fit it, Conflict for a name that the map has.
    """
    if gates is not None and times is not None:
        raise Refused("Give either a number of gates or the times at which they are passed.")
    selectors.drone_for(race, drone)
    frames = _flown(race, drone)
    try:
        found = find_lap(frames)
        placed = gates_along(found, count=None if times else gates or DEFAULT_GATES, times=times or None)
    except NoLapError as error:
        raise Refused(str(error)) from None
    track = services.create_track(
        by=by,
        name=name,
        drift_map=race.drift_map,
        gates=[_values(gate, "start/finish" if not index else "") for index, gate in enumerate(placed)],
        line=_line(found, placed),
    )
    bound = (by is None or rules.directs(by, race)) and _bind(race, track)
    if bound and race.status == Race.Status.ENDED:
        retime_race(race=race, by=by, reason="timed on the track made of it")
    return MadeTrack(track, len(found.laps), found.fastest.end - found.fastest.start, bound)


def _flown(race: Race, drone: int) -> FrameArray:
    pages, count = [], 0
    for frames in reading.frames_of(race.pk, drones=[drone]):
        pages.append(frames)
        count += len(frames)
        if count >= MOST_FRAMES:
            break
    if not pages:
        raise NotFound(f"Drone {drone} of this race has no recorded frames.")
    return np.concatenate(pages)[:MOST_FRAMES]


def _values(gate: Gate, label: str) -> services.GateValues:
    x, y, z = (round(value, 3) for value in gate.centre)
    return {
        "x": x,
        "y": y,
        "z": z,
        "yaw": round(gate.yaw, 3),
        "pitch": round(gate.pitch, 3),
        "width": round(gate.width, 2),
        "height": round(gate.height, 2),
        "label": label,
    }


def _line(found: FoundLap, gates: tuple[Gate, ...]) -> dict[str, object] | None:
    """Give the fastest lap that passes the gates as a reference line; the straight one serves where none does."""
    course = Course(gates)
    for lap in sorted(found.laps, key=lambda lap: lap.end - lap.start):
        try:
            return courses.line_json(ReferenceLine.flown(course, found.path(lap)))
        except CourseError:
            continue
    return None


def _bind(race: Race, track: Track) -> bool:
    try:
        services.bind_track(race=race, track=track)
    except Conflict:
        return False
    return True
