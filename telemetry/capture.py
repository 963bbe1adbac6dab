"""Captures of a flight as CSV: one row for each datagram that the game sent, found by the names of the columns.

`t_wall` arrival, s · `t_sim` the game's clock, s · `x y z` m · `qx qy qz qw` attitude · `gx gy gz` gyro pitch, roll,
yaw in deg/s · `in1 in2 in3 in4` throttle, yaw, pitch, roll. Further columns are ignored.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

import numpy as np
from numpy.typing import NDArray

from accounts.errors import Refused
from telemetry.frames import FrameArray, empty

CAPTURE_FORMAT: Final = ("Timestamp", "Position", "Attitude", "Gyro", "Input")
ARRIVAL: Final = "t_wall"
COLUMNS: Final = {
    "flight_time": ("t_sim",),
    "position": ("x", "y", "z"),
    "attitude": ("qx", "qy", "qz", "qw"),
    "gyro": ("gx", "gy", "gz"),
    "input": ("in1", "in2", "in3", "in4"),
}
NAMES: Final = (ARRIVAL, *(name for names in COLUMNS.values() for name in names))
BLOCK_ROWS: Final = 1000
FLOAT32_MAX: Final = float(np.finfo("<f4").max)


class NotACaptureError(Refused):
    """The file is not a capture; the text says what is wrong, and on which line."""


@dataclass(frozen=True)
class Capture:
    """The datagrams of a file: `arrival` in seconds since the first (never falling), and what they held."""

    arrival: NDArray[np.float64]
    frames: FrameArray


def read_capture(path: Path) -> Capture:
    """Read a capture; raises NotACaptureError."""
    blocks = list(read_blocks(path))
    return Capture(
        np.concatenate([block.arrival for block in blocks]), np.concatenate([block.frames for block in blocks])
    )


def read_blocks(path: Path, size: int = BLOCK_ROWS) -> Iterator[Capture]:
    """Read a capture in blocks of `size` rows, at least one; raises NotACaptureError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _rows(file)
            first = None
            while block := list(islice(rows, size)):
                table = np.array(block)
                first = table[0, 0] if first is None else first
                yield Capture(table[:, 0] - first, _frames(table))
    except OSError as error:
        raise NotACaptureError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise NotACaptureError(f"{path} is not a capture: it is not text.") from None
    except NotACaptureError as error:
        raise NotACaptureError(f"{path} is not a capture: {error}") from None


def _frames(table: NDArray[np.float64]) -> FrameArray:
    frames = empty(len(table))
    column = 1
    for field, names in COLUMNS.items():
        values = table[:, column : column + len(names)]
        frames[field] = values[:, 0] if frames[field].ndim == 1 else values
        column += len(names)
    return frames


def _rows(file: TextIO) -> Iterator[list[float]]:
    """Give each row's values in the order of NAMES."""
    lines = csv.reader(file)
    try:
        header = [name.strip() for name in next(lines, [])]
        missing = [name for name in NAMES if name not in header]
        if missing:
            raise NotACaptureError(f"line 1 names no column {', '.join(missing)}.")
        places = [(name, header.index(name)) for name in NAMES]
        latest = -np.inf
        for cells in lines:
            if cells:
                row = [_value(lines.line_num, name, cells[place : place + 1]) for name, place in places]
                if row[0] < latest:
                    raise NotACaptureError(f"line {lines.line_num}: {ARRIVAL} goes back from {latest} to {row[0]}.")
                latest = row[0]
                yield row
    except csv.Error as error:
        raise NotACaptureError(f"line {lines.line_num}: {error}.") from None
    if latest == -np.inf:
        raise NotACaptureError("it has no rows.")


def _value(line: int, name: str, cell: list[str]) -> float:
    if not cell:
        raise NotACaptureError(f"line {line} ends before {name}.")
    try:
        value = float(cell[0])
    except ValueError:
        raise NotACaptureError(f"line {line}: {name} is {cell[0][:40]!r}, not a number.") from None
    if not abs(value) <= FLOAT32_MAX:
        raise NotACaptureError(f"line {line}: {name} is {cell[0][:40]}, which no datagram can hold.")
    return value
