"""Captures (telemetry.capture): one drone, and no date; the frames are given the times of a flight that starts now."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from telemetry.capture import CAPTURE_FORMAT, NotACaptureError, read_blocks
from telemetry.files.held import PIECE_FRAMES, Held, Piece, Unreadable
from telemetry.frames import VelocityDeriver

DRONE_ID: Final = "capture"


def read(path: Path, name: str, *, start: int) -> Held:
    """Read a capture as a race whose first frame comes at `start` (µs since 1970)."""
    return Held(
        "a capture",
        _pieces(path, name, start),
        stream_format=list(CAPTURE_FORMAT),
        drone_ids={1: DRONE_ID},
        velocity_derived=True,
    )


def _pieces(path: Path, name: str, start: int) -> Iterator[Piece]:
    velocities = VelocityDeriver()
    last_time, seq = start - 1, 0
    try:
        for block in read_blocks(path, PIECE_FRAMES):
            frames = block.frames
            arrived = start + np.rint(block.arrival * 1e6).astype(np.int64)
            # A burst arrives at one moment: each frame is at least 1 µs behind the one before.
            steps = np.arange(len(frames))
            frames["time"] = np.maximum(np.maximum.accumulate(arrived - steps), last_time + 1) + steps
            frames["drone"] = 1
            frames["seq"] = np.arange(seq + 1, seq + 1 + len(frames))
            velocities.derive(frames)
            last_time, seq, before = int(frames["time"][-1]), seq + len(frames), seq
            yield Piece(frames, lambda index, before=before: f"row {before + index + 1}")  # type: ignore[misc]  # bound now
    except NotACaptureError as error:
        raise Unreadable(error.detail.replace(str(path), name)) from None
