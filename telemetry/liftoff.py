"""Liftoff's datagrams: bytes in, frames out, and back. Pure: no sockets, no database.

A datagram has no header and no checksum. It is the values that the sender's StreamFormat names, in its order, each a
little-endian float32; MotorRPM is one unsigned byte n, then n floats. Only the length, the count byte and the values
themselves can tell a good datagram from a bad one. Source: the game's guide to Drone Telemetry, and captures.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from races import stream_format
from telemetry.frames import BLOCKS, MAX_MOTORS, FrameArray, empty

# The two floats of Battery come in either order, depending on whom one asks: a charge is at most this, a voltage more.
MOST_CHARGE: Final = 1.5

_BODY: Final = tuple(
    key for group, keys in stream_format.GROUPS.items() if group not in ("Timestamp", "MotorRPM") for key in keys
)
_CHARGE, _VOLTAGE = _BODY.index("BatteryPercentage"), _BODY.index("BatteryVoltage")
_PLACES: Final = {"Timestamp": ("flight_time", 0)} | {key: ("body", slot) for slot, key in enumerate(_BODY)}


class Refusal(StrEnum):
    """Why a datagram is not a frame."""

    SHORT = "short"
    LONG = "long"
    NOT_FINITE = "not finite"
    MOTOR_COUNT = "motor count"


@dataclass(frozen=True)
class Decoded:
    """What a batch of datagrams held.

    `frames` are the accepted ones in their order, their `time`, `drone` and `seq` 0; `accepted` are their indices in
    the batch; `refused` has the index and the reason of every other one, in order.
    """

    frames: FrameArray
    accepted: NDArray[np.intp]
    refused: list[tuple[int, Refusal]]


class _Run(NamedTuple):
    """Values that are neighbours, in the same order, in the datagram and in the frame."""

    part: str  # of the datagram: before MotorRPM, or after it
    source: slice
    block: str  # of the frame
    target: slice


class StreamFormat:
    """The compiled form of a race's StreamFormat; `compile_format` makes it.

    `sizes` holds every length in bytes that a datagram can have. `derives_velocity` says that velocity is not in the
    stream, but position and the sender's clock are.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        singles = stream_format.expand(keys)
        self.keys = keys
        self._has_motors = "MotorRPM" in singles
        cut = singles.index("MotorRPM") if self._has_motors else len(singles)
        head, tail = singles[:cut], singles[cut + 1 :]
        self._runs = (*_runs("head", head), *_runs("tail", tail))
        self._count_at = 4 * len(head)
        self._records = {
            record.itemsize: (motors, record)
            for motors in range(MAX_MOTORS + 1 if self._has_motors else 1)
            for record in [self._record(len(head), motors, len(tail))]
        }
        self.sizes: frozenset[int] = frozenset(self._records)
        self.has_timestamp: bool = "Timestamp" in singles
        self.derives_velocity: bool = (
            self.has_timestamp
            and {*stream_format.GROUPS["Position"]} <= {*singles}
            and not {*stream_format.GROUPS["Velocity"]} & {*singles}
        )
        self._orders_battery = {"BatteryPercentage", "BatteryVoltage"} <= {*singles}

    def __repr__(self) -> str:
        return f"StreamFormat({', '.join(self.keys)})"

    def decode(self, datagrams: Sequence[bytes]) -> Decoded:
        """Decode a batch; whatever the bytes, each datagram is either a frame or refused, and nothing is raised."""
        by_size: dict[int, list[int]] = {}
        for index, datagram in enumerate(datagrams):
            by_size.setdefault(len(datagram), []).append(index)
        frames: list[FrameArray] = []
        accepted: list[NDArray[np.intp]] = []
        refused: list[tuple[int, Refusal]] = []
        for size, indices in by_size.items():
            if size not in self._records:
                refused += [(index, self.misfit(datagrams[index])) for index in indices]
                continue
            batch = datagrams if len(by_size) == 1 else [datagrams[index] for index in indices]
            decoded, reasons = self._decode_size(size, b"".join(batch))
            where = np.array(indices, np.intp)
            if reasons:
                refused += [(indices[row], reason) for row, reason in reasons]
                where = np.delete(where, [row for row, _ in reasons])
            frames.append(decoded)
            accepted.append(where)
        refused.sort()
        return _in_order(frames, accepted, refused)

    def decode_packed(self, packed: bytes, lengths: NDArray[np.integer[Any]]) -> Decoded:
        """Decode a batch likewise, its datagrams of these lengths lying one after the other in `packed`.

        Datagrams of one length are decoded together, as arrays: an eighth of what taking them apart would cost.
        """
        size = int(lengths[0]) if len(lengths) else 0
        if size not in self._records or len(packed) != size * len(lengths) or (lengths != size).any():
            return self.decode(split(packed, lengths))
        frames, refused = self._decode_size(size, packed)
        accepted = np.arange(len(lengths))
        return Decoded(frames, np.delete(accepted, [row for row, _ in refused]) if refused else accepted, refused)

    def encode(self, frames: FrameArray) -> list[bytes]:
        """Give each frame as the datagram that its sender would send, battery charge before voltage.

        Decoding gives back what the format carries, except where it is absent (NaN) or where the battery rule reads
        a charge over 1.5 beside a voltage that is not. Raises ValueError for a motor count over 8.
        """
        counts = frames["motor_count"] if self._has_motors else np.zeros(len(frames), "u1")
        if len(frames) and counts.max() > MAX_MOTORS:
            raise ValueError(f"A frame has at most {MAX_MOTORS} motors, not {counts.max()}.")
        datagrams = [b""] * len(frames)
        for motors, record in self._records.values():
            indices = np.flatnonzero(counts == motors)
            if not len(indices):
                continue
            blocks = frames[indices].view(BLOCKS)
            records = np.empty(len(indices), record)
            for run in self._runs:
                records[run.part][:, run.source] = blocks[run.block][:, run.target]
            if self._has_motors:
                records["count"] = motors
                records["rpm"] = blocks["motor_rpm"][:, :motors]
            packed = records.tobytes()
            for row, index in enumerate(indices.tolist()):
                datagrams[index] = packed[row * record.itemsize : (row + 1) * record.itemsize]
        return datagrams

    def _record(self, head: int, motors: int, tail: int) -> np.dtype[Any]:
        counted = [("count", "u1"), ("rpm", "<f4", (motors,))] if self._has_motors else []
        return np.dtype([("head", "<f4", (head,)), *counted, ("tail", "<f4", (tail,))])

    def _decode_size(self, size: int, packed: bytes) -> tuple[FrameArray, list[tuple[int, Refusal]]]:
        """Decode datagrams of one length that the format allows; give frames, and rows refused with their reasons."""
        motors, record = self._records[size]
        records = np.frombuffer(packed, record)
        refused: list[tuple[int, Refusal]] = []
        good = self._good(records, motors)
        if not good.all():
            for row in np.flatnonzero(~good).tolist():
                miscounted = self._has_motors and records["count"][row] != motors
                refused.append(
                    (row, self.misfit(packed[row * size : (row + 1) * size]) if miscounted else Refusal.NOT_FINITE)
                )
            records = records[good]
        frames = empty(len(records))
        blocks = frames.view(BLOCKS)
        for run in self._runs:
            blocks[run.block][:, run.target] = records[run.part][:, run.source]
        if self._has_motors:
            blocks["motor_count"] = motors
            blocks["motor_rpm"][:, :motors] = records["rpm"]
        if self._orders_battery:
            _order_battery(blocks["body"])
        return frames, refused

    def _good(self, records: NDArray[Any], motors: int) -> NDArray[np.bool_]:
        """Tell which records have the motors that their length says, and finite numbers only."""
        good: NDArray[np.bool_] = np.isfinite(records["head"]).all(axis=1)
        good &= np.isfinite(records["tail"]).all(axis=1)
        if self._has_motors:
            good &= np.isfinite(records["rpm"]).all(axis=1)
            good &= records["count"] == motors
        return good

    def misfit(self, datagram: bytes) -> Refusal:
        """Say why a datagram whose length and count byte do not agree is refused."""
        size = min(self._records)
        if self._has_motors and len(datagram) > self._count_at:
            motors = datagram[self._count_at]
            if motors > MAX_MOTORS:
                return Refusal.MOTOR_COUNT
            size += 4 * motors
        return Refusal.SHORT if len(datagram) < size else Refusal.LONG


