"""Tracks and their gates."""

import math
from collections.abc import Sequence
from typing import Final, TypedDict

from django.db import IntegrityError, transaction

from accounts.errors import Conflict, Refused
from accounts.models import User
from races import names, rules
from races.models import Gate, Race, Track

MOST_GATES: Final = 200
FARTHEST: Final = 1_000_000.0  # m from the world's origin
LARGEST: Final = 1_000.0  # m


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


def create_track(*, by: User, name: str, drift_map: str, gates: Sequence[GateValues]) -> Track:
    """Create a track of `gates` in their order, the first being start/finish.

    Raises Refused for gates that are none, Conflict for a name that the map has already.
    """
    track = Track(name=names.track_name(name), drift_map=names.map_name(drift_map), creator=by)
    with transaction.atomic():
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
) -> Track:
    """Change what is given; `gates` replaces them all.

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
        _save(track)
        if gates is not None:
            track.gates.all().delete()
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


def _put_gates(track: Track, gates: Sequence[GateValues]) -> None:
    if not 1 <= len(gates) <= MOST_GATES:
        raise Refused(f"A track has from 1 to {MOST_GATES} gates; the first is start and finish.")
    Gate.objects.bulk_create(
        Gate(track=track, order=order, **_checked(order, values)) for order, values in enumerate(gates, 1)
    )


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
