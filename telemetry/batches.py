"""One tick's frames of a race, and the forms viewers get them in; docs/protocol.md describes each byte.

A `Batch` travels through the channel layer as a dispatchable message with the packed frames inside. In each web
process it is turned into text at most once, however many viewers share it.
"""

import struct
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import orjson

from telemetry.frames import BLOCKS, BODY_FLOATS, FRAME, MAX_MOTORS, FrameArray

HEADER: Final = struct.Struct("<BBHIq")  # kind, version, record size, count, race start (µs)
KIND_FRAMES: Final = 1
VERSION: Final = 1

_IDENTITY_W: Final = 6  # the place of attitude w in the body
_OBJECT: Final = (
    '{"drone_id":%s,"timestamp":%s,"position":{"x":%s,"y":%s,"z":%s},"attitude":{"x":%s,"y":%s,"z":%s,"w":%s},'
    '"velocity":{"x":%s,"y":%s,"z":%s},"gyro":{"pitch":%s,"roll":%s,"yaw":%s},'
    '"inputs":{"throttle":%s,"yaw":%s,"pitch":%s,"roll":%s},"battery":{"percentage":%s,"voltage":%s},'
    '"motor_count":%s,"motor_rpms":[%s]'
)


class Batch:
    """Frames of one race with what is needed to show them: its start (µs since 1970) and its drones' ids.

    `number` counts the race's batches, so that a receiver sees when one is missing.
    """

    def __init__(
        self, number: int, start: int, drone_ids: dict[int, str], frames: FrameArray, *, velocity_derived: bool = False
    ) -> None:
        self.number = number
        self.start = start
        self.drone_ids = drone_ids
        self.frames = frames
        self.velocity_derived = velocity_derived

    def to_message(self) -> dict[str, Any]:
        return {
            "type": "race.frames",
            "number": self.number,
            "start": self.start,
            "drones": [[number, drone_id] for number, drone_id in self.drone_ids.items()],
            "velocity_derived": self.velocity_derived,
            "frames": self.frames.tobytes(),
        }

    @classmethod
    def from_message(cls, message: dict[str, Any]) -> "Batch":
        return cls(
            message["number"],
            message["start"],
            dict(message["drones"]),
            np.frombuffer(message["frames"], dtype=FRAME),
            velocity_derived=message["velocity_derived"],
        )

    @cached_property
    def original_texts(self) -> list[str]:
        """Each frame as the original's message, in which an absent value is 0 (attitude: identity)."""
        return [head + "}" for head in _objects(self, absent_as_zero=True)]

    @cached_property
    def objects(self) -> list[str]:
        """Each frame as an object of a `frames` message, in which an absent value is null."""
        flight_times = _texts(self.frames["flight_time"])
        heads = _objects(self, absent_as_zero=False)
        drones, seqs = self.frames["drone"].tolist(), self.frames["seq"].tolist()
        return [
            f'{head},"drone":{drone},"seq":{seq},"flight_time":{flight_time}}}'
            for head, drone, seq, flight_time in zip(heads, drones, seqs, flight_times, strict=True)
        ]

    def with_frames(self, frames: FrameArray) -> "Batch":
        """Give a batch of the same race and number with other frames."""
        return Batch(self.number, self.start, self.drone_ids, frames, velocity_derived=self.velocity_derived)

    def only(self, drones: frozenset[int]) -> "Batch":
        """Give the batch with the frames of `drones` alone, keeping the text that has been made of them."""
        chosen = np.isin(self.frames["drone"], list(drones))
        part = self.with_frames(self.frames[chosen])
        if "objects" in self.__dict__:
            part.__dict__["objects"] = [self.objects[index] for index in np.flatnonzero(chosen)]
        return part


def joined(batches: Sequence[Batch]) -> Batch:
    """Give consecutive batches of one race as one, keeping the text that has been made of them."""
    if len(batches) == 1:
        return batches[0]
    last = batches[-1]
    whole = last.with_frames(np.concatenate([batch.frames for batch in batches]))
    if all("objects" in batch.__dict__ for batch in batches):
        whole.__dict__["objects"] = [text for batch in batches for text in batch.objects]
    return whole


def frames_message(objects: Sequence[str]) -> str:
    """Give the JSON message that carries the frames `objects`."""
    return '{"type":"frames","frames":[' + ",".join(objects) + "]}"


def frames_bytes(start: int, frames: FrameArray) -> bytes:
    """Give the binary message that carries `frames` of a race that started at `start` (µs since 1970)."""
    return HEADER.pack(KIND_FRAMES, VERSION, FRAME.itemsize, len(frames), start) + frames.tobytes()


def parse_frames_bytes(message: bytes) -> tuple[int, FrameArray]:
    """Give the race's start (µs) and the frames of a binary message; raises ValueError for anything else."""
    if len(message) < HEADER.size:
        raise ValueError("shorter than its header")
    kind, version, record_size, count, start = HEADER.unpack_from(message)
    if (kind, version, record_size) != (KIND_FRAMES, VERSION, FRAME.itemsize):
        raise ValueError(f"kind {kind}, version {version} with records of {record_size} bytes is not known")
    if len(message) != HEADER.size + count * record_size:
        raise ValueError("its length does not fit its count")
    return start, np.frombuffer(message, dtype=FRAME, offset=HEADER.size)


def latest_per_drone(frames: FrameArray) -> FrameArray:
    """Give each drone's last frame of `frames`, in their order."""
    drones = frames["drone"][::-1]
    _, from_the_end = np.unique(drones, return_index=True)
    return frames[np.sort(len(frames) - 1 - from_the_end)]


def seconds(microseconds: int) -> str:
    """Give microseconds as seconds with six decimals, exactly."""
    sign = "-" if microseconds < 0 else ""
    whole, part = divmod(abs(microseconds), 1_000_000)
    return f"{sign}{whole}.{part:06d}"


def _objects(batch: Batch, *, absent_as_zero: bool) -> list[str]:
    """Give each frame's JSON object without its closing brace."""
    frames = batch.frames
    blocks = frames.view(BLOCKS)
    floats = np.empty((len(frames), BODY_FLOATS + MAX_MOTORS), np.float32)
    floats[:, :BODY_FLOATS] = blocks["body"]
    floats[:, BODY_FLOATS:] = blocks["motor_rpm"]
    if absent_as_zero:
        no_attitude = np.isnan(floats[:, _IDENTITY_W])
        floats = np.where(np.isfinite(floats), floats, np.float32(0))
        floats[no_attitude, _IDENTITY_W] = 1.0
    ids = {number: orjson.dumps(drone_id).decode() for number, drone_id in batch.drone_ids.items()}
    rows = zip(
        _rows(floats), frames["drone"].tolist(), frames["time"].tolist(), frames["motor_count"].tolist(), strict=True
    )
    return [
        _OBJECT
        % (
            ids.get(drone, '""'),
            seconds(time - batch.start),
            *row[:BODY_FLOATS],
            motors,
            ",".join(row[BODY_FLOATS : BODY_FLOATS + motors]),
        )
        for row, drone, time, motors in rows
    ]


def _rows(floats: FrameArray) -> list[list[str]]:
    # orjson writes a float32 as the shortest text that gives it back, and NaN as null.
    if not len(floats):
        return []
    text = orjson.dumps(floats, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return [row.split(",") for row in text[2:-2].split("],[")]


def _texts(floats: FrameArray) -> list[str]:
    if not len(floats):
        return []
    return orjson.dumps(np.ascontiguousarray(floats), option=orjson.OPT_SERIALIZE_NUMPY).decode()[1:-1].split(",")