def split(packed: bytes, lengths: NDArray[np.integer[Any]]) -> list[bytes]:
    """Take datagrams of these lengths apart that lie one after the other."""
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    return [packed[start:end] for start, end in pairwise([0, *ends])]


def compile_format(keys: Sequence[str]) -> StreamFormat:
    """Give the decoder of a race's StreamFormat keys; raises accounts.errors.Refused for a bad list of them."""
    return _compiled(tuple(stream_format.checked(keys)))


@lru_cache(maxsize=128)
def _compiled(keys: tuple[str, ...]) -> StreamFormat:
    return StreamFormat(keys)


def _runs(part: str, singles: Sequence[str]) -> Iterator[_Run]:
    """Cut a part of the datagram into the longest runs that a frame's block holds side by side."""
    start = 0
    for stop in range(1, len(singles) + 1):
        block, slot = _PLACES[singles[start]]
        if stop == len(singles) or _PLACES[singles[stop]] != (block, slot + stop - start):
            yield _Run(part, slice(start, stop), block, slice(slot, slot + stop - start))
            start = stop


def _order_battery(body: NDArray[Any]) -> None:
    charge, voltage = body[:, _CHARGE], body[:, _VOLTAGE]
    swapped = charge > MOST_CHARGE
    if swapped.any():
        swapped &= voltage <= MOST_CHARGE
        charge[swapped], voltage[swapped] = voltage[swapped], charge[swapped]


def _in_order(
    frames: list[FrameArray], accepted: list[NDArray[np.intp]], refused: list[tuple[int, Refusal]]
) -> Decoded:
    """Put the frames of each length back into the order of their arrival."""
    if len(frames) == 1:
        return Decoded(frames[0], accepted[0], refused)
    if not frames:
        return Decoded(empty(0), np.empty(0, np.intp), refused)
    where = np.concatenate(accepted)
    order = np.argsort(where)
    return Decoded(np.concatenate(frames)[order], where[order], refused)
