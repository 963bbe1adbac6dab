"""telemetry.journal and telemetry.journal_reader: what is written is read back, and what is broken is passed over."""

import os
import re
import struct
import subprocess
import sys
import textwrap
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry import journal, journal_reader
from telemetry.journal import BLOCK_FRAMES, START, JournalWriter, Position
from telemetry.journal_reader import Chunk
from tests.telemetry.recording import FULL, tick

RACE = UUID("3f2b8c1e-5d7a-4c53-9d0e-6a4f4f1d2b90")


def writer(directory: Path, *, segment_bytes: int = 1 << 26, first_segment: int = 1) -> JournalWriter:
    return JournalWriter(directory, RACE, FULL, first_segment=first_segment, segment_bytes=segment_bytes)


def write_ticks(directory: Path, ticks: int, *, segment_bytes: int = 1 << 26) -> JournalWriter:
    """Write ticks of two drones' five frames."""
    target = writer(directory, segment_bytes=segment_bytes)
    for number in range(ticks):
        tick(1 + 5 * number, 5).into(target)
    target.close()
    return target


def read_all(directory: Path, *, most: int = 1000, limit: Position | None = None) -> list[Chunk]:
    chunks: list[Chunk] = []
    position = START
    end = limit or journal_reader.tail(directory, RACE)
    while True:
        chunk = journal_reader.read(directory, RACE, position, most, end)
        chunks.append(chunk)
        if not chunk.entries.size:
            return chunks
        position = chunk.position


def seqs(chunks: list[Chunk]) -> list[int]:
    return [int(seq) for chunk in chunks for seq in chunk.entries["seq"]]


def numbered(chunks: list[Chunk]) -> list[tuple[tuple[int, int], bytes]]:
    return [
        ((int(entry["drone"]), int(entry["seq"])), datagram)
        for chunk in chunks
        for entry, datagram in zip(chunk.entries, chunk.datagrams, strict=True)
    ]


def skipped(chunks: list[Chunk]) -> int:
    return sum(chunk.skipped for chunk in chunks)


EXPECTED = [seq for seq in range(1, 101) for _ in (1, 2)]  # 20 ticks


def test_what_is_appended_is_read_back_to_the_byte(tmp_path: Path) -> None:
    target = writer(tmp_path)
    written = [tick(1, 3), tick(4, 2, drones=3)]
    for each in written:
        each.into(target)
    chunk = journal_reader.read(tmp_path, RACE, START, 1000, target.tail)
    target.close()
    assert chunk.entries["drone"].tolist() == written[0].drones + written[1].drones
    assert chunk.entries["seq"].tolist() == written[0].seqs + written[1].seqs
    assert chunk.entries["time"].tolist() == written[0].times + written[1].times
    assert chunk.datagrams == written[0].datagrams + written[1].datagrams
    assert chunk.sources == {1: "10.0.0.1", 2: "10.0.0.2", 3: "10.0.0.3"}
    assert chunk.stream_format == list(FULL)
    assert (chunk.skipped, chunk.torn, chunk.position) == (0, 0, target.tail)


def test_a_header_says_what_the_file_is(tmp_path: Path) -> None:
    write_ticks(tmp_path, 1)
    header = journal_reader.read_header(journal.segment_path(tmp_path, RACE, 1))
    assert header is not None
    assert (header.race_id, header.stream_format, header.segment) == (RACE, list(FULL), 1)


def test_the_block_in_the_protocol_page_is_what_is_written() -> None:
    page = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- example: journal block -->\n```text\n(.*?)\n```", page, re.DOTALL)
    assert found is not None
    datagram = struct.pack("<4f", 12.25, 1.5, 2.0, -3.25)
    block = journal.encode_block([2], [7], [1_767_225_600_250_000], ["192.168.1.20"], [datagram])
    assert bytes.fromhex(found[1]) == block


def test_arrays_are_appended_as_lists_are(tmp_path: Path) -> None:
    given_lists, given_arrays = writer(tmp_path / "lists"), writer(tmp_path / "arrays")
    made = tick(1, 3)
    made.into(given_lists)
    given_arrays.append(
        np.array(made.drones, "<u2"), np.array(made.seqs, "<u4"), np.array(made.times), made.sources, made.datagrams
    )
    given_lists.close()
    given_arrays.close()
    lists, arrays = (journal.segment_path(tmp_path / name, RACE, 1).read_bytes() for name in ("lists", "arrays"))
    assert lists == arrays


def test_reading_goes_on_from_any_chunk_and_takes_no_more_than_asked(tmp_path: Path) -> None:
    write_ticks(tmp_path, 20)
    chunks = read_all(tmp_path, most=25)
    assert seqs(chunks) == EXPECTED
    assert [chunk.entries.size for chunk in chunks] == [20] * 10 + [0]


