"""Journals that no writer wrote, with right checksums all the same."""

import struct
import zlib
from pathlib import Path
from uuid import UUID

from telemetry.journal import ENTRY, FILE_HEAD, MAGIC, SOURCE_HEAD, SYNC, VERSION, encode_block, encode_header
from telemetry.journal import segment_path as path_of
from tests.telemetry.recording import FULL, tick


def header(text: bytes) -> bytes:
    return FILE_HEAD.pack(MAGIC, VERSION, len(text), zlib.crc32(text)) + text


def block(payload: bytes, frames: int) -> bytes:
    head = struct.pack("<4sII", SYNC, len(payload), frames)
    return head + struct.pack("<I", zlib.crc32(payload, zlib.crc32(head))) + payload


def payload(entries: list[tuple[int, int, int, int]], sources: list[tuple[int, bytes]], datagrams: bytes) -> bytes:
    """Give a block's payload; `entries` are time, seq, drone and the datagram's length."""
    told = b"".join(SOURCE_HEAD.pack(drone, len(address)) + address for drone, address in sources)
    packed = b"".join(struct.pack("<qIHH", *entry) for entry in entries)
    assert len(packed) == len(entries) * ENTRY.itemsize
    return packed + struct.pack("<H", len(sources)) + told + datagrams


def frame(drone: int = 1, seq: int = 1, time: int = 1_800_000_000_000_000, source: str = "10.0.0.1") -> bytes:
    """Give a block of one frame."""
    return encode_block([drone], [seq], [time], [source], tick(1, 1, drones=1).datagrams)


def file_of(directory: Path, race_id: UUID, *blocks: bytes, head: bytes | None = None) -> Path:
    """Write a journal of one segment; a race's own unless `head` says otherwise."""
    path = path_of(directory, race_id, 1)
    directory.mkdir(parents=True, exist_ok=True)
    path.write_bytes((encode_header(race_id, FULL, 1) if head is None else head) + b"".join(blocks))
    return path
