"""Captures of flights (telemetry.capture) for the console: sent again at their own pace, and written."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from management.sender import Due
from telemetry.capture import COLUMNS, NAMES, Capture
from telemetry.frames import FrameArray
from telemetry.liftoff import StreamFormat


def schedule(capture: Capture, stream: StreamFormat, speed: float, *, loop: bool) -> Iterator[Due]:
    """Give a capture's datagrams at their own pace times `speed`, once or for ever."""
    datagrams = stream.encode(capture.frames)
    times = (capture.arrival / speed).tolist()
    # From the last datagram to the first of the next round, as from any to the next.
    length = times[-1] + (times[-1] / (len(times) - 1) if len(times) > 1 and times[-1] else 1.0)
    for each in count() if loop else range(1):
        for at, datagram in zip(times, datagrams, strict=True):
            yield Due(each * length + at, 0, datagram)


def write_capture(path: Path, arrival: NDArray[np.float64], frames: FrameArray) -> None:
    """Write `frames`, arrived at those seconds, as a capture; raises OSError."""
    table = np.column_stack([arrival, *(frames[field] for field in COLUMNS)])
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(",".join(NAMES) + "\n")
        for row in table.tolist():
            file.write(f"{row[0]:.4f}," + ",".join(f"{value:.5f}" for value in row[1:]) + "\n")