def test_a_block_is_given_whole_even_when_it_is_more_than_asked(tmp_path: Path) -> None:
    write_ticks(tmp_path, 20)
    assert [chunk.entries.size for chunk in read_all(tmp_path, most=1)] == [10] * 20 + [0]


def test_a_large_append_is_cut_into_blocks(tmp_path: Path) -> None:
    target = writer(tmp_path)
    tick(1, 1250).into(target)
    target.close()
    assert [chunk.entries.size for chunk in read_all(tmp_path, most=BLOCK_FRAMES)] == [1000, 1000, 500, 0]


def test_segments_are_rotated_at_their_size_and_read_in_order(tmp_path: Path) -> None:
    write_ticks(tmp_path, 20, segment_bytes=5000)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) > 3
    assert max(sizes) <= 5000
    chunks = read_all(tmp_path)
    assert seqs(chunks) == EXPECTED
    assert skipped(chunks) == 0


def test_a_segment_s_file_comes_with_its_first_frames(tmp_path: Path) -> None:
    target = writer(tmp_path)
    assert journal.journals(tmp_path) == {}
    tick(1, 1).into(target)
    assert journal.journals(tmp_path) == {RACE: [1]}
    target.close()


def test_a_missing_directory_holds_no_journals(tmp_path: Path) -> None:
    assert journal.journals(tmp_path / "absent") == {}
    assert journal_reader.tail(tmp_path / "absent", RACE) == START


def test_removing_takes_the_race_s_segments_only(tmp_path: Path) -> None:
    write_ticks(tmp_path, 20, segment_bytes=5000)
    other = uuid4()
    kept = JournalWriter(tmp_path, other, FULL, first_segment=1, segment_bytes=5000)
    tick(1, 1).into(kept)
    kept.close()
    (tmp_path / "notes.txt").write_text("mine")
    journal.remove(tmp_path, RACE)
    assert journal.journals(tmp_path) == {other: [1]}
    assert (tmp_path / "notes.txt").exists()


def test_a_reader_stops_at_the_writer_s_tail(tmp_path: Path) -> None:
    target = writer(tmp_path)
    tick(1, 5).into(target)
    before = target.tail
    tick(6, 5).into(target)
    chunk = journal_reader.read(tmp_path, RACE, START, 1000, before)
    assert (chunk.position, chunk.entries.size) == (before, 10)
    assert journal_reader.read(tmp_path, RACE, before, 1000, target.tail).entries.size == 10
    target.close()


@pytest.mark.parametrize("cut", [1, 15, 16, 17, 100, 500])
def test_a_torn_tail_is_left_alone_and_reported(tmp_path: Path, cut: int) -> None:
    write_ticks(tmp_path, 20)
    path = journal.segment_path(tmp_path, RACE, 1)
    block = (path.stat().st_size - 100) // 20
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - cut)
    chunks = read_all(tmp_path)
    assert seqs(chunks) == EXPECTED[:190]
    assert chunks[-1].torn > block - cut - 100
    assert chunks[-1].end == journal_reader.tail(tmp_path, RACE)
    assert skipped(chunks) == 0


def test_a_tail_that_was_torn_only_because_it_was_being_written_is_read_later(tmp_path: Path) -> None:
    write_ticks(tmp_path, 2)
    path = journal.segment_path(tmp_path, RACE, 1)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    chunk = journal_reader.read(tmp_path, RACE, START, 1000, journal_reader.tail(tmp_path, RACE))
    assert chunk.entries.size == 10
    path.write_bytes(whole)
    after = journal_reader.read(tmp_path, RACE, chunk.position, 1000, journal_reader.tail(tmp_path, RACE))
    assert after.entries["seq"].tolist() == EXPECTED[10:20]


def test_a_torn_tail_before_another_segment_is_skipped_and_counted(tmp_path: Path) -> None:
    write_ticks(tmp_path, 2)
    path = journal.segment_path(tmp_path, RACE, 1)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 20)
    target = writer(tmp_path, first_segment=2)
    tick(6, 5).into(target)
    target.close()
    chunks = read_all(tmp_path)
    assert seqs(chunks) == EXPECTED[:20]
    assert skipped(chunks) > 100


def test_a_corrupt_block_in_the_middle_is_skipped_and_counted(tmp_path: Path) -> None:
    target = write_ticks(tmp_path, 20)
    path = journal.segment_path(tmp_path, RACE, 1)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.write_bytes(data)
    chunks = read_all(tmp_path)
    read = seqs(chunks)
    assert len(read) == 190
    assert set(read) < set(EXPECTED)
    assert skipped(chunks) == (target.tail.offset - chunks[0].position.offset + skipped(chunks))


