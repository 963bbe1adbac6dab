"""Captures of a flight as CSV: one row for each datagram that the game sent, found by the names of the columns.

`t_wall` arrival, s · `t_sim` the game's clock, s · `x y z` m · `qx qy qz qw` attitude · `gx gy gz` gyro pitch, roll,
yaw in deg/s · `in1 in2 in3 in4` throttle, yaw, pitch, roll. Further columns are ignored.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, TextIO

import numpy as np
from numpy.typing import NDArray

from management.sender import Due
from telemetry.frames import FrameArray, empty
from telemetry.liftoff import StreamFormat

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
FLOAT32_MAX: Final = float(np.finfo("<f4").max)


class NotACaptureError(Exception):
    """The file is not a capture; the text says what is wrong, and on which line."""


@dataclass(frozen=True)
class Capture:
    """The datagrams of a file: `arrival` in seconds since the first (never falling), and what they held."""

    arrival: NDArray[np.float64]
    frames: FrameArray

    def schedule(self, stream: StreamFormat, speed: float, *, loop: bool) -> Iterator[Due]:
        """Give the datagrams at their own pace times `speed`, once or for ever."""
        datagrams = stream.encode(self.frames)
        times = (self.arrival / speed).tolist()
        # From the last datagram to the first of the next round, as from any to the next.
        length = times[-1] + (times[-1] / (len(times) - 1) if len(times) > 1 and times[-1] else 1.0)
        for each in count() if loop else range(1):
            for at, datagram in zip(times, datagrams, strict=True):
                yield Due(each * length + at, 0, datagram)


def read_capture(path: Path) -> Capture:
    """Read a capture; raises NotACaptureError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = np.array(list(_rows(file)))
    except OSError as error:
        raise NotACaptureError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise NotACaptureError(f"{path} is not a capture: it is not text.") from None
    except NotACaptureError as error:
        raise NotACaptureError(f"{path} is not a capture: {error}") from None
    frames = empty(len(table))
    column = 1
    for field, names in COLUMNS.items():
        values = table[:, column : column + len(names)]
        frames[field] = values[:, 0] if frames[field].ndim == 1 else values
        column += len(names)
    return Capture(arrival=table[:, 0] - table[0, 0], frames=frames)


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


def write_capture(path: Path, arrival: NDArray[np.float64], frames: FrameArray) -> None:
    """Write `frames`, arrived at those seconds, as a capture; raises OSError."""
    table = np.column_stack([arrival, *(frames[field] for field in COLUMNS)])
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(",".join(NAMES) + "\n")
        for row in table.tolist():
            file.write(f"{row[0]:.4f}," + ",".join(f"{value:.5f}" for value in row[1:]) + "\n")
