"""Frames as the protobuf messages that Foxglove and its like read, in their axes.

Theirs are right-handed, x forward, y left, z up; ours are the simulator's, left-handed, x right, y up, z forward.
Field numbers of FrameTransform, Vector3 and Quaternion are those of foxglove's published schemas.
"""

from functools import cache
from typing import Any, Final

import numpy as np
from google.protobuf import message_factory, timestamp_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from numpy.typing import NDArray

from telemetry.frames import FrameArray

TRANSFORM: Final = "foxglove.FrameTransform"
TELEMETRY: Final = "drift.Telemetry"
WORLD: Final = "world"

_DOUBLE, _FLOAT, _UINT32, _STRING, _MESSAGE = (
    FieldDescriptorProto.TYPE_DOUBLE,
    FieldDescriptorProto.TYPE_FLOAT,
    FieldDescriptorProto.TYPE_UINT32,
    FieldDescriptorProto.TYPE_STRING,
    FieldDescriptorProto.TYPE_MESSAGE,
)
# The fields of drift.Telemetry that are one value: name, and where FRAME holds it. What is absent is NaN.
SCALARS: Final = (
    ("flight_time_s", "flight_time", None),
    ("gyro_pitch_deg_per_s", "gyro", 0),
    ("gyro_roll_deg_per_s", "gyro", 1),
    ("gyro_yaw_deg_per_s", "gyro", 2),
    ("input_throttle", "input", 0),
    ("input_yaw", "input", 1),
    ("input_pitch", "input", 2),
    ("input_roll", "input", 3),
    ("battery_charge", "battery", 0),
    ("battery_voltage_v", "battery", 1),
)


