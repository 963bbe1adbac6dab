"""Tracks as JSON files, to be kept and passed on: `track_export` writes them, `track_import` reads them."""

import json
from typing import Any, Final

from accounts.errors import Refused
from accounts.models import User
from races import courses, services
from races.models import Track
from races.serializers import CreateTrack, TrackSerializer

VERSION: Final = 1
LARGEST_FILE: Final = 4 << 20  # bytes


def as_json(track: Track) -> dict[str, Any]:
    """Give a track with its gates, rules and reference line as plain values; `imported` takes them."""
    values = {
        name: value
        for name, value in TrackSerializer(track).data.items()
        if name not in {"id", "creator", "created_at", "gates"}
    }
    for name in ("min_lap", "time_limit", "grace"):
        values[name] = None if values[name] is None else float(values[name])
    gates = [{name: value for name, value in gate.items() if name != "order"} for gate in _gates(track)]
    return {"drift_track": VERSION, **values, "gates": gates, "line": track.line}


def _gates(track: Track) -> list[dict[str, Any]]:
    gates: list[dict[str, Any]] = TrackSerializer(track).data["gates"]
    return gates


def imported(text: str, *, by: User | None, name: str | None = None) -> Track:
    """Create the track of a file; `name` takes the place of the file's.

    Raises Refused for what is no track, Conflict for a name that the map has already.
    """
    values = _parsed(text)
    if name is not None:
        values["name"] = name
    line = values.pop("line", None)
    body = CreateTrack(data=values)
    if not body.is_valid():
        raise Refused(" ".join(_sentences(body.errors)))
    if line is not None:
        courses.line_from_json(line, gates=len(values["gates"]))
    return services.create_track(by=by, line=line, **body.validated_data)


def _parsed(text: str) -> dict[str, Any]:
    if len(text) > LARGEST_FILE:
        raise Refused("The file is too large for a track.")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"The file is no JSON: {error}.") from None
    if not isinstance(values, dict) or values.pop("drift_track", None) != VERSION:
        raise Refused(f'The file is no track: a track is an object with "drift_track": {VERSION}.')
    return values


def _sentences(errors: Any, path: str = "") -> list[str]:
    if isinstance(errors, dict):
        return [text for key, inner in errors.items() for text in _sentences(inner, f"{path}.{key}" if path else key)]
    if isinstance(errors, list) and not all(isinstance(error, str) for error in errors):
        return [text for index, inner in enumerate(errors, 1) for text in _sentences(inner, f"{path}.{index}")]
    return [f"{path}: {error}" for error in errors]
