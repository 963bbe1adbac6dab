"""Recorded frames out of the database, page by page along the table's key, as arrays of FRAME."""

from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

import numpy as np
from asgiref.sync import sync_to_async

from races.models import Drone, Race
from telemetry import pages
from telemetry.clock import epoch_us, from_epoch_us
from telemetry.frames import FrameArray, empty
from telemetry.models import TelemetryFrame
from telemetry.pages import Thinning
from telemetry.storage import Column

Item = TypeVar("Item")
PAGE: Final = 2000  # frames of one drone
FIRST_PAGE: Final = 200  # the same, of the first pages: who reads has something at once
GROWTH: Final = 4
THINNED_SPAN: Final = 60_000_000  # µs: about what a query for thinned frames looks through


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
    fields: Collection[str] | None = None,
    thinning: Thinning | None = None,
) -> Iterator[FrameArray]:
    """Give a race's frames by time, then by drone: arrays of FRAME that together hold each frame once.

    `drones` are numbers (None: all), `start` (inclusive) and `end` (exclusive) µs since 1970; `after` is the place of
    the last frame that one has. `fields` are FRAME's measured fields (None: all); the others are NaN, while time,
    drone, seq and motor_count are always there. With `thinning` only some frames of each drone stay; of a bucket that
    `start` or `end` cuts, what is inside counts.

    Each query gives at most `size` frames of one drone (the first ones fewer; `thinning` to extremes: twice as many),
    and no more than that of each drone are held at once; nothing is held in the database between two arrays. Floats
    are the recorded float32s. Raises ValueError for a field that there is not.
    """
    asked = _Asked(race_id, pages.columns_of(fields), size, thinning)
    race = Race.objects.filter(pk=race_id).only("started_at").first()
    if race is None:
        return
    # The race's own span, where none is asked for: of a hypertable, PostgreSQL then looks into its chunks alone.
    begin = epoch_us(race.started_at) if start is None and race.started_at else start
    numbers = Drone.objects.filter(race=race_id).order_by("number").values_list("number", "last_time")
    scans = [
        _Scan(asked, number, begin, _first(number, begin, after), _end(last_time, end))
        for number, last_time in numbers
        if drones is None or number in drones
    ]
    while scans := [scan for scan in scans if scan.fill()]:
        # Up to here no drone's next page can hold an earlier frame.
        horizon = min((scan.last_time for scan in scans if not scan.is_last), default=None)
        frames = np.concatenate([scan.take(horizon) for scan in scans])
        if len(frames):
            yield frames[np.lexsort((frames["drone"], frames["time"]))]


async def in_steps(items: Iterator[Item]) -> AsyncIterator[Item]:
    """Give the items of an iterator that asks the database, for a coroutine: each step runs in the request's thread.

    Nothing may be held in the database between two items (frames_of holds nothing): while a client keeps an item
    waiting, the thread's connection is closed (drift_site.limits).
    """
    step = sync_to_async(lambda: next(items, None))
    while (item := await step()) is not None:
        yield item


def latest_frame(race_id: UUID) -> FrameArray | None:
    """Give the race's newest frame as an array of one, None where there is none."""
    drone = Drone.objects.filter(race=race_id).order_by("-last_time").first()
    frames = pages.latest(race_id, [drone.number]) if drone is not None else empty(0)
    return frames if len(frames) else None


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


def _end(last_time: int, end: int | None) -> int:
    return last_time + 1 if end is None else min(end, last_time + 1)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What all drones' scans have in common."""

    race_id: UUID
    columns: list[Column]
    size: int
    thinning: Thinning | None


class _Scan:
    """One drone's frames in order, a page of them at a time."""

    def __init__(self, asked: _Asked, drone: int, start: int | None, first: int | None, end: int) -> None:
        self._asked = asked
        self._drone = drone
        self._first = first
        self._next = first
        if asked.thinning is not None and first is not None:
            # Thinned with what one has of the first bucket already, else another frame of it would stay.
            begin = asked.thinning.start_of(first)
            self._next = begin if start is None else max(begin, start)
        self._end = end
        self._size = min(FIRST_PAGE, asked.size)
        self._held = empty(0)
        self.last_time = 0  # of what has been read
        self.is_last = False

    def fill(self) -> bool:
        """Hold frames again where none are left; False when there are no more."""
        while not len(self._held) and not self.is_last:
            if self._asked.thinning is None:
                self._read_page()
            else:
                self._read_thinned(self._asked.thinning)
            self._size = min(GROWTH * self._size, self._asked.size)
        return bool(len(self._held))

    def take(self, horizon: int | None) -> FrameArray:
        """Give, and no longer hold, the frames up to the time `horizon`, all where it is None."""
        count = len(self._held) if horizon is None else int(np.searchsorted(self._held["time"], horizon, "right"))
        taken, self._held = self._held[:count], self._held[count:]
        return taken

    def _read_page(self) -> None:
        asked = self._asked
        self._held = pages.page(
            asked.race_id, self._drone, first=self._next, end=self._end, size=self._size, columns=asked.columns
        )
        self.is_last = len(self._held) < self._size
        if len(self._held):
            self.last_time = int(self._held["time"][-1])
            self._next = self.last_time + 1

    def _read_thinned(self, thinning: Thinning) -> None:
        """Read whole buckets from the next frame's on: a pause of the drone costs one look, however long it is."""
        asked = self._asked
        first = pages.first_time(asked.race_id, self._drone, first=self._next, end=self._end)
        if first is None:
            self.is_last = True
            return
        buckets = min(self._size, max(THINNED_SPAN // thinning.bucket, 1))
        end = thinning.start_of(first) + buckets * thinning.bucket
        held = pages.thinned(
            asked.race_id, self._drone, thinning, first=first, end=min(end, self._end), columns=asked.columns
        )
        self._held = held if self._first is None else held[held["time"] >= self._first]
        self._next, self.last_time = end, end - 1
        self.is_last = end >= self._end
