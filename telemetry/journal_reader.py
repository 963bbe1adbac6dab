"""Reads a race's journal from any position, past whatever is not whole in it.

A file may come from anybody (`manage.py import_race`), so a right checksum says nothing of what is behind it: BadBlock
is what comes out of a block that no writer wrote.
"""

import json
import os
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple
from uuid import UUID
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from telemetry.files.held import LAST_MOMENT, MOST_DRONE, MOST_SEQ
from telemetry.journal import (
    BLOCK_HEAD,
    ENTRY,
    FILE_HEAD,
    MAGIC,
    SOURCE_HEAD,
    START,
    SYNC,
    VERSION,
    Position,
    segment_number,
    segment_path,
    segments,
)
from telemetry.liftoff import split

MAX_PAYLOAD: Final = 1 << 27  # a length above this is not one that a writer wrote
READ_PER_FRAME: Final = 192  # bytes: about what a frame of the largest format takes in a block

COUNTED_AT_ONCE: Final = 5000  # frames


class BadBlock(Exception):
    """A block whose checksum is right is none that a writer wrote; the text says where, and what is wrong with it.

    `position` is where it starts: all before it in the journal can be read.
    """

    def __init__(self, position: Position, what: str) -> None:
        super().__init__(f"the block at byte {position.offset} is none that DRIFT wrote: {what}")
        self.position = position


@dataclass(frozen=True, slots=True)
class Header:
    """What a segment says of itself; `length` is where its first block starts."""

    race_id: UUID
    stream_format: list[str]
    segment: int
    length: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some whole blocks of one segment.

    `entries` is an array of ENTRY, `packed` their datagrams, one after the other, `sources` the address of each drone
    among them; `position` is behind them. `stream_format` is None when the segment's header cannot be read. `skipped`
    counts the bytes before `position` that were no blocks, `torn` those behind it up to the end of what could be read.
    `renamed` are drones with other addresses than in `sources`, which no writer gives them.
    """

    entries: NDArray[Any]
    packed: bytes
    sources: dict[int, str]
    position: Position
    stream_format: list[str] | None
    skipped: int = 0
    torn: int = 0
    renamed: tuple[tuple[int, str], ...] = ()

    @property
    def datagrams(self) -> list[bytes]:
        return split(self.packed, self.entries["length"])

    @property
    def end(self) -> Position:
        """Where the bytes that have been looked at end."""
        return Position(self.position.segment, self.position.offset + self.torn)


def read_header(path: Path) -> Header | None:
    """Give the header of a segment; None when it is torn, corrupt, or of a version that this code does not know.

    Whether its stream format is one, telemetry.liftoff.compile_format says.
    """
    with path.open("rb") as file:
        return _header(file)


def _header(file: BinaryIO) -> Header | None:
    head = file.read(FILE_HEAD.size)
    if len(head) < FILE_HEAD.size:
        return None
    magic, version, length, checksum = FILE_HEAD.unpack(head)
    text = file.read(length)
    if magic != MAGIC or version != VERSION or len(text) < length or crc32(text) != checksum:
        return None
    try:
        said = json.loads(text)
        race_id, keys, segment = UUID(said["race"]), said["stream_format"], said["segment"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    is_one = isinstance(keys, list) and all(isinstance(key, str) for key in keys) and type(segment) is int
    return Header(race_id, keys, segment, FILE_HEAD.size + length) if is_one else None


def read_segment(path: Path, offset: int, most: int, end: int | None = None) -> Chunk:
    """Give up to `most` frames of one segment from `offset` on (0: from its first block); at least one block's.

    `end` is where the segment's written part ends; without it, the file's size. FileNotFoundError when it is gone,
    BadBlock for a block that no writer wrote.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size if end is None else end
        header = _header(file)
        # Without a header the search for the first block starts at the file's first byte.
        offset = max(offset, min(header.length, size) if header else 0)
        file.seek(offset)
        rest = max(size - offset, 0)
        data = file.read(min(rest, most * READ_PER_FRAME))
        found = _scan(data, most, whole=len(data) == rest)
        if not found.blocks and len(data) < rest:
            # A block longer than what was read, or bytes that are none: the rest of the segment decides.
            data += file.read(rest - len(data))
            found = _scan(data, most, whole=True)
    return _chunk(data, found, Position(segment_number(path), offset), header.stream_format if header else None)


