"""A race's journal: the append-only file in which a frame is accepted before anybody sees it.

One file is a segment, named `<race id>.<segment>.journal`. It starts with a header (magic, version, race, stream
format, segment number); then come blocks, one a tick. A block is a sync word, its payload's length, the number of
its frames and a CRC-32 of all that; its payload holds the frames' drones, numbers and times, the drones' source
addresses, and the datagrams as they came. docs/protocol.md describes every byte. All numbers are little-endian.

A block stands for itself: a reader that meets bytes which are none goes on at the next one. What is behind the last
whole block is a torn tail: the writer was killed, or is still writing.
"""

import contextlib
import json
import logging
import os
import re
import struct
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

Numbers = Sequence[int] | NDArray[Any]

MAGIC: Final = b"DRIFTJNL"
VERSION: Final = 1
SYNC: Final = b"\xd1JB\n"
FILE_HEAD: Final = struct.Struct("<8sHHI")  # magic, version, length of the JSON text behind, its CRC-32
BLOCK_HEAD: Final = struct.Struct("<4sIII")  # sync word, payload length, frames, CRC-32 of the three and the payload
SOURCE_HEAD: Final = struct.Struct("<HB")  # drone, length of its address
ENTRY: Final = np.dtype([("time", "<i8"), ("seq", "<u4"), ("drone", "<u2"), ("length", "<u2")])

BLOCK_FRAMES: Final = 1000  # the most in one block, so that no batch for the database has to be larger

# As segment_path writes it; longer numbers would not fit the database's column.
_RACE: Final = r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
NAME: Final = re.compile(_RACE + r"\.([0-9]{6}|[1-9][0-9]{6,8})\.journal")
_MARK: Final = re.compile(_RACE + r"\.deleted")


class Position(NamedTuple):
    """A place in a race's journal: the next unread byte of a segment."""

    segment: int
    offset: int


START: Final = Position(0, 0)


def segment_path(directory: Path, race_id: UUID, segment: int) -> Path:
    return directory / f"{race_id}.{segment:06}.journal"


def segment_number(path: Path) -> int:
    """Give the number in a segment's name; 0 for a file that has been renamed."""
    match = NAME.fullmatch(path.name)
    return int(match[2]) if match else 0


def journals(directory: Path) -> dict[UUID, list[int]]:
    """Give the races that have a journal in `directory`, each with its segments' numbers in order."""
    found: dict[UUID, list[int]] = {}
    if directory.is_dir():
        for path in directory.iterdir():
            if match := NAME.fullmatch(path.name):
                found.setdefault(UUID(match[1]), []).append(int(match[2]))
    return {race_id: sorted(segments) for race_id, segments in found.items()}


def segments(directory: Path, race_id: UUID) -> list[int]:
    """Give the numbers of the race's segments in order."""
    names = (NAME.fullmatch(path.name) for path in directory.glob(f"{race_id}.*.journal"))
    return sorted(int(match[2]) for match in names if match)


def remove(directory: Path, race_id: UUID, *, is_deleted: bool = False) -> None:
    """Delete all segments of a race, oldest first; one that is gone already is no error.

    OSError leaves the rest: Windows deletes no file that is open, be it by the thread that syncs it or a virus scanner.
    That the race itself `is_deleted` is noted beside them then, since the database does not know later.
    """
    mark = directory / f"{race_id}.deleted"
    try:
        for segment in segments(directory, race_id):
            segment_path(directory, race_id, segment).unlink(missing_ok=True)
    except OSError:
        if is_deleted:
            with contextlib.suppress(OSError):
                mark.touch()
        raise
    if mark.exists():
        mark.unlink(missing_ok=True)


def marked_deleted(directory: Path) -> list[UUID]:
    """Give the races whose journals are only still there because they could not be removed."""
    return [UUID(match[1]) for path in directory.glob("*.deleted") if (match := _MARK.fullmatch(path.name))]


def encode_header(race_id: UUID, stream_format: Sequence[str], segment: int) -> bytes:
    text = json.dumps({"race": str(race_id), "stream_format": list(stream_format), "segment": segment}).encode()
    return FILE_HEAD.pack(MAGIC, VERSION, len(text), zlib.crc32(text)) + text


