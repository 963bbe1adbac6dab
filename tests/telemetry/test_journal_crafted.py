"""telemetry.journal_reader on files from anybody: behind a right checksum may be anything."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry import journal, journal_reader
from telemetry.journal import START, Position
from telemetry.journal_reader import GARBLED, BadBlock, Chunk
from tests.telemetry.crafted import block, file_of, frame, header, payload
from tests.telemetry.recording import FULL, tick

RACE = UUID("3f2b8c1e-5d7a-4c53-9d0e-6a4f4f1d2b90")
TIME = 1_800_000_000_000_000
DATAGRAM = tick(1, 1, drones=1).datagrams[0]
SOURCES = [(1, b"10.0.0.1")]


def said(**changes: object) -> bytes:
    return json.dumps({"race": str(RACE), "stream_format": list(FULL), "segment": 1} | changes).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'"race"',
        b"null",
        b"{}",
        b"\xff\xfe\x00",
        b"[" * 65_000,
        b"1" * 5_000,
        said(race=7),
        said(race=None),
        said(race="mine"),
        said(race=[]),
        said(stream_format="Timestamp"),
        said(stream_format={"Timestamp": 1}),
        said(stream_format=["Timestamp", 7]),
        said(stream_format=None),
        said(segment="1"),
        said(segment=1.5),
        said(segment=True),
    ],
)
def test_a_header_with_the_right_checksum_that_says_nothing_is_none(tmp_path: Path, text: bytes) -> None:
    path = file_of(tmp_path, RACE, frame(), head=header(text))
    assert journal_reader.read_header(path) is None
    chunk = journal_reader.read_segment(path, 0, 10)
    assert (chunk.entries["seq"].tolist(), chunk.stream_format) == ([1], None)


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (block(b"", 1), GARBLED),
        (block(payload([(TIME, 1, 1, 97)], SOURCES, DATAGRAM), 2), GARBLED),
        (block(payload([(TIME, 1, 1, 97)], [(1, b"\xff\xfe")], DATAGRAM), 1), GARBLED),
        (block(payload([(TIME, 1, 1, 97)], SOURCES, DATAGRAM), 4_000_000_000), GARBLED),
        (block(payload([(TIME, 1, 1, 97)], SOURCES, b"")[:-4], 1), GARBLED),
        (block(payload([(TIME, 1, 1, 97)], SOURCES, DATAGRAM[:-1]), 1), "the frames' lengths are not those"),
        (block(payload([(TIME, 1, 1, 97)], SOURCES, DATAGRAM + b"!"), 1), "the frames' lengths are not those"),
        (block(payload([(TIME, 1, 2, 97)], SOURCES, DATAGRAM), 1), "a frame's drone has no address"),
        (block(payload([(TIME, 1, 1, 97)], [], DATAGRAM), 1), "a frame's drone has no address"),
        (frame(drone=40_000), "a frame's drone is out of range"),
        (frame(seq=3_000_000_000), "a frame's seq is out of range"),
        (frame(time=-1), "a frame's time is out of range"),
        (frame(time=(1 << 63) - 1), "a frame's time is out of range"),
    ],
)
def test_a_block_that_no_writer_wrote_is_told_with_its_place_and_all_before_it_is_read(
    tmp_path: Path, bad: bytes, what: str
) -> None:
    good = [frame(seq=number, source="10.0.0.9", drone=9) for number in (1, 2)]
    path = file_of(tmp_path, RACE, *good, bad, frame(seq=3))
    at = path.stat().st_size - len(bad) - len(frame(seq=3))
    first = journal_reader.read_segment(path, 0, 100)
    assert (first.entries["seq"].tolist(), first.position, first.skipped) == ([1, 2], Position(1, at), 0)
    with pytest.raises(BadBlock, match=f"the block at byte {at} is none that DRIFT wrote: {what}") as caught:
        journal_reader.read_segment(path, at, 100)
    assert caught.value.position == Position(1, at)
    read = journal_reader.read(tmp_path, RACE, START, 100, caught.value.position)
    assert read.entries["seq"].tolist() == [1, 2]


def test_bytes_between_blocks_are_counted_once_where_a_bad_one_follows(tmp_path: Path) -> None:
    bad = block(b"", 1)
    path = file_of(tmp_path, RACE, frame(), b"noise", frame(seq=2), b"more", bad)
    first = journal_reader.read_segment(path, 0, 100)
    assert (first.entries["seq"].tolist(), first.skipped, first.torn) == ([1, 2], 5, 0)
    with pytest.raises(BadBlock, match=f"byte {path.stat().st_size - len(bad)} "):
        journal_reader.read_segment(path, first.position.offset, 100)


def test_blocks_that_name_each_other_s_drones_are_read_to_the_first_without_an_end_to_the_stack(tmp_path: Path) -> None:
    count = 3_000
    blocks = [
        block(payload([(TIME, 1, number, 97)], [(number - 1, b"%d" % number)], DATAGRAM), 1)
        for number in range(1, count)
    ]
    path = file_of(tmp_path, RACE, *blocks)
    with pytest.raises(BadBlock, match="no address"):
        journal_reader.read_segment(path, 0, count)


def test_a_block_without_frames_hides_none_of_those_behind_it(tmp_path: Path) -> None:
    empty = block(payload([], SOURCES, b""), 0)
    path = file_of(tmp_path, RACE, frame(), empty, frame(seq=2))
    chunk = journal_reader.read_segment(path, 0, 100)
    assert (chunk.entries["seq"].tolist(), chunk.skipped) == ([1, 2], len(empty))


def test_a_drone_that_is_given_another_address_keeps_its_first_and_is_told_of(tmp_path: Path) -> None:
    path = file_of(tmp_path, RACE, frame(source="me"), frame(seq=2, source="you"))
    chunk = journal_reader.read_segment(path, 0, 100)
    assert (chunk.sources, chunk.renamed) == ({1: "me"}, ((1, "you"),))


@pytest.mark.parametrize(
    "name",
    [
        "------------------------------------.000001.journal",
        "3f2b8c1e5d7a4c539d0e6a4f4f1d2b90----.000001.journal",
        f"{RACE}.0000001.journal",
        f"{RACE}.9999999999.journal",
        f"{RACE}.٠٠٠٠٠١.journal",
        "------------------------------------.deleted",
    ],
)
def test_files_with_names_that_no_writer_gives_are_no_journals(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    assert journal.journals(tmp_path) == {}
    assert journal.segments(tmp_path, RACE) == []
    assert journal.marked_deleted(tmp_path) == []


NUMBERS = st.one_of(st.integers(0, 3), st.integers(0, 2**16 - 1))
ENTRIES = st.tuples(
    st.one_of(st.just(TIME), st.integers(-(2**63), 2**63 - 1)),
    st.one_of(st.integers(0, 3), st.integers(0, 2**32 - 1)),
    NUMBERS,
    st.one_of(st.sampled_from([0, 97, 4]), NUMBERS),
)
PAYLOADS = st.one_of(
    st.binary(max_size=300),
    st.builds(
        payload,
        st.lists(ENTRIES, max_size=4),
        st.lists(st.tuples(NUMBERS, st.binary(max_size=80)), max_size=4),
        st.one_of(st.binary(max_size=200), st.integers(0, 4).map(lambda count: DATAGRAM * count)),
    ),
)
BLOCKS = st.one_of(
    st.builds(block, PAYLOADS, st.one_of(st.integers(0, 5), st.integers(0, 2**32 - 1))),
    st.builds(frame, drone=st.integers(1, 3), seq=st.integers(1, 9)),
    st.binary(max_size=40),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["race", "segment"]), inner),
    max_leaves=4,
)
TEXTS = st.one_of(
    st.binary(max_size=100),
    st.builds(said, race=JSON),
    st.builds(said, stream_format=JSON),
    st.builds(said, segment=JSON),
    JSON.map(lambda values: json.dumps(values).encode()),
    st.just(said()),
)


def read_all(path: Path, most: int) -> list[Chunk]:
    chunks: list[Chunk] = []
    while not chunks or chunks[-1].entries.size:
        chunks.append(journal_reader.read_segment(path, chunks[-1].position.offset if chunks else 0, most))
    return chunks


@settings(max_examples=300, deadline=None)
@given(text=TEXTS, blocks=st.lists(BLOCKS, max_size=6), most=st.integers(1, 10))
def test_whatever_is_behind_right_checksums_it_is_read_or_refused_with_its_place(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, blocks: list[bytes], most: int
) -> None:
    path = file_of(tmp_path_factory.mktemp("journal"), RACE, *blocks, head=header(text))
    read = journal_reader.read_header(path)
    assert read is None or all(isinstance(key, str) for key in read.stream_format)
    try:
        chunks = read_all(path, most)
    except BadBlock as error:
        chunks = [journal_reader.read(path.parent, RACE, START, 100, error.position)]
    for chunk in chunks:
        assert {*chunk.entries["drone"].tolist()} <= {*chunk.sources}
        assert [len(datagram) for datagram in chunk.datagrams] == chunk.entries["length"].tolist()
