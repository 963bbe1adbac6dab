"""Reads a race's journal from any position, past whatever is not whole in it."""

import json
import os
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple
from uuid import UUID
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

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
    """

    entries: NDArray[Any]
    packed: bytes
    sources: dict[int, str]
    position: Position
    stream_format: list[str] | None
    skipped: int = 0
    torn: int = 0

    @property
    def datagrams(self) -> list[bytes]:
        return split(self.packed, self.entries["length"])

    @property
    def end(self) -> Position:
        """Where the bytes that have been looked at end."""
        return Position(self.position.segment, self.position.offset + self.torn)


def read_header(path: Path) -> Header | None:
    """Give the header of a segment; None when it is torn, corrupt, or of a version that this code does not know."""
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
    said = json.loads(text)
    return Header(UUID(said["race"]), said["stream_format"], said["segment"], FILE_HEAD.size + length)


def read_segment(path: Path, offset: int, most: int, end: int | None = None) -> Chunk:
    """Give up to `most` frames of one segment from `offset` on (0: from its first block); at least one block's.

    `end` is where the segment's written part ends; without it, the file's size. FileNotFoundError when it is gone.
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
    entries, packed, sources = _frames(data, found.blocks)
    return Chunk(
        entries,
        packed,
        sources,
        position=Position(segment_number(path), offset + found.taken),
        stream_format=header.stream_format if header else None,
        skipped=found.skipped,
        torn=found.torn,
    )


def read(directory: Path, race_id: UUID, start: Position, most: int, limit: Position) -> Chunk:
    """Give up to `most` of the race's frames from `start` on, of one segment, none of them behind `limit`.

    `limit` is a writer's tail, or `tail()`. The chunk has no frames only when there are none left before `limit`.
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


@dataclass(slots=True)
class _Found:
    blocks: list[_Block]
    taken: int = 0  # bytes up to the end of the last block
    skipped: int = 0  # of them, bytes that were no blocks
    torn: int = 0  # bytes behind `taken`, when no block follows


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
    if sync != SYNC or length > MAX_PAYLOAD or end > len(view):
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


def _frames(data: bytes, blocks: list[_Block]) -> tuple[NDArray[Any], bytes, dict[int, str]]:
    view = memoryview(data)
    entries: list[memoryview] = []
    packed: list[memoryview] = []
    sources: dict[int, str] = {}
    table = b""  # of the block before: mostly the next one's too
    for block in blocks:
        at = block.start + block.frames * ENTRY.itemsize
        entries.append(view[block.start : at])
        if not table or not data.startswith(table, at):
            table = data[at : _sources(data, at, sources)]
        packed.append(view[at + len(table) : block.end])
    return np.frombuffer(b"".join(entries), ENTRY), b"".join(packed), sources


def _sources(data: bytes, at: int, sources: dict[int, str]) -> int:
    """Add the drones' addresses at `at` to `sources`; give where they end."""
    (count,) = struct.unpack_from("<H", data, at)
    at += 2
    for _ in range(count):
        drone, length = SOURCE_HEAD.unpack_from(data, at)
        at += SOURCE_HEAD.size
        sources[drone] = data[at : at + length].decode()
        at += length
    return at
