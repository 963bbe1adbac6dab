"""CSV files as telemetry.flat writes them."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

import numpy as np

from telemetry import flat
from telemetry.files.held import (
    LAST_MOMENT,
    MOST_DRONE,
    MOST_SEQ,
    PIECE_FRAMES,
    Held,
    Piece,
    Unreadable,
)
from telemetry.frames import MAX_MOTORS, FrameArray, empty
from telemetry.storage import MEASURED, values

NEEDED: Final = ("unix_time_s", "drone", "drone_id", "seq", "motor_count")
_TIME: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,6}))?")
_COUNT: Final = re.compile(r"[0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: list[str]


def read(path: Path, name: str) -> Held:
    """Read a CSV whose columns telemetry.flat names, in any order; a column of measured values may be missing."""
    held = Held("a CSV file of DRIFT", iter(()))
    held.pieces = _pieces(path, name, held)
    return held


def _pieces(path: Path, name: str, held: Held) -> Iterator[Piece]:
    carried: set[str] = set()
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = _rows(file, name)
        header = next(rows).cells
        reader = _Reader(name, header, held)
        while block := list(islice(rows, PIECE_FRAMES)):
            frames = reader.frames(block)
            carried |= {column.field for column in MEASURED if not np.isnan(values(frames, column)).all()}
            yield Piece(frames, lambda index, block=block: f"line {block[index].line}")  # type: ignore[misc]  # bound now
    held.stream_format = flat.carried_keys(carried)


def _rows(file: TextIO, name: str) -> Iterator[_Row]:
    lines = csv.reader(file, strict=True)
    try:
        for cells in lines:
            if cells:
                yield _Row(lines.line_num, cells)
    except csv.Error as error:
        raise Unreadable(f"{name}, line {lines.line_num}: {error}.") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{name} is not text behind line {lines.line_num}.") from None


class _Reader:
    """Turns rows into frames, or says which cell cannot be one."""

    def __init__(self, name: str, header: Sequence[str], held: Held) -> None:
        self._name = name
        self._held = held
        places = {column.strip(): place for place, column in enumerate(header)}
        missing = [column for column in NEEDED if column not in places]
        if missing:
            raise Unreadable(f"{name}, line 1: there is no column {', '.join(missing)}.")
        self._width = len(header)
        self._places = places
        self._floats = [(column, title) for column, title in zip(MEASURED, flat.FLOATS, strict=True) if title in places]

    def frames(self, rows: list[_Row]) -> FrameArray:
        for row in rows:
            if len(row.cells) != self._width:
                raise self._wrong(row, f"it has {len(row.cells)} cells, not {self._width}")
        frames = empty(len(rows))
        frames["time"] = [self._time(row) for row in rows]
        frames["drone"] = [self._count(row, "drone", 1, MOST_DRONE) for row in rows]
        frames["seq"] = [self._count(row, "seq", 1, MOST_SEQ) for row in rows]
        frames["motor_count"] = [self._count(row, "motor_count", 0, MAX_MOTORS) for row in rows]
        self._name_drones(rows, frames)
        for column, title in self._floats:
            place = self._places[title]
            try:
                numbers = np.array([float(row.cells[place] or "nan") for row in rows])
            except ValueError:
                raise self._no_number(rows, title) from None
            # Judged as float32: the shortest text of the largest one is above it as a double.
            with np.errstate(over="ignore"):
                floats = numbers.astype("<f4")
            if any(rows[index].cells[place] for index in np.flatnonzero(~np.isfinite(floats)).tolist()):
                raise self._no_number(rows, title)
            values(frames, column)[:] = floats
        return frames

    def _name_drones(self, rows: list[_Row], frames: FrameArray) -> None:
        place = self._places["drone_id"]
        for row, number in zip(rows, frames["drone"].tolist(), strict=True):
            if wrong := self._held.name_drone(number, row.cells[place]):
                raise self._wrong(row, wrong)

    def _time(self, row: _Row) -> int:
        text = row.cells[self._places["unix_time_s"]]
        found = _TIME.fullmatch(text)
        time = int(found[1]) * 1_000_000 + int((found[2] or "").ljust(6, "0")) if found else LAST_MOMENT + 1
        if time > LAST_MOMENT:
            raise self._wrong(row, f"unix_time_s is {text[:40]!r}, not seconds since 1970 with up to six decimals")
        return time

    def _count(self, row: _Row, title: str, least: int, most: int) -> int:
        text = row.cells[self._places[title]]
        if not _COUNT.fullmatch(text) or not least <= int(text) <= most:
            raise self._wrong(row, f"{title} is {text[:40]!r}, not a whole number from {least} to {most}")
        return int(text)

    def _no_number(self, rows: list[_Row], title: str) -> Unreadable:
        """Give the error of the first cell of a column that no float32 holds."""
        place = self._places[title]
        for row in rows:
            text = row.cells[place]
            try:
                with np.errstate(over="ignore"):
                    if not text or np.isfinite(np.float32(float(text))):
                        continue
            except ValueError:
                pass
            return self._wrong(row, f"{title} is {text[:40]!r}, not a number that a frame can hold")
        raise AssertionError("every cell is a number")

    def _wrong(self, row: _Row, what: str) -> Unreadable:
        return Unreadable(f"{self._name}, line {row.line}: {what}.")
