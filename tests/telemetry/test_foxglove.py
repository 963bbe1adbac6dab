"""The axes of Foxglove, by flights that everybody can picture, and the messages in them."""

import math
from typing import Any

import numpy as np
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

from telemetry import foxglove
from telemetry.foxglove import TELEMETRY, TRANSFORM, Encoder, turned, turned_attitude
from tests.telemetry.builders import START, frames

HALF = math.sqrt(0.5)
# x right, y up, z forward → x forward, y left, z up
DIRECTIONS = {
    "right": ((1, 0, 0), (0, -1, 0)),
    "up": ((0, 1, 0), (0, 0, 1)),
    "forward": ((0, 0, 1), (1, 0, 0)),
    "somewhere": ((1, 2, 3), (3, -1, 2)),
}
# Quarter turns as Unity writes them (left-handed: a positive turn about an axis goes clockwise, seen along it), and the
# same turns in right-handed axes.
TURNS = {
    "none": ((0, 0, 0, 1), (0, 0, 0, 1)),
    "to the right, about the axis up": ((0, HALF, 0, HALF), (0, 0, -HALF, HALF)),
    "nose down, about the axis to the right": ((HALF, 0, 0, HALF), (0, HALF, 0, HALF)),
    "left side down, about the axis forward": ((0, 0, HALF, HALF), (-HALF, 0, 0, HALF)),
}


def rotated(quaternion: Any, vector: Any) -> Any:
    """Give a vector turned by a quaternion, by the formula that holds in axes of either hand."""
    axis, w = np.array(quaternion[:3], float), float(quaternion[3])
    v = np.array(vector, float)
    return v + 2 * np.cross(axis, np.cross(axis, v) + w * v)


@pytest.mark.parametrize("name", DIRECTIONS)
def test_directions_are_named_the_other_way(name: str) -> None:
    ours, theirs = DIRECTIONS[name]
    assert turned(np.array([ours], "f4")).tolist() == [list(theirs)]


@pytest.mark.parametrize("name", TURNS)
def test_turns_stay_the_same_turns(name: str) -> None:
    ours, theirs = TURNS[name]
    assert turned_attitude(np.array([ours], "f4"))[0] == pytest.approx(theirs)


def test_a_turn_and_then_other_axes_is_other_axes_and_then_the_turn() -> None:
    numbers = np.random.default_rng(3)
    for _ in range(50):
        quaternion = numbers.normal(size=4)
        quaternion /= np.linalg.norm(quaternion)
        vector = numbers.normal(size=3)
        there = turned(np.array([rotated(quaternion, vector)], "f4"))[0]
        also = rotated(turned_attitude(np.array([quaternion], "f4"))[0], turned(np.array([vector], "f4"))[0])
        assert there == pytest.approx(also, abs=1e-5)


def test_a_quarter_to_the_right_looks_to_the_right() -> None:
    attitude = turned_attitude(np.array([TURNS["to the right, about the axis up"][0]], "f4"))[0]
    assert rotated(attitude, (1, 0, 0)) == pytest.approx((0, -1, 0), abs=1e-6)


def parsed(name: str, data: bytes | None) -> Any:
    assert data is not None
    message = foxglove.message_type(name)()
    message.ParseFromString(data)
    return message


def test_a_transform_is_where_a_drone_is() -> None:
    made = frames([7])
    made["time"] = START + 250_000
    made["position"], made["attitude"] = (1, 2, 3), TURNS["nose down, about the axis to the right"][0]
    message = parsed(TRANSFORM, Encoder(7).transforms(made)[0])
    assert (message.parent_frame_id, message.child_frame_id) == ("world", "drone_7")
    assert (message.timestamp.seconds, message.timestamp.nanos) == (START // 1_000_000, 250_000_000)
    assert (message.translation.x, message.translation.y, message.translation.z) == (3, -1, 2)
    rotation = message.rotation
    assert (rotation.x, rotation.y, rotation.z, rotation.w) == pytest.approx((0, HALF, 0, HALF))


def test_without_a_position_there_is_no_transform_and_without_an_attitude_no_turn() -> None:
    made = frames([1, 1])
    made["position"][0] = np.nan
    made["attitude"] = np.nan
    nothing, message = Encoder(1).transforms(made)
    assert nothing is None
    assert parsed(TRANSFORM, message).rotation.w == 1


def test_telemetry_has_the_measured_values_and_nan_for_what_is_absent() -> None:
    made = frames([3])
    made["velocity"], made["gyro"], made["input"] = (3, 0, 4), (1, 2, 3), (0.1, 0.2, 0.3, 0.4)
    made["battery"] = (0.75, np.nan)
    message = parsed(TELEMETRY, Encoder(3).telemetry(made)[0])
    assert (message.drone, message.seq, message.speed_m_per_s) == (3, 1, 5)
    assert (message.velocity_m_per_s.x, message.velocity_m_per_s.y, message.velocity_m_per_s.z) == (4, -3, 0)
    assert (message.gyro_pitch_deg_per_s, message.gyro_roll_deg_per_s, message.gyro_yaw_deg_per_s) == (1, 2, 3)
    sticks = (message.input_throttle, message.input_yaw, message.input_pitch, message.input_roll)
    assert sticks == pytest.approx((0.1, 0.2, 0.3, 0.4))
    assert message.battery_charge == 0.75
    assert math.isnan(message.battery_voltage_v)
    assert list(message.motor_rpm) == [12000] * 4


def test_an_encoder_keeps_nothing_of_the_frame_before() -> None:
    made = frames([1, 1])
    made["motor_count"][1] = 0
    first, second = Encoder(1).telemetry(made)
    assert len(parsed(TELEMETRY, first).motor_rpm) == 4
    assert len(parsed(TELEMETRY, second).motor_rpm) == 0


@pytest.mark.parametrize("name", [TRANSFORM, TELEMETRY])
def test_a_schema_describes_its_message_to_a_reader_who_knows_nothing(name: str) -> None:
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(foxglove.schema(name)).file:
        pool.AddSerializedFile(file.SerializeToString())
    described = pool.FindMessageTypeByName(name)
    timestamp = described.fields_by_name["timestamp"].message_type
    assert timestamp is not None
    assert timestamp.full_name == "google.protobuf.Timestamp"


def test_the_transform_is_foxgloves_own() -> None:
    fields = foxglove.message_type(TRANSFORM).DESCRIPTOR.fields
    assert [(field.number, field.name) for field in fields] == [
        (1, "timestamp"), (2, "parent_frame_id"), (3, "child_frame_id"), (4, "translation"), (5, "rotation")
    ]  # fmt: skip
