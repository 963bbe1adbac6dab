"""Recorded frames out of the database, page by page along the table's key, as arrays of FRAME."""

from collections.abc import AsyncIterator, Collection, Iterator
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import numpy as np
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models import F, QuerySet, TextField
from django.db.models.functions import Cast

from races.models import Drone
from telemetry import storage
from telemetry.clock import epoch_us, from_epoch_us
from telemetry.frames import FrameArray, empty
from telemetry.models import TelemetryFrame

Item = TypeVar("Item")
PAGE: Final = 2000  # frames of one drone


class Place(NamedTuple):
    """A frame's place in the order of a replay: its time (µs since 1970), then its drone's number."""

    time: int
    drone: int


def frames_of(
    race_id: UUID,
    *,
    drones: Collection[int] | None = None,
    start: int | None = None,
    end: int | None = None,
    after: Place | None = None,
    size: int = PAGE,
) -> Iterator[FrameArray]:
    """Give a race's frames by time, then by drone: arrays of FRAME that together hold each frame once.

    `drones` are numbers (None: all), `start` (inclusive) and `end` (exclusive) µs since 1970; `after` is the place of
    the last frame that one has. Each query is for at most `size` frames of one drone, and at most `size` frames a
    drone are held at once; nothing is held in the database between two arrays. Floats are the recorded float32s.
    """
    numbers = Drone.objects.filter(race=race_id).order_by("number").values_list("number", flat=True)
    scans = [
        _Scan(race_id, number, _first(number, start, after), end, size)
        for number in numbers
        if drones is None or number in drones
    ]
    while scans := [scan for scan in scans if scan.fill()]:
        # Up to here no drone's next page can hold an earlier frame.
        horizon = min((scan.last_time for scan in scans if not scan.is_last), default=None)
        frames = np.concatenate([scan.take(horizon) for scan in scans])
        if len(frames):
            yield frames[np.lexsort((frames["drone"], frames["time"]))]


async def in_steps(items: Iterator[Item]) -> AsyncIterator[Item]:
    """Give the items of an iterator that asks the database, for a coroutine: each step runs in the request's thread."""
    step = sync_to_async(lambda: next(items, None))
    while (item := await step()) is not None:
        yield item


def latest_frame(race_id: UUID) -> FrameArray | None:
    """Give the race's newest frame as an array of one, None where there is none."""
    drone = Drone.objects.filter(race=race_id).order_by("-last_time").first()
    if drone is None:
        return None
    found = _rows(TelemetryFrame.objects.filter(race_id=race_id, drone=drone.number).order_by("-time")[:1])
    return _array(drone.number, found) if found else None


def times_before(race_id: UUID, place: Place, *, start: int | None = None) -> dict[int, int]:
    """Give for each drone the time (µs) of its last frame up to `place`, not before `start` (µs); none for no frame."""
    found = {}
    for number in Drone.objects.filter(race=race_id).values_list("number", flat=True):
        end = place.time + (1 if number <= place.drone else 0)
        frames = TelemetryFrame.objects.filter(race_id=race_id, drone=number, time__lt=from_epoch_us(end))
        if start is not None:
            frames = frames.filter(time__gte=from_epoch_us(start))
        last = frames.order_by("-time").values_list("time", flat=True).first()
        if last is not None:
            found[number] = epoch_us(last)
    return found


def _first(drone: int, start: int | None, after: Place | None) -> int | None:
    """Give the earliest time (µs) that a frame of `drone` may have."""
    if after is None:
        return start
    next_one = after.time + (1 if drone <= after.drone else 0)
    return next_one if start is None else max(start, next_one)


class _Scan:
    """One drone's frames in order, a page of them at a time."""

    def __init__(self, race_id: UUID, drone: int, first: int | None, end: int | None, size: int) -> None:
        self._drone = drone
        self._size = size
        self._next = first
        self._held = empty(0)
        self.is_last = False
        frames = TelemetryFrame.objects.filter(race_id=race_id, drone=drone).order_by("time")
        self._frames = frames if end is None else frames.filter(time__lt=from_epoch_us(end))

    @property
    def last_time(self) -> int:
        return int(self._held["time"][-1])

    def fill(self) -> bool:
        """Hold frames again where none are left; False when there are no more."""
        if not len(self._held) and not self.is_last:
            frames = self._frames if self._next is None else self._frames.filter(time__gte=from_epoch_us(self._next))
            self._held = _array(self._drone, _rows(frames[: self._size]))
            self.is_last = len(self._held) < self._size
            if len(self._held):
                self._next = self.last_time + 1
        return bool(len(self._held))

    def take(self, horizon: int | None) -> FrameArray:
        """Give, and no longer hold, the frames up to the time `horizon`, all where it is None."""
        count = len(self._held) if horizon is None else int(np.searchsorted(self._held["time"], horizon, "right"))
        taken, self._held = self._held[:count], self._held[count:]
        return taken


def _rows(frames: QuerySet[TelemetryFrame]) -> list[tuple[Any, ...]]:
    # SQLite keeps times as text, which numpy reads many times faster than Django.
    time = Cast("time", TextField()) if connection.vendor == "sqlite" else F("time")
    columns = [column.name for column in storage.MEASURED]
    return list(frames.annotate(at=time).values_list("at", "seq", "motor_count", *columns))


def _array(drone: int, rows: list[tuple[Any, ...]]) -> FrameArray:
    frames = empty(len(rows))
    if not rows:
        return frames
    times, seqs, motor_counts, *measured = zip(*rows, strict=True)
    if not isinstance(times[0], str):
        times = tuple(time.replace(tzinfo=None) for time in times)  # PostgreSQL's are UTC, numpy's have no zone
    frames["time"] = np.array(times, "M8[us]").astype("i8")
    frames["drone"] = drone
    frames["seq"] = seqs
    frames["motor_count"] = motor_counts
    for column, values in zip(storage.MEASURED, measured, strict=True):
        storage.values(frames, column)[:] = np.array(values, "f4")  # None becomes NaN
    return frames
