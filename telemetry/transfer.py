"""Moves one race's frames from its journal into the database, each exactly once.

The journal's offset is written in the transaction that writes the frames. So whoever comes next, after a crash or in
another process, goes on behind the last frame that is in the database.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from numpy.typing import NDArray

from races.models import Drone, Race
from races.services import close_race
from telemetry import journal_reader, storage
from telemetry.clock import epoch_us, from_epoch_us
from telemetry.frames import FrameArray, VelocityDeriver
from telemetry.journal import START, Position
from telemetry.journal_reader import READ_PER_FRAME, Chunk
from telemetry.liftoff import compile_format
from telemetry.models import JournalOffset

logger = logging.getLogger(__name__)

SQLITE_FRAMES: Final = 1000  # a transaction: others wait for SQLite's one writer
CATCHING_UP: Final = 4  # times as many frames a transaction, where so many wait


class RaceGone(Exception):
    """The race has been deleted; its frames have no place any more."""


class MovedOn(Exception):
    """Somebody else has recorded from this journal meanwhile."""


@dataclass(slots=True)
class DroneState:
    """Where a drone's numbering goes on: its last frame's number and time (µs since 1970) in the journal."""

    number: int
    drone_id: str
    last_seq: int
    last_time: int


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """What a journal holds behind the offset in the database, and the drones with it."""

    drones: dict[int, DroneState]
    started: int | None  # µs since 1970, of the race's first frame
    frames: int


@dataclass(frozen=True, slots=True)
class _Batch:
    ready: storage.Ready
    taken: int  # frames in the journal
    sources: dict[int, str]
    started: int  # µs, of the batch's first frame
    byte_count: int
    derives_velocity: bool
    position: Position
    end: Position

    @property
    def frames(self) -> FrameArray:
        return self.ready.frames


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did: frames recorded, frames taken from the journal (more, if some were damaged), and whether
    nothing is left before the limit.
    """

    recorded: int
    taken: int
    drained: bool