def test_a_corrupt_length_does_not_swallow_what_follows(tmp_path: Path) -> None:
    write_ticks(tmp_path, 20)
    path = journal.segment_path(tmp_path, RACE, 1)
    data = bytearray(path.read_bytes())
    second = data.index(journal.SYNC, data.index(journal.SYNC) + 1)
    data[second + 4 : second + 8] = (1 << 26).to_bytes(4, "little")
    path.write_bytes(data)
    chunks = read_all(tmp_path)
    assert seqs(chunks) == EXPECTED[:10] + EXPECTED[20:]
    assert skipped(chunks) > 0


def test_a_corrupt_header_costs_no_frames(tmp_path: Path) -> None:
    write_ticks(tmp_path, 20)
    path = journal.segment_path(tmp_path, RACE, 1)
    data = bytearray(path.read_bytes())
    data[30] ^= 0xFF
    path.write_bytes(data)
    chunks = read_all(tmp_path)
    assert seqs(chunks) == EXPECTED
    assert chunks[0].stream_format is None
    assert chunks[0].skipped > 0


def test_a_missing_segment_in_the_middle_is_passed_over(tmp_path: Path) -> None:
    write_ticks(tmp_path, 20, segment_bytes=5000)
    journal.segment_path(tmp_path, RACE, 2).unlink()
    read = seqs(read_all(tmp_path))
    assert read[0] == 1
    assert read[-1] == 100
    assert len(read) < len(EXPECTED)


@pytest.mark.parametrize("size", [0, 5, 16, 40])
def test_a_file_torn_in_its_header_holds_nothing(tmp_path: Path, size: int) -> None:
    write_ticks(tmp_path, 1)
    path = journal.segment_path(tmp_path, RACE, 1)
    with path.open("r+b") as file:
        file.truncate(size)
    chunk = read_all(tmp_path)[0]
    assert (chunk.entries.size, chunk.end) == (0, Position(1, size))


DAMAGE = st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=40)), max_size=4)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    damage=st.lists(st.tuples(st.floats(0, 0.999), st.binary(min_size=1, max_size=40)), max_size=4),
    most=st.integers(1, 300),
)
def test_whatever_is_damaged_no_frame_is_invented_and_reading_ends(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[float, bytes]], most: int
) -> None:
    directory = tmp_path_factory.mktemp("journal")
    write_ticks(directory, 12, segment_bytes=6000)
    whole = {
        (int(e["drone"]), int(e["seq"])): d
        for c in read_all(directory)
        for e, d in zip(c.entries, c.datagrams, strict=True)
    }
    paths = sorted(directory.iterdir())
    for place, garbage in damage:
        path = paths[int(place * len(paths))]
        data = bytearray(path.read_bytes())
        at = int(place * len(paths) % 1 * len(data))
        data[at : at + len(garbage)] = garbage
        path.write_bytes(data)
    read = numbered(read_all(directory, most=most))
    assert len(dict(read)) == len(read)
    assert all(whole[number] == datagram for number, datagram in read)


def test_an_append_that_fails_leaves_the_file_whole_and_the_next_one_succeeds(tmp_path: Path) -> None:
    """The system's limit on file sizes stands in for a disk that fills up and is emptied again."""
    if os.name != "posix":
        pytest.skip("needs a system with RLIMIT_FSIZE")
    script = textwrap.dedent("""
        import resource, sys
        from pathlib import Path
        from tests.telemetry.test_journal import tick, writer
        directory = Path(sys.argv[1])
        target = writer(directory)
        tick(1, 5).into(target)
        size = target.tail.offset
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 200, resource.RLIM_INFINITY))
        failed = 0
        for _ in range(3):
            try:
                tick(6, 5).into(target)
            except OSError:
                failed += 1
        assert failed == 3, failed
        assert target.tail.offset == size == next(directory.iterdir()).stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        tick(6, 5).into(target)
        target.close()
    """)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()\n" + script, str(tmp_path)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    chunks = read_all(tmp_path)
    assert seqs(chunks) == EXPECTED[:20]
    assert (skipped(chunks), chunks[-1].torn) == (0, 0)


def test_syncing_takes_the_ended_segments_too_and_closing_lets_go_of_all_files(tmp_path: Path) -> None:
    target = writer(tmp_path, segment_bytes=1000)
    for number in range(4):
        tick(1 + number, 1).into(target)
        target.sync()
    tick(9, 5).into(target)
    target.sync(to_disk=False)
    target.close()
    target.sync()
    assert not [file.path for file in psutil.Process().open_files() if str(tmp_path) in file.path]