def _chunk(data: bytes, found: "_Found", start: Position, stream_format: list[str] | None) -> Chunk:
    told = _Told()
    try:
        entries, packed = _frames(data, found.blocks, told)
    except _Bad as error:
        if not error.block:
            at = start.offset + found.blocks[0].at
            raise BadBlock(Position(start.segment, at), str(error)) from None
        # What is before it is as good as ever, and so much the nearer to it is the next call.
        return _chunk(data, found.before(error.block), start, stream_format)
    return Chunk(
        entries,
        packed,
        told.sources,
        position=Position(start.segment, start.offset + found.taken),
        stream_format=stream_format,
        skipped=found.skipped,
        torn=found.torn,
        renamed=tuple(told.renamed),
    )


def read(directory: Path, race_id: UUID, start: Position, most: int, limit: Position) -> Chunk:
    """Give up to `most` of the race's frames from `start` on, of one segment, none of them behind `limit`.

    `limit` is a writer's tail, or `tail()`. The chunk has no frames only when there are none left before `limit`.
    BadBlock for a block that no writer wrote.
    """
    skipped = 0
    numbers = [start.segment] if start.segment == limit.segment else segments(directory, race_id)
    for number in numbers:
        is_last = number == limit.segment
        if not start.segment <= number <= limit.segment or (is_last and not limit.offset):
            continue
        offset = start.offset if number == start.segment else 0
        try:
            chunk = read_segment(
                segment_path(directory, race_id, number), offset, most, end=limit.offset if is_last else None
            )
        except FileNotFoundError:
            continue
        if is_last:
            return replace(chunk, skipped=chunk.skipped + skipped)
        if chunk.entries.size:
            return replace(chunk, skipped=chunk.skipped + skipped, torn=0)  # its end is skipped by the next call
        skipped += chunk.skipped + chunk.torn
    return Chunk(np.empty(0, ENTRY), b"", {}, max(start, limit), None, skipped)


def count(directory: Path, race_id: UUID, start: Position, end: Position) -> int:
    """Give the number of frames between two positions."""
    frames = 0
    while (chunk := read(directory, race_id, start, COUNTED_AT_ONCE, end)).entries.size:
        frames += chunk.entries.size
        start = chunk.position
    return frames


def tail(directory: Path, race_id: UUID) -> Position:
    """Give the end of a race's journal as its files stand; START when it has none."""
    for number in reversed(segments(directory, race_id)):
        try:
            return Position(number, segment_path(directory, race_id, number).stat().st_size)
        except FileNotFoundError:
            continue
    return START


class _Block(NamedTuple):
    frames: int
    start: int  # of the payload
    end: int

    @property
    def at(self) -> int:
        """Where its head starts."""
        return self.start - BLOCK_HEAD.size


@dataclass(slots=True)
class _Found:
    blocks: list[_Block]
    taken: int = 0  # bytes up to the end of the last block
    skipped: int = 0  # of them, bytes that were no blocks
    torn: int = 0  # bytes behind `taken`, when no block follows

    def before(self, block: int) -> "_Found":
        """Give what was found before a block other than the first."""
        blocks = self.blocks[:block]
        return _Found(blocks, blocks[-1].end, blocks[-1].end - sum(each.end - each.at for each in blocks))


def _scan(data: bytes, most: int, *, whole: bool) -> _Found:
    """Find the blocks of `data`; not `whole`: what is none may go on behind it, so it is left to the next call."""
    found = _Found([])
    view = memoryview(data)
    frames = at = 0
    while at < len(data):
        block = _block_at(view, at)
        if block is None:
            if not whole:
                return found
            at = _next_block(data, at + 1)
            continue
        if found.blocks and frames + block.frames > most:
            return found
        frames += block.frames
        found.blocks.append(block)
        found.skipped += at - found.taken
        at = found.taken = block.end
    found.torn = len(data) - found.taken
    return found