class Transfer:
    """The way of one race's frames from the journal in `directory` into the database.

    `most` is the number of frames a transaction, CATCHING_UP times as many where they have been prepared. Not for two
    threads at once.
    """

    def __init__(self, directory: Path, race_id: UUID, *, most: int) -> None:
        self.race_id = race_id
        self._directory = directory
        self._most = min(most, SQLITE_FRAMES) if connection.vendor == "sqlite" else most
        self._batch: _Batch | None = None
        self._ahead: _Batch | None = None  # the one behind it
        self._torn: Position | None = None  # the torn tail that has been reported
        self._load()

    def _load(self) -> None:
        # The offset comes first: if somebody moves on between these reads, the first step finds that out.
        offset = JournalOffset.objects.filter(race_id=self.race_id).first()
        race = Race.objects.filter(pk=self.race_id).first()
        if race is None:
            raise RaceGone(self.race_id)
        self.committed = Position(offset.segment, offset.offset) if offset else START
        self._is_recorded = offset is not None
        self._read_from = self.committed
        self._race_format = race.stream_format
        self._started = race.started_at
        self._is_waiting = race.status == Race.Status.WAITING
        self._drones: dict[int, Drone] = {drone.number: drone for drone in Drone.objects.filter(race_id=self.race_id)}
        self.recorded_to = max((drone.last_time for drone in self._drones.values()), default=None)
        self._velocities: VelocityDeriver | None = None
        self._batch = self._ahead = None

    def unrecorded(self, limit: Position) -> Unrecorded:
        """Read what the journal holds behind the committed offset and before `limit`, in bounded memory."""
        drones = {
            number: DroneState(number, drone.drone_id, drone.last_seq, drone.last_time)
            for number, drone in self._drones.items()
        }
        started = None if self._started is None else epoch_us(self._started)
        frames, position = 0, self.committed
        while (chunk := journal_reader.read(self._directory, self.race_id, position, self._most, limit)).entries.size:
            started = started if started is not None else int(chunk.entries["time"][0])
            frames += chunk.entries.size
            position = chunk.position
            for number, source in chunk.sources.items():
                drones.setdefault(number, DroneState(number, source, 0, 0))
            for number, _, seq, time in _by_drone(chunk.entries):
                drones[number].last_seq = max(drones[number].last_seq, seq)
                drones[number].last_time = max(drones[number].last_time, time)
        return Unrecorded(drones, started, frames)

    def step(self, limit: Position, *, ending: bool = False, meanwhile: Callable[[], None] = lambda: None) -> Step:
        """Move one batch of the frames before `limit`; with the last one of an `ending` race, end it.

        `meanwhile` is called while the database works, and does not ask it: a time to `prepare` another batch. Raises
        RaceGone, and what the database raises: the batch is then moved by the next step.
        """
        if self._batch is None and self._read_from >= limit and not ending:
            return Step(0, 0, drained=True)
        batch = self._batch = self._batch or self._next(limit)
        drained = batch.end >= limit
        if not batch.frames.size and not (drained and ending):
            self._batch, self._read_from = None, batch.position
            return Step(0, batch.taken, drained)
        drones = self._drones_after(batch)
        try:
            with transaction.atomic():
                self._record(batch, drones, meanwhile)
                if drained and ending:
                    close_race(race=Race.objects.get(pk=self.race_id))
        except MovedOn:
            logger.warning("The journal of race %s is being recorded by another process too.", self.race_id)
            before = self.committed
            self._load()
            taken = journal_reader.count(self._directory, self.race_id, before, self.committed)
            return Step(0, taken, drained=False)
        self._batch, self._is_recorded, self._is_waiting = None, True, False
        self.committed = self._read_from = batch.position
        self._drones |= drones
        self.recorded_to = max([self.recorded_to or 0, *(drone.last_time for drone in drones.values())]) or None
        return Step(len(batch.frames), batch.taken, drained)

    def confirm(self) -> None:
        """Wait until all that has been recorded is on the database's disk, so that the journal may go."""
        with storage.durable_commits():
            JournalOffset.objects.filter(race_id=self.race_id).update(segment=F("segment"))

    def prepare(self, limit: Position) -> None:
        """Make the next batch ready where more than one waits before `limit`; the database is not asked."""
        start = self._batch.position if self._batch is not None else self._read_from
        many = limit.segment > start.segment or limit.offset - start.offset > self._most * READ_PER_FRAME
        # Without the drones' last samples, velocities cannot be derived yet.
        must_ask = self._velocities is None and compile_format(self._race_format).derives_velocity
        if many and not must_ask and self._ahead is None and connection.vendor != "sqlite":
            self._ahead = self._read(start, limit, CATCHING_UP * self._most)

    def _next(self, limit: Position) -> _Batch:
        batch, self._ahead = self._ahead, None
        return batch or self._read(self._read_from, limit, self._most)

    def _read(self, start: Position, limit: Position, most: int) -> _Batch:
        chunk = journal_reader.read(self._directory, self.race_id, start, most, limit)
        self._report(chunk)
        stream = compile_format(chunk.stream_format or self._race_format)
        decoded = stream.decode_packed(chunk.packed, chunk.entries["length"])
        if decoded.refused:
            logger.error(
                "The journal of race %s holds %s datagrams before segment %s, byte %s that are no frames (first: %s).",
                self.race_id, len(decoded.refused), *chunk.position, decoded.refused[0][1],
            )  # fmt: skip
        frames, entries = decoded.frames, chunk.entries[decoded.accepted]
        for name in ("time", "drone", "seq"):
            frames[name] = entries[name]
        if stream.derives_velocity:
            self._seeded().derive(frames)
        return _Batch(
            storage.ready(self.race_id, frames),
            chunk.entries.size,
            chunk.sources,
            started=int(entries["time"][0]) if entries.size else 0,
            byte_count=int(entries["length"].sum(dtype=np.int64)),
            derives_velocity=stream.derives_velocity,
            position=chunk.position,
            end=chunk.end,
        )

    def _report(self, chunk: Chunk) -> None:
        if chunk.skipped:
            logger.error(
                "The journal of race %s is damaged before segment %s, byte %s: %s bytes were no frames, and are lost.",
                self.race_id, *chunk.position, chunk.skipped,
            )  # fmt: skip
        if chunk.torn and chunk.end != self._torn:
            self._torn = chunk.end
            logger.error(
                "The journal of race %s ends in the middle of a write: the last %s bytes of segment %s are no frames.",
                self.race_id, chunk.torn, chunk.position.segment,
            )  # fmt: skip

    def _seeded(self) -> VelocityDeriver:
        if self._velocities is None:
            self._velocities = VelocityDeriver()
            for number in self._drones:
                if sample := storage.last_sample(self.race_id, number):
                    self._velocities.seed(number, *sample)
        return self._velocities

    def _record(self, batch: _Batch, drones: dict[int, Drone], meanwhile: Callable[[], None]) -> None:
        storage.commit_lazily()
        self._count(batch)  # first: it locks the race's row, so that nobody deletes the race or records beside us
        self._move_offset(batch.position)
        Drone.objects.bulk_create(
            drones.values(),
            update_conflicts=True,
            unique_fields=["race", "number"],
            update_fields=["frame_count", "last_seq", "last_time"],
        )
        storage.write(batch.ready, meanwhile=meanwhile)

    def _count(self, batch: _Batch) -> None:
        race = Race.objects.filter(pk=self.race_id)
        changes: dict[str, Any] = {}
        if batch.frames.size:
            changes = {
                "started_at": Coalesce("started_at", Value(from_epoch_us(batch.started))),
                "last_frame_at": from_epoch_us(int(batch.frames["time"].max())),
            }
        counts = {"frame_count": len(batch.frames), "byte_count": batch.byte_count}
        if not race.update(**{name: F(name) + count for name, count in counts.items()}, **changes):
            raise RaceGone(self.race_id)
        if batch.frames.size and self._is_waiting:
            race.filter(status=Race.Status.WAITING).update(status=Race.Status.LIVE)

    def _move_offset(self, position: Position) -> None:
        offset = JournalOffset.objects.filter(race_id=self.race_id)
        if self._is_recorded:
            segment, byte = self.committed
            if not offset.filter(segment=segment, offset=byte).update(segment=position.segment, offset=position.offset):
                raise MovedOn
        elif offset.exists():
            raise MovedOn
        else:
            JournalOffset.objects.create(race_id=self.race_id, segment=position.segment, offset=position.offset)

    def _drones_after(self, batch: _Batch) -> dict[int, Drone]:
        """Give the drones of `batch` as they are with its frames counted: what they were is known and stays."""
        after: dict[int, Drone] = {}
        for number, count, seq, time in _by_drone(batch.frames):
            before = self._drones.get(number) or Drone(drone_id=batch.sources[number])
            after[number] = Drone(
                race_id=self.race_id,
                number=number,
                drone_id=before.drone_id,
                velocity_derived=batch.derives_velocity,
                frame_count=before.frame_count + count,
                last_seq=max(before.last_seq, seq),
                last_time=max(before.last_time, time),
            )
        return after


def _by_drone(frames: NDArray[Any]) -> Iterator[tuple[int, int, int, int]]:
    """Give of each drone of FRAMEs or ENTRYs: its number, how many they are, their highest number and time (µs)."""
    if not len(frames):
        return
    order = np.argsort(frames["drone"], kind="stable")
    drones = frames["drone"][order]
    starts = np.flatnonzero(np.concatenate(([True], drones[1:] != drones[:-1])))
    yield from zip(
        drones[starts].tolist(),
        np.diff(starts, append=len(drones)).tolist(),
        np.maximum.reduceat(frames["seq"][order], starts).tolist(),
        np.maximum.reduceat(frames["time"][order], starts).tolist(),
        strict=True,
    )
