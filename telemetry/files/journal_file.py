"""A race's journal (telemetry.journal): one file, or all of a race's that are beside it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from accounts.errors import Refused
from telemetry import journal, journal_reader
from telemetry.files.held import PIECE_FRAMES, Held, Piece, Unreadable
from telemetry.frames import VelocityDeriver
from telemetry.journal_reader import BadBlock, Chunk
from telemetry.liftoff import StreamFormat, compile_format


def read(path: Path, name: str) -> Held:
    """Read the journal that `path` belongs to, from its first file to its last."""
    paths = _segments(path, name)
    stream = _stream(paths[0])
    held = Held(
        "a journal",
        iter(()),
        stream_format=list(stream.keys),
        velocity_derived=stream.derives_velocity,
        byte_count=0,
    )
    held.pieces = _pieces(paths, stream, held)
    return held


def _segments(path: Path, name: str) -> list[Path]:
    """Give the files of the same journal in order; one that has been renamed stands for itself."""
    match = journal.NAME.fullmatch(path.name)
    if match is None:
        return [path]
    directory = path.parent
    ours = sorted(
        (int(found[2]), other)
        for other in directory.iterdir()
        if (found := journal.NAME.fullmatch(other.name)) and found[1] == match[1]
    )
    for expected, (number, _) in enumerate(ours, ours[0][0]):
        if number != expected:
            missing = journal.segment_path(directory, UUID(match[1]), expected)
            raise Unreadable(f"{name} is a part of a journal, and {missing.name} is missing beside it.")
    return [other for _, other in ours]


def _stream(path: Path) -> StreamFormat:
    header = journal_reader.read_header(path)
    if header is None:
        raise Unreadable(f"{path.name}: its header is damaged, or of a later version.")
    try:
        return compile_format(header.stream_format)
    except Refused as error:
        raise Unreadable(f"{path.name}: {error.detail}") from None


def _pieces(paths: list[Path], stream: StreamFormat, held: Held) -> Iterator[Piece]:
    velocities = VelocityDeriver()
    for path in paths:
        if _stream(path).keys != stream.keys:
            raise Unreadable(f"{path.name}: its stream format is not that of {paths[0].name}.")
        offset = 0
        while True:
            chunk = _chunk(path, offset)
            if not chunk.entries.size:
                break
            yield _piece(path, chunk, stream, velocities, held)
            offset = chunk.position.offset


def _chunk(path: Path, offset: int) -> Chunk:
    try:
        chunk = journal_reader.read_segment(path, offset, PIECE_FRAMES)
    except BadBlock as error:
        raise Unreadable(f"{path.name}: {error}.") from None
    _need_whole(path, chunk)
    return chunk


def _need_whole(path: Path, chunk: Chunk) -> None:
    if chunk.skipped:
        raise Unreadable(
            f"{path.name} is damaged before byte {chunk.position.offset}: {chunk.skipped} bytes are no frames."
        )
    if chunk.torn and not chunk.entries.size:
        raise Unreadable(
            f"{path.name} is torn: behind byte {chunk.position.offset} of {chunk.end.offset} it ends in the middle of a"
            " write."
        )


def _piece(path: Path, chunk: Chunk, stream: StreamFormat, velocities: VelocityDeriver, held: Held) -> Piece:
    decoded = stream.decode_packed(chunk.packed, chunk.entries["length"])
    where = f"before byte {chunk.position.offset}"
    if decoded.refused:
        raise Unreadable(f"{path.name}, {where}: a datagram is no frame ({decoded.refused[0][1]}).")
    frames = decoded.frames
    for field in ("time", "drone", "seq"):
        frames[field] = chunk.entries[field]
    if stream.derives_velocity:
        velocities.derive(frames)
    for number, drone_id in (*chunk.sources.items(), *chunk.renamed):
        if wrong := held.name_drone(number, drone_id):
            raise Unreadable(f"{path.name}, {where}: {wrong}.")
    held.byte_count = (held.byte_count or 0) + int(chunk.entries["length"].sum())
    return Piece(frames, lambda _: where)