def _block_at(view: memoryview, at: int) -> _Block | None:
    start = at + BLOCK_HEAD.size
    if start > len(view):
        return None
    sync, length, frames, checksum = BLOCK_HEAD.unpack_from(view, at)
    end = start + length
    # A block without frames would end the reading of those behind it.
    if sync != SYNC or not frames or length > MAX_PAYLOAD or end > len(view):
        return None
    if crc32(view[start:end], crc32(view[at : start - 4])) != checksum:
        return None
    return _Block(frames, start, end)


def _next_block(data: bytes, at: int) -> int:
    """Give where the next whole block starts at or behind `at`; the length of `data` when there is none."""
    view = memoryview(data)
    while (at := data.find(SYNC, at)) >= 0:
        if _block_at(view, at) is not None:
            return at
        at += 1
    return len(data)


GARBLED: Final = "its frames and the addresses of its drones cannot be read"


class _Bad(Exception):
    """A block, by its number among those that were found, is none that a writer wrote; the text says why."""

    def __init__(self, block: int, what: str) -> None:
        super().__init__(what)
        self.block = block


@dataclass(slots=True)
class _Told:
    """The drones' addresses as blocks tell them, since which block, and those that are others than before."""

    sources: dict[int, str] = field(default_factory=dict)
    since: dict[int, int] = field(default_factory=dict)
    renamed: list[tuple[int, str]] = field(default_factory=list)


def _frames(data: bytes, blocks: list[_Block], told: _Told) -> tuple[NDArray[Any], bytes]:
    """Give the entries and the datagrams of `blocks`; raises _Bad."""
    view = memoryview(data)
    parts: list[memoryview] = []
    packed: list[memoryview] = []
    table = b""  # of the block before: mostly the next one's too
    for number, block in enumerate(blocks):
        at = block.start + block.frames * ENTRY.itemsize
        parts.append(view[block.start : at])
        if not table or not data.startswith(table, at):
            try:
                table = data[at : _sources(data, at, told, number)]
            except (struct.error, UnicodeDecodeError):
                raise _Bad(number, GARBLED) from None
        if at + len(table) > block.end:
            raise _Bad(number, GARBLED)
        packed.append(view[at + len(table) : block.end])
    entries = np.frombuffer(b"".join(parts), ENTRY)
    if blocks:
        _check(entries, blocks, [len(part) for part in packed], told)
    return entries, b"".join(packed)


def _check(entries: NDArray[Any], blocks: list[_Block], sizes: list[int], told: _Told) -> None:
    """Raise _Bad for the first block whose datagrams have another length than it says, or whose numbers none has."""
    frames = [block.frames for block in blocks]
    of_block = np.repeat(np.arange(len(blocks)), frames)
    said = np.add.reduceat(entries["length"], np.cumsum([0, *frames[:-1]]), dtype=np.int64)
    named_in = np.full(1 << 16, len(blocks))
    named_in[list(told.since)] = list(told.since.values())
    checks = {
        "the frames' lengths are not those of its datagrams": (said == sizes)[of_block],
        "a frame's drone has no address": named_in[entries["drone"]] <= of_block,
        **{
            f"a frame's {column} is out of range": (entries[column] >= 0) & (entries[column] <= most)
            for column, most in (("drone", MOST_DRONE), ("seq", MOST_SEQ), ("time", LAST_MOMENT))
        },
    }
    bad = [(int(of_block[met.argmin()]), what) for what, met in checks.items() if not met.all()]
    if bad:
        raise _Bad(*min(bad))


def _sources(data: bytes, at: int, told: _Told, block: int) -> int:
    """Take the drones' addresses at `at`; give where they end. Raises struct.error and UnicodeDecodeError."""
    (count,) = struct.unpack_from("<H", data, at)
    at += 2
    for _ in range(count):
        drone, length = SOURCE_HEAD.unpack_from(data, at)
        at += SOURCE_HEAD.size
        address = data[at : at + length].decode()
        told.since.setdefault(drone, block)
        if told.sources.setdefault(drone, address) != address:
            told.renamed.append((drone, address))
        at += length
    return at
