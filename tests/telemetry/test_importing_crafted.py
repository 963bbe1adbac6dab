"""Journals from anybody, with right checksums: they come in whole, or are refused with a line that says where."""

import json
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from races import services
from races.models import Drone, Race
from telemetry.files.held import Unreadable
from telemetry.frames import FrameArray, empty
from telemetry.importing import import_file
from telemetry.models import TelemetryFrame
from telemetry.reading import frames_of
from tests.telemetry.builders import START
from tests.telemetry.crafted import block, frame, header
from tests.telemetry.recording import FULL

pytestmark = pytest.mark.django_db(transaction=True)

RACE_ID = UUID("3f2b8c1e-5d7a-4c53-9d0e-6a4f4f1d2b90")


def whole(race: Race) -> FrameArray:
    return np.concatenate([empty(0), *frames_of(race.pk)])


def nothing_is_left() -> bool:
    return not Race.objects.exists() and not TelemetryFrame.objects.exists() and not Drone.objects.exists()


def headed(**changes: object) -> bytes:
    return header(json.dumps({"race": str(RACE_ID), "stream_format": list(FULL), "segment": 0} | changes).encode())


GOOD = frame()
LATER = 1_900_000_000_000_000


@pytest.mark.parametrize(
    ("head", "blocks", "complaint"),
    [
        (header(b"[]"), [GOOD], "its header is damaged, or of a later version."),
        (header(b"\xff\xff"), [GOOD], "its header is damaged, or of a later version."),
        (headed(race=7), [GOOD], "its header is damaged"),
        (headed(stream_format=[1, 2]), [GOOD], "its header is damaged"),
        (headed(stream_format="MotorRPM"), [GOOD], "its header is damaged"),
        (headed(stream_format=[]), [GOOD], "The stream format must be a list of keys"),
        (headed(stream_format=["Speed"]), [GOOD], "Unknown stream format key: Speed."),
        (headed(stream_format=["Gyro", "GyroYaw"]), [GOOD], "The stream format names GyroYaw twice."),
        (headed(), [], "f.journal holds no frames."),
        (headed(), [GOOD, block(b"", 1)], "the block at byte 328 is none that DRIFT wrote: its frames and the"),
        (
            headed(),
            [frame(source="x" * 65)],
            f"before byte 385: drone_id is '{'x' * 40}', not 1 to 64 printable characters.",
        ),
        (headed(), [frame(source="")], "drone_id is '', not 1 to 64 printable characters."),
        (headed(), [frame(source=" ")], "drone_id is ' ', not 1 to 64 printable characters."),
        (headed(), [frame(source="a\0b")], r"drone_id is 'a\x00b', not 1 to 64 printable characters."),
        (headed(), [frame(source="a\nb")], r"drone_id is 'a\nb', not 1 to 64 printable characters."),
        (headed(), [GOOD, frame(drone=2)], "drone_id '10.0.0.1' is another drone's."),
        (headed(), [GOOD, frame(seq=2, source="you")], "drone 1 has been 10.0.0.1, and is 'you' here."),
        (headed(), [GOOD, GOOD], "the time of drone 1 does not rise."),
        (headed(), [GOOD, frame(seq=2)], "the time of drone 1 does not rise."),
        (headed(), [GOOD, frame(time=LATER)], "the seq of drone 1 does not rise."),
        (headed(), [frame(drone=0)], "a frame's drone is out of range."),
        (headed(), [frame(drone=40_000)], "a frame's drone is out of range."),
        (headed(), [frame(seq=0)], "a frame's seq is out of range."),
        (headed(), [frame(seq=1 << 31)], "a frame's seq is out of range."),
        (headed(), [frame(time=-1)], "a frame's time is out of range."),
        (headed(), [frame(time=253_402_300_800_000_000)], "a frame's time is out of range."),
        (headed(), [frame(time=-(1 << 63))], "a frame's time is out of range."),
    ],
)
def test_a_crafted_journal_is_refused_in_one_line_with_its_place_and_nothing_is_left(
    tmp_path: Path, head: bytes, blocks: list[bytes], complaint: str
) -> None:
    path = tmp_path / "f.journal"
    path.write_bytes(head + b"".join(blocks))
    with pytest.raises(Unreadable) as caught:
        import_file(path)
    assert complaint in caught.value.detail
    assert caught.value.detail.startswith("f.journal")
    assert "\n" not in caught.value.detail
    assert nothing_is_left()


def test_what_is_wrong_late_in_a_journal_takes_out_what_was_in(tmp_path: Path) -> None:
    path = tmp_path / "kept.bin"
    many = [frame(seq=number, time=LATER + number, drone=3, source="me") for number in range(1, 2500)]
    path.write_bytes(headed() + b"".join(many) + frame(drone=4, source="me"))
    done: list[int] = []
    with pytest.raises(Unreadable, match=r"kept.bin, before byte \d+: drone_id 'me' is another drone's"):
        import_file(path, done=done.append)
    assert sum(done) >= 2000
    assert nothing_is_left()


NAMES_OF_DRONES = st.sampled_from(["a", "b", "", "x" * 64, "x" * 65, "\0", "é"])
MOMENTS = st.one_of(
    st.integers(START, START + 9), st.integers(-(2**63), 2**63 - 1), st.integers(0, 253_402_300_799_999_999)
)
SMALL = st.integers(0, 3)
FRAMES = st.builds(
    frame,
    drone=st.one_of(SMALL, st.integers(0, 2**16 - 1)),
    seq=st.one_of(SMALL, st.integers(0, 2**32 - 1)),
    time=MOMENTS,
    source=NAMES_OF_DRONES,
)
BLOCKS = st.one_of(FRAMES, FRAMES, st.builds(block, st.binary(max_size=60), SMALL), st.binary(min_size=1, max_size=20))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(BLOCKS, min_size=1, max_size=4))
def test_whatever_a_journal_holds_behind_right_checksums_it_comes_in_or_is_refused_whole(
    tmp_path: Path, blocks: list[bytes]
) -> None:
    path = tmp_path / "f.journal"
    path.write_bytes(headed() + b"".join(blocks))
    try:
        race = import_file(path)
    except Unreadable:
        assert nothing_is_left()
    else:
        assert race.frame_count == len(whole(race)) == len(blocks)
        services.discard_race(race=race)
