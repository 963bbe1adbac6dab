"""Replays that Liftoff itself saves: XML around the drone's states, ten a second.

The root is LocalGhostStatesRecording. `statesByte` is the base64 of little-endian float32 records, `stateLayout` says
of which: POSITION_STICKS (48 bytes) is position, quaternion, throttle 0..1, yaw, pitch, roll and the clock in s;
POSITIONAL (32 bytes) is without the sticks. Checked against files of the game's versions from 1.2 on.
"""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from telemetry.files.held import PIECE_FRAMES, Held, Piece, Unreadable
from telemetry.frames import FrameArray, VelocityDeriver, empty

ROOT: Final = "LocalGhostStatesRecording"
MOST_BYTES: Final = 64 << 20  # a replay of a whole day; what is larger is something else
DRONE_ID: Final = "replay"
# Of each layout: floats a record, and the keys of what is in it.
LAYOUTS: Final = {
    "POSITION_STICKS": (12, ["Timestamp", "Position", "Attitude", "Input"]),
    "POSITIONAL": (8, ["Timestamp", "Position", "Attitude"]),
}
_WANTED: Final = {"statesByte", "stateLayout", "name", "environment"}


def read(path: Path, name: str, *, start: int) -> Held:
    """Read a replay as a race whose first frame comes at `start` (µs since 1970)."""
    if path.stat().st_size > MOST_BYTES:
        raise Unreadable(f"{name} is larger than {MOST_BYTES >> 20} MiB, which no replay is.")
    texts = _texts(path, name)
    layout = texts.get("stateLayout", "POSITION_STICKS").strip()
    if layout not in LAYOUTS:
        raise Unreadable(f"{name}: its stateLayout is {layout[:40]!r}; known are {', '.join(LAYOUTS)}.")
    width, keys = LAYOUTS[layout]
    states = _states(texts, name, width)
    return Held(
        "a Liftoff replay",
        _pieces(states, start),
        stream_format=keys,
        drone_ids={1: DRONE_ID},
        velocity_derived=True,
        name=texts.get("name", "").strip(),
        drift_map=texts.get("environment", "").strip(),
    )


def _texts(path: Path, name: str) -> dict[str, str]:
    """Give the texts of the root's own children that are wanted; nothing outside the file is ever looked at."""
    parser = expat.ParserCreate()
    open_tags: list[str] = []
    found: dict[str, list[str]] = {}

    def refuse_entities(*_: Any) -> None:
        raise Unreadable(f"{name}, line {parser.CurrentLineNumber}: a replay declares no document type.")

    def start(tag: str, _: dict[str, str]) -> None:
        if not open_tags and tag != ROOT:
            raise Unreadable(f"{name} is XML, and no replay: its root is {tag[:40]}, not {ROOT}.")
        open_tags.append(tag)

    def text(data: str) -> None:
        if len(open_tags) == 2 and open_tags[1] in _WANTED:
            found.setdefault(open_tags[1], []).append(data)

    parser.StartDoctypeDeclHandler = refuse_entities
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_tags.pop()
    parser.CharacterDataHandler = text
    parser.buffer_text = True
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        raise Unreadable(
            f"{name}, line {error.lineno}, column {error.offset + 1}: {expat.ErrorString(error.code)}."
        ) from None
    return {tag: "".join(parts) for tag, parts in found.items()}


def _states(texts: dict[str, str], name: str, width: int) -> NDArray[np.float32]:
    try:
        data = base64.b64decode("".join(texts.get("statesByte", "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(f"{name}: its statesByte is not base64.") from None
    if not data:
        raise Unreadable(f"{name} holds no states.")
    if len(data) % (4 * width):
        raise Unreadable(f"{name} is torn: its statesByte has {len(data)} bytes, not a multiple of {4 * width}.")
    states = np.frombuffer(data, "<f4").reshape(-1, width)
    bad = np.flatnonzero(~np.isfinite(states).all(axis=1))
    if len(bad):
        raise Unreadable(f"{name}, state {bad[0] + 1}: it holds a value that is no number.")
    back = np.flatnonzero(np.diff(states[:, -1]) < 0)
    if len(back):
        before, after = states[back[0] : back[0] + 2, -1].tolist()
        raise Unreadable(f"{name}, state {back[0] + 2}: its clock goes back from {before:.3f} to {after:.3f} s.")
    # Where a lap begins the game writes the last state twice.
    kept: NDArray[np.float32] = states[np.diff(states[:, -1], prepend=-np.inf) > 0]
    return kept


def _pieces(states: NDArray[np.float32], start: int) -> Iterator[Piece]:
    velocities = VelocityDeriver()
    clock = states[:, -1].astype(np.float64)
    times = start + np.rint((clock - clock[0]) * 1e6).astype(np.int64)
    for cut in range(0, len(states), PIECE_FRAMES):
        frames = _frames(states[cut : cut + PIECE_FRAMES])
        frames["time"] = times[cut : cut + len(frames)]
        frames["seq"] = np.arange(cut + 1, cut + 1 + len(frames))
        velocities.derive(frames)
        yield Piece(frames, lambda index, cut=cut: f"state {cut + index + 1}")  # type: ignore[misc]  # bound now


def _frames(states: NDArray[np.float32]) -> FrameArray:
    frames = empty(len(states))
    frames["drone"] = 1
    frames["position"], frames["attitude"], frames["flight_time"] = states[:, :3], states[:, 3:7], states[:, -1]
    if states.shape[1] == 12:
        frames["input"] = states[:, 7:11]
        frames["input"][:, 0] = 2 * states[:, 7] - 1  # ours is −1 at idle
    return frames