def encode_block(
    drones: Numbers, seqs: Numbers, times: Numbers, sources: Sequence[str], datagrams: Sequence[bytes]
) -> bytes:
    """Give one block of at most BLOCK_FRAMES frames; the sequences are of one length, times in µs since 1970."""
    entries = np.empty(len(datagrams), ENTRY)
    entries["time"] = times
    entries["seq"] = seqs
    entries["drone"] = drones
    entries["length"] = [len(datagram) for datagram in datagrams]
    named = dict(zip(map(int, drones), sources, strict=True))
    parts = [entries.tobytes(), struct.pack("<H", len(named))]
    for drone, source in named.items():
        address = source.encode()
        parts += (SOURCE_HEAD.pack(drone, len(address)), address)
    parts += datagrams
    payload = b"".join(parts)
    head = struct.pack("<4sII", SYNC, len(payload), len(entries))
    return b"".join((head, struct.pack("<I", zlib.crc32(payload, zlib.crc32(head))), payload))


class JournalWriter:
    """Appends a race's frames. One thread appends; another may call `sync`.

    `tail` is the end of what has been written whole: a reader in this process that stops there meets no half block.
    A segment's file is made when its first frames come.
    """

    def __init__(
        self, directory: Path, race_id: UUID, stream_format: Sequence[str], *, first_segment: int, segment_bytes: int
    ) -> None:
        self.tail = Position(first_segment, 0)
        self._directory = directory
        self._race_id = race_id
        self._stream_format = list(stream_format)
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()  # held for moments only: never while a disk is waited for
        self._file: int | None = None
        self._unsynced = False
        self._named = True  # the directory knows all files, even after a loss of power
        self._retired: list[int] = []  # files of ended segments that are still to be synced and closed

    def append(
        self,
        drones: Numbers,
        seqs: Numbers,
        times: Numbers,
        sources: Sequence[str],
        datagrams: Sequence[bytes],
    ) -> None:
        """Write the frames behind the others, in one write; OSError means that none of them is in the journal."""
        data = b"".join(
            encode_block(drones[part], seqs[part], times[part], sources[part], datagrams[part])
            for part in (slice(at, at + BLOCK_FRAMES) for at in range(0, len(datagrams), BLOCK_FRAMES))
        )
        with self._lock:
            if self._file is None:
                file = self._begin_segment(self.tail.segment)
            elif self.tail.offset + len(data) > self._segment_bytes:
                file = self._begin_segment(self.tail.segment + 1)
            else:
                file = self._file
            self._write(file, data)

    def _begin_segment(self, segment: int) -> int:
        self._directory.mkdir(parents=True, exist_ok=True)
        path = segment_path(self._directory, self._race_id, segment)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        file = os.open(path, flags, 0o640)
        header = encode_header(self._race_id, self._stream_format, segment)
        try:
            _write_whole(file, header)
        except OSError:
            os.close(file)
            path.unlink()
            raise
        self._retire()
        self._file = file
        self._named = False
        self.tail = Position(segment, len(header))
        return file

    def _write(self, file: int, data: bytes) -> None:
        try:
            _write_whole(file, data)
        except OSError:
            try:
                os.ftruncate(file, self.tail.offset)
            except OSError as error:
                # The half block stays; readers pass over it, as what follows goes to another segment.
                logger.warning("A half-written block stays in the journal of race %s: %s", self._race_id, error)
                self._retire()
                self.tail = Position(self.tail.segment + 1, 0)
            raise
        self.tail = Position(self.tail.segment, self.tail.offset + len(data))
        self._unsynced = True

    def _retire(self) -> None:
        if self._file is not None:
            self._retired.append(self._file)
            self._file = None

    def sync(self, *, to_disk: bool = True) -> None:
        """Wait until what has been written is on the disk. OSError means that it may never get there.

        Not `to_disk`: only let go of the files of ended segments.
        """
        with self._lock:
            # First what may fail: nothing has been forgotten then. A copy, so that it cannot be closed, and its number
            # reused, meanwhile.
            current = [os.dup(self._file)] if to_disk and self._unsynced and self._file is not None else []
            files, self._retired = [*self._retired, *current], []
            names_synced = not to_disk or self._named
            if to_disk:
                self._unsynced, self._named = False, True
        try:
            for file in files if to_disk else ():
                getattr(os, "fdatasync", os.fsync)(file)
            if not names_synced:
                _sync_directory(self._directory)
                names_synced = True
        finally:
            for file in files:
                os.close(file)
            if not names_synced:
                with self._lock:
                    self._named = False

    def close(self) -> None:
        """Let go of the files; the caller syncs before, if that matters."""
        with self._lock:
            self._retire()
            for file in self._retired:
                os.close(file)
            self._retired = []


def _write_whole(file: int, data: bytes) -> None:
    done = os.write(file, data)
    while done < len(data):  # a disk that fills up takes a part first, and says so the second time
        done += os.write(file, data[done:])


def _sync_directory(directory: Path) -> None:
    """Make the names of new files last through a loss of power, where a system has a way to ask for that."""
    if os.name != "posix":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
