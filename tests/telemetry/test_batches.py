import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.batches import (
    Batch,
    frames_bytes,
    frames_message,
    joined,
    latest_per_drone,
    parse_frames_bytes,
    seconds,
)
from telemetry.frames import FRAME, FrameArray, empty
from tests.telemetry.builders import START, batch, frames

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def test_a_batch_survives_the_channel_layer() -> None:
    sent = batch([1, 2, 1], number=7)
    received = Batch.from_message(sent.to_message())
    assert (received.number, received.start, received.drone_ids) == (7, START, {1: "10.0.0.1", 2: "10.0.0.2"})
    assert received.frames.tobytes() == sent.frames.tobytes()


def test_the_original_object_has_exactly_its_keys() -> None:
    shown = json.loads(batch([3]).original_texts[0])
    assert list(shown) == [
        "drone_id", "timestamp", "position", "attitude", "velocity", "gyro", "inputs", "battery", "motor_count",
        "motor_rpms",
    ]  # fmt: skip
    assert shown["drone_id"] == "10.0.0.3"
    assert shown["timestamp"] == 0.01
    assert shown["motor_rpms"] == [12000.0] * 4


def test_absent_values_are_zero_in_the_original_form_and_null_in_the_new_one() -> None:
    absent = Batch(1, START, {1: "a"}, empty(1))
    absent.frames["drone"], absent.frames["time"] = 1, START
    original, new = json.loads(absent.original_texts[0]), json.loads(absent.objects[0])
    assert original["position"] == {"x": 0, "y": 0, "z": 0}
    assert original["attitude"] == {"x": 0, "y": 0, "z": 0, "w": 1}
    assert original["battery"] == {"percentage": 0, "voltage": 0}
    assert new["position"] == {"x": None, "y": None, "z": None}
    assert new["attitude"]["w"] is None
    assert new["flight_time"] is None
    assert new["motor_rpms"] == []


@given(st.lists(FLOATS, min_size=3, max_size=3), FLOATS)
def test_every_float_comes_back_from_its_text(position: list[float], flight_time: float) -> None:
    made = batch([1])
    made.frames["position"], made.frames["flight_time"] = position, flight_time
    shown = json.loads(made.objects[0])
    assert [np.float32(shown["position"][axis]) for axis in "xyz"] == [np.float32(value) for value in position]
    assert np.float32(shown["flight_time"]) == np.float32(flight_time)


def test_the_text_of_a_float32_is_the_shortest() -> None:
    made = batch([1])
    made.frames["position"] = (0.1, 2.0, -3.25)
    assert '"position":{"x":0.1,"y":2.0,"z":-3.25}' in made.original_texts[0]


def test_a_drone_id_is_escaped() -> None:
    made = Batch(1, START, {1: 'a"b\\'}, frames([1]))
    assert json.loads(made.objects[0])["drone_id"] == 'a"b\\'


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [(0, "0.000000"), (1, "0.000001"), (12_345_678, "12.345678"), (-250_000, "-0.250000"), (10**13, "10000000.000000")],
)
def test_seconds_are_exact(microseconds: int, text: str) -> None:
    assert seconds(microseconds) == text


def test_a_binary_message_gives_its_frames_back() -> None:
    made = frames([1, 2])
    start, parsed = parse_frames_bytes(frames_bytes(START, made))
    assert start == START
    assert parsed.tobytes() == made.tobytes()


@pytest.mark.parametrize(
    "message",
    [b"", b"\x01" * 15, b"\x02" + frames_bytes(START, frames([1]))[1:], frames_bytes(START, frames([1]))[:-1]],
    ids=["empty", "short header", "another kind", "cut off"],
)
def test_what_is_no_binary_message_is_named(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"header|known|count"):
        parse_frames_bytes(message)


def test_a_record_is_the_documented_127_bytes() -> None:
    assert FRAME.itemsize == 127
    fields = FRAME.fields
    assert fields is not None
    assert {name: fields[name][1] for name in ("time", "drone", "seq", "position", "battery", "motor_rpm")} == {
        "time": 0, "drone": 12, "seq": 14, "position": 18, "battery": 86, "motor_rpm": 95,
    }  # fmt: skip


def test_joined_batches_keep_the_text_made_of_them() -> None:
    parts = [batch([1, 2], number=1), batch([1], number=2, first_seq=3)]
    texts = [text for part in parts for text in part.objects]
    whole = joined(parts)
    assert whole.objects == texts
    assert "objects" in whole.__dict__
    assert whole.number == 2
    assert json.loads(frames_message(whole.objects))["type"] == "frames"


def test_choosing_drones_keeps_their_frames_and_text() -> None:
    made = batch([1, 2, 1, 3])
    texts = made.objects
    chosen = made.only(frozenset({1, 3}))
    assert chosen.frames["drone"].tolist() == [1, 1, 3]
    assert chosen.objects == [texts[0], texts[2], texts[3]]


@given(st.lists(st.integers(1, 5), max_size=30))
def test_the_latest_of_each_drone_is_kept_in_order(drones: list[int]) -> None:
    made: FrameArray = frames(drones)
    expected = sorted(max(i for i, d in enumerate(drones) if d == drone) for drone in set(drones))
    assert latest_per_drone(made)["seq"].tolist() == [index + 1 for index in expected]
