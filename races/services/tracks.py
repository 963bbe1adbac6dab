"""Tracks and their gates."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, NotRequired, TypedDict, Unpack

from django.db import IntegrityError, transaction

from accounts.errors import Conflict, Refused
from accounts.models import User
from races import courses, names, rules
from races.models import Gate, Race, Track

MOST_GATES: Final = 200
FARTHEST: Final = 1_000_000.0  # m from the world's origin
LARGEST: Final = 1_000.0  # m
LONGEST_LAP: Final = 3_600  # s
LONGEST_RACE: Final = 86_400  # s
MOST_LAPS: Final = 1_000


class GateValues(TypedDict):
    """A gate as a caller gives it: m and degrees as in races.models.Gate."""

    x: float
    y: float
    z: float
    yaw: float
    pitch: float
    width: float
    height: float
    label: str
    sector_end: NotRequired[bool]


class TrackRules(TypedDict, total=False):
    """What a race on a track goes by, as in races.models.Track; times in s. What is left out stays, or is usual."""

    min_lap: Decimal
    start_mode: str
    laps: int | None
    time_limit: Decimal | None
    grace: Decimal


def create_track(
    *,
    by: User | None,
    name: str,
    drift_map: str,
    gates: Sequence[GateValues],
    line: dict[str, Any] | None = None,
    **track_rules: Unpack[TrackRules],
) -> Track:
    """Create a track of `gates` in their order, the first being start/finish; `line` as races.courses.line_json gives.

    Raises Refused for gates, rules or a line that are none, Conflict for a name that the map has already.
    """
    track = Track(name=names.track_name(name), drift_map=names.map_name(drift_map), creator=by, line=line)
    with transaction.atomic():
        _set_rules(track, track_rules)
        _save(track)
        _put_gates(track, gates)
    return track


def update_track(
    *,
    track: Track,
    by: User,
    name: str | None = None,
    drift_map: str | None = None,
    gates: Sequence[GateValues] | None = None,
    **track_rules: Unpack[TrackRules],
) -> Track:
    """Change what is given; `gates` replaces them all, and a flown reference line goes with them.

    Raises Forbidden unless `by` made the track or is staff, Conflict while a race on it is active, and what
    create_track raises.
    """
    rules.need_owner(by, track)
    with transaction.atomic():
        _need_idle(track)
        if name is not None:
            track.name = names.track_name(name)
        if drift_map is not None:
            track.drift_map = names.map_name(drift_map)
        if gates is not None:
            track.line = None
            track.gates.all().delete()
        _set_rules(track, track_rules)
        _save(track)
        if gates is not None:
            _put_gates(track, gates)
    return track


def delete_track(*, track: Track, by: User) -> None:
    """Delete a track; races that were flown on it stay, without one.

    Raises Forbidden unless `by` made the track or is staff, Conflict while a race on it is active.
    """
    rules.need_owner(by, track)
    with transaction.atomic():
        _need_idle(track)
        track.delete()


def _need_idle(track: Track) -> None:
    if Race.objects.filter(track=track, status__in=Race.HOLDS_PORT).exists():
        raise Conflict("A race on this track is not over. End it first.")


def _save(track: Track) -> None:
    try:
        with transaction.atomic():
            track.save()
    except IntegrityError:
        raise Conflict("This map has a track of this name already.") from None


def _set_rules(track: Track, track_rules: TrackRules) -> None:
    for name, value in track_rules.items():
        setattr(track, name, value)

    def need(text: str, *, met: bool) -> None:
        if not met:
            raise Refused(text)

    need(f"The minimum lap is from 0 to {LONGEST_LAP} s.", met=0 <= track.min_lap <= LONGEST_LAP)
    need(f"A race is over 1 to {MOST_LAPS} laps.", met=track.laps is None or 1 <= track.laps <= MOST_LAPS)
    limit = track.time_limit
    need(f"A race is over more than 0 s, and {LONGEST_RACE} at most.", met=limit is None or 0 < limit <= LONGEST_RACE)
    need(f"The time to end the last lap is from 0 to {LONGEST_RACE} s.", met=0 <= track.grace <= LONGEST_RACE)
    need("A race is over so many laps or over a time, not both.", met=track.laps is None or limit is None)
    modes = ", ".join(Track.StartMode.values)
    need(f"The start mode is one of {modes}.", met=track.start_mode in Track.StartMode.values)


def _put_gates(track: Track, gates: Sequence[GateValues]) -> None:
    if not 1 <= len(gates) <= MOST_GATES:
        raise Refused(f"A track has from 1 to {MOST_GATES} gates; the first is start and finish.")
    made = [Gate(track=track, order=order, **_checked(order, values)) for order, values in enumerate(gates, 1)]
    courses.line_of(track, courses.course(track, made))  # refuses what cannot be timed
    Gate.objects.bulk_create(made)


def _checked(order: int, gate: GateValues) -> GateValues:
    def need(text: str, *, met: bool) -> None:
        if not met:
            raise Refused(f"Gate {order}: {text}")

    numbers = [gate["x"], gate["y"], gate["z"], gate["yaw"], gate["pitch"], gate["width"], gate["height"]]
    need("every number must be finite.", met=all(map(math.isfinite, numbers)))
    need("it is too far away.", met=all(abs(value) <= FARTHEST for value in numbers[:3]))
    need("width and height must be above 0 m.", met=min(gate["width"], gate["height"]) > 0)
    need(f"width and height are at most {LARGEST:g} m.", met=max(gate["width"], gate["height"]) <= LARGEST)
    need("yaw is from −360 to 360 degrees.", met=abs(gate["yaw"]) <= 360)
    need("pitch is from −90 to 90 degrees.", met=abs(gate["pitch"]) <= 90)
    checked = gate.copy()
    checked["label"] = names.gate_label(gate["label"])
    return checked