def turned(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give positions or velocities (n, 3) in the other axes."""
    x, y, z = vectors.astype(np.float64).T
    return np.stack([z, -x, y], axis=1)


def turned_attitude(quaternions: NDArray[np.float32]) -> NDArray[np.float64]:
    """Give attitudes (n, 4; x, y, z, w) in the other axes, of the world and of the drone alike.

    A change of handedness mirrors an axis of rotation as it does a position, and turns the sense of the rotation.
    """
    x, y, z, w = quaternions.astype(np.float64).T
    return np.stack([-z, x, -y, w], axis=1)


class Encoder:
    """Makes one drone's messages."""

    def __init__(self, drone: int) -> None:
        self._transform = _message(TRANSFORM)
        self._transform.parent_frame_id = WORLD
        self._transform.child_frame_id = f"drone_{drone}"
        self._telemetry = _message(TELEMETRY)
        self._telemetry.drone = drone

    def transforms(self, frames: FrameArray) -> list[bytes | None]:
        """Give each frame's foxglove.FrameTransform; None where it has no position. No attitude is the identity."""
        message = self._transform
        positions = turned(frames["position"])
        attitudes = turned_attitude(frames["attitude"])
        attitudes[np.isnan(attitudes).any(axis=1)] = (0, 0, 0, 1)
        known = np.isfinite(positions.sum(axis=1))
        made: list[bytes | None] = []
        rows = zip(known.tolist(), frames["time"].tolist(), positions.tolist(), attitudes.tolist(), strict=True)
        for is_known, time, position, attitude in rows:
            if not is_known:
                made.append(None)
                continue
            _set_time(message, time)
            message.translation.x, message.translation.y, message.translation.z = position
            rotation = message.rotation
            rotation.x, rotation.y, rotation.z, rotation.w = attitude
            made.append(message.SerializeToString())
        return made

    def telemetry(self, frames: FrameArray) -> list[bytes]:
        """Give each frame's drift.Telemetry."""
        message = self._telemetry
        velocities = turned(frames["velocity"])
        speeds = np.linalg.norm(velocities, axis=1)
        scalars = [
            (name, (frames[field] if index is None else frames[field][:, index]).tolist())
            for name, field, index in SCALARS
        ]
        numbers = (frames[name].tolist() for name in ("time", "seq", "motor_count", "motor_rpm"))
        made = []
        for row, (time, seq, motors, rpm, velocity, speed) in enumerate(
            zip(*numbers, velocities.tolist(), speeds.tolist(), strict=True)
        ):
            _set_time(message, time)
            message.seq = seq
            message.velocity_m_per_s.x, message.velocity_m_per_s.y, message.velocity_m_per_s.z = velocity
            message.speed_m_per_s = speed
            for name, column in scalars:
                setattr(message, name, column[row])
            message.motor_rpm[:] = rpm[:motors]
            made.append(message.SerializeToString())
        return made


def schema(name: str) -> bytes:
    """Give the FileDescriptorSet that describes the message type `name` to a reader."""
    needed = [file for file in _files() if name == TELEMETRY or not file.name.startswith("drift/")]
    return FileDescriptorSet(file=needed).SerializeToString()


def message_type(name: str) -> type[Message]:
    """Give the class of a message type."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(name))


def _message(name: str) -> Any:
    return message_type(name)()


def _set_time(message: Any, microseconds: int) -> None:
    seconds, rest = divmod(microseconds, 1_000_000)
    message.timestamp.seconds, message.timestamp.nanos = seconds, 1000 * rest


@cache
def _pool() -> DescriptorPool:
    # A pool of our own: another package in the process may bring foxglove's schemas too.
    pool = DescriptorPool()
    for file in _files():
        pool.AddSerializedFile(file.SerializeToString())
    return pool


@cache
def _files() -> tuple[FileDescriptorProto, ...]:
    time = FileDescriptorProto()
    timestamp_pb2.DESCRIPTOR.CopyToProto(time)
    vector = _file("foxglove/Vector3.proto", "foxglove", [], _type("Vector3", [(axis, _DOUBLE) for axis in "xyz"]))
    quaternion = _file(
        "foxglove/Quaternion.proto", "foxglove", [], _type("Quaternion", [(axis, _DOUBLE) for axis in "xyzw"])
    )
    transform = _file(
        "foxglove/FrameTransform.proto",
        "foxglove",
        [time.name, vector.name, quaternion.name],
        _type(
            "FrameTransform",
            [
                ("timestamp", ".google.protobuf.Timestamp"),
                ("parent_frame_id", _STRING),
                ("child_frame_id", _STRING),
                ("translation", ".foxglove.Vector3"),
                ("rotation", ".foxglove.Quaternion"),
            ],
        ),
    )
    telemetry = _type(
        "Telemetry",
        [
            ("timestamp", ".google.protobuf.Timestamp"),
            ("drone", _UINT32),
            ("seq", _UINT32),
            ("velocity_m_per_s", ".foxglove.Vector3"),
            ("speed_m_per_s", _FLOAT),
            *((name, _FLOAT) for name, _, _ in SCALARS),
            ("motor_rpm", _FLOAT),
        ],
    )
    telemetry.field[-1].label = FieldDescriptorProto.LABEL_REPEATED
    return (
        time,
        vector,
        quaternion,
        transform,
        _file("drift/Telemetry.proto", "drift", [time.name, vector.name], telemetry),
    )


def _file(name: str, package: str, dependencies: list[str], message: DescriptorProto) -> FileDescriptorProto:
    return FileDescriptorProto(
        name=name, package=package, syntax="proto3", dependency=dependencies, message_type=[message]
    )


def _type(name: str, fields: list[tuple[str, Any]]) -> DescriptorProto:
    """Give a message type; a field's number is its place, its type a scalar's or the name of a message type."""
    described = []
    for number, (field, kind) in enumerate(fields, 1):
        one = FieldDescriptorProto(name=field, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
        if isinstance(kind, str):
            one.type, one.type_name = _MESSAGE, kind
        else:
            one.type = kind
        described.append(one)
    return DescriptorProto(name=name, field=described)
