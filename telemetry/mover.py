"""What the recorder's thread does: moves the journals of all races into the database, one batch a race at a time.

A database that is away is looked for every few seconds; a race whose frames cannot be read, or are refused by the
database, is left for a minute, and keeps no other from it. So is a journal that is done with and cannot be removed.
Everything here may wait for the database.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from races.models import Race
from races.services import close_race
from telemetry import journal, journal_reader
from telemetry.journal import JournalWriter, Position
from telemetry.journal_reader import BadBlock
from telemetry.recording import RaceRecording, RecordingStopped
from telemetry.transfer import RaceGone, Transfer, Unrecorded

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = (0.5, 1.0, 2.0, 5.0)  # while the database is away; the last one repeats
STOPPED_RETRY_SECONDS: Final = 60.0  # for a race whose frames cannot be recorded, or whose journal cannot be removed


@dataclass(slots=True)
class Track:
    """A journal on its way into the database: an open race's, or one that was left behind."""

    race_id: UUID
    recording: RaceRecording | None = None
    transfer: Transfer | None = None
    backlog: int = 0  # frames that were in the journal before this process appended any
    taken: int = 0  # frames
    ending: Future[None] | None = None
    stopped: str = ""  # why its frames cannot be recorded
    retry_at: float = 0.0
    is_gone: bool = False  # the race has been deleted
    is_over: bool = False  # recorded whole, and ended: all that is left to do is to remove its journal
    recorded_to: int | None = None  # when the last recorded frame came, µs since 1970

    @property
    def unrecorded(self) -> int:
        appended = self.recording.appended if self.recording else 0
        return 0 if self.is_gone else max(0, self.backlog + appended - self.taken)

    @property
    def waiting_since(self) -> int | None:
        """About when the first frame came that is not recorded (µs since 1970); None where none waits."""
        if not self.unrecorded:
            return None
        return self.recorded_to or (self.recording.started if self.recording else None)


@dataclass(slots=True)
class _Absence:
    """Why the database is away, and when to look again (clock seconds)."""

    reason: str = ""
    tries: int = 0
    until: float = 0.0


class Mover:
    """The journals in `directory` on their way into the database; `clock` gives monotonic seconds.

    `tracks`, `recorded` frames and `absence` may be looked at by any thread, all else belongs to one.
    """

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.tracks: dict[UUID, Track] = {}
        self.recorded = 0
        self.absence = _Absence()
        self._directory = directory
        self._clock = clock

    def step(self, *, between: Callable[[], None] = lambda: None, in_a_hurry: bool = False) -> bool:
        """Move one batch of every race; True when there is more to move at once.

        `between` is called after each race, and may open and end races. `in_a_hurry`, a database that is away is looked
        for now, and not when it is time.
        """
        if self.absence.reason and not self._is_back(in_a_hurry=in_a_hurry):
            return False
        more = False
        tracks = list(self.tracks.values())
        for track, following in zip(tracks, [*tracks[1:], *tracks[:1]], strict=True):
            if self.tracks.get(track.race_id) is track and track.retry_at <= self._clock():
                more = self._advance(track, following) or more
                between()
            if self.absence.reason:
                return False
        return more

    def recover(self) -> None:
        """Take up the journals in the directory that are of no open race: their frames are recorded too."""
        for race_id in journal.journals(self._directory):
            self.tracks.setdefault(race_id, Track(race_id))
        for race_id in journal.marked_deleted(self._directory):
            self.tracks[race_id] = Track(race_id, is_gone=True)

    def open(self, race: Race, recorded_by: Callable[[JournalWriter, Unrecorded], RaceRecording]) -> RaceRecording:
        """Take up a race that is to be recorded; `recorded_by` makes its recording."""
        try:
            transfer = Transfer(self._directory, race.pk, most=settings.DRIFT_RECORD_BATCH)
        except DatabaseError:
            connection.close()
            raise
        limit = journal_reader.tail(self._directory, race.pk)
        held = _readable(transfer, limit)
        writer = JournalWriter(
            self._directory,
            race.pk,
            race.stream_format,
            first_segment=max(limit.segment, transfer.committed.segment) + 1,
            segment_bytes=settings.DRIFT_JOURNAL_SEGMENT_MB << 20,
        )
        recording = recorded_by(writer, held)
        if (before := self.tracks.get(race.pk)) is not None:
            self._release(before)
        self.tracks[race.pk] = Track(
            race.pk, recording, transfer, backlog=held.frames, recorded_to=transfer.recorded_to
        )
        return recording

    def end(self, recording: RaceRecording, done: Future[None]) -> None:
        """End a race with its last frame; `done` says when."""
        track = self.tracks.get(recording.race_id)
        if track is None or track.recording is not recording:
            done.cancel()  # opened anew meanwhile: the race goes on
        else:
            track.ending, track.retry_at = done, 0.0

    def let_go(self, recording: RaceRecording) -> None:
        """Forget that a race is open; what its journal holds is recorded."""
        track = self.tracks.get(recording.race_id)
        if track is not None and track.recording is recording:
            self._release(track)

    def _release(self, track: Track) -> None:
        if track.recording is not None:
            track.backlog += track.recording.appended
            track.recording.writer.close()
            track.recording = None
        if track.ending is not None:
            track.ending.cancel()
            track.ending = None

    def _advance(self, track: Track, following: Track) -> bool:
        try:
            return self._move(track, following)
        except RaceGone:
            self._gone(track)
        except (OperationalError, InterfaceError) as error:
            self._away(error)
        except Exception as error:  # noqa: BLE001  one race's fault must not keep the others from the database
            self._stop(track, error)
        return False

    def _limit(self, track: Track) -> Position:
        return track.recording.writer.tail if track.recording else journal_reader.tail(self._directory, track.race_id)

    def _prepare(self, track: Track) -> None:
        """Make a race's next batch ready while the database works on another's: one, so that memory is bounded."""
        if track.transfer is None or track.is_gone or track.retry_at > self._clock():
            return
        try:
            track.transfer.prepare(self._limit(track))
        except Exception as error:  # noqa: BLE001  not the fault of the frames in hand; its own step meets it again
            logger.debug("The journal of race %s could not be read ahead: %s", track.race_id, error)

    def _move(self, track: Track, following: Track) -> bool:
        if track.is_gone or track.is_over:
            return self._finish_track(track)
        limit = self._limit(track)
        if track.transfer is None:
            track.transfer = Transfer(self._directory, track.race_id, most=settings.DRIFT_RECORD_BATCH)
            track.backlog = _readable(track.transfer, limit).frames - (
                track.recording.appended if track.recording else 0
            )
            track.taken = 0
        step = track.transfer.step(limit, ending=track.ending is not None, meanwhile=lambda: self._prepare(following))
        self.recorded += step.recorded
        track.taken += step.taken
        track.recorded_to = track.transfer.recorded_to
        track.stopped = ""
        if not step.drained:
            return True
        if track.recording is None or track.ending is not None:
            return self._finish_track(track)
        return False

    def _finish_track(self, track: Track) -> bool:
        """All of a journal is recorded: tell whoever waits, and remove it if its race has ended."""
        if track.ending is not None:
            if track.ending.set_running_or_notify_cancel():
                track.ending.set_result(None)
            track.ending = None
            self._release(track)
        elif track.recording is not None:
            return False
        if track.is_gone or track.is_over or self._may_go(track):
            self._remove(track)
        else:
            del self.tracks[track.race_id]
        return False

    def _may_go(self, track: Track) -> bool:
        """Say whether the journal of a race, all of which is recorded, is needed no more."""
        status = Race.objects.filter(pk=track.race_id).values_list("status", flat=True).first()
        if status is None:
            raise RaceGone(track.race_id)
        if status == Race.Status.ENDED and track.transfer is not None:
            track.transfer.confirm()
        return status == Race.Status.ENDED and not settings.DRIFT_JOURNAL_KEEP

    def _remove(self, track: Track) -> None:
        """Remove a journal; where the system does not let go of it, later, or when a process starts."""
        try:
            journal.remove(self._directory, track.race_id, is_deleted=track.is_gone)
        except OSError as error:
            if not track.is_over:
                logger.warning(
                    "The journal of race %s is not needed any more, and cannot be removed yet: %s", track.race_id, error
                )
            track.is_over, track.transfer = True, None
            track.retry_at = self._clock() + STOPPED_RETRY_SECONDS
        else:
            del self.tracks[track.race_id]

    def _gone(self, track: Track) -> None:
        if track.recording is None:
            logger.warning("The journal of race %s is of no race in this database. It is kept.", track.race_id)
            del self.tracks[track.race_id]
            return
        logger.warning("Race %s has been deleted while frames came; they are not recorded.", track.race_id)
        track.is_gone, track.stopped = True, ""

    def _away(self, error: Exception) -> None:
        absence = self.absence
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        if reason != absence.reason:
            logger.error("The database is away, frames stay in the journals: %s", reason)
        absence.reason = reason
        absence.until = self._clock() + RETRY_SECONDS[min(absence.tries, len(RETRY_SECONDS) - 1)]
        absence.tries += 1
        connection.close()

    def _is_back(self, *, in_a_hurry: bool) -> bool:
        if self._clock() < self.absence.until and not in_a_hurry:
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError as error:
            self._away(error)
            return False
        logger.warning(
            "The database is back; %s frames wait in the journals.",
            sum(track.unrecorded for track in self.tracks.values()),
        )
        self.absence = _Absence()
        return True

    def _stop(self, track: Track, error: Exception) -> None:
        """Leave a race whose frames cannot be recorded, with its journal, for a while; end it if it is to end."""
        track.stopped = str(error).strip().partition("\n")[0] or type(error).__name__
        track.retry_at = self._clock() + STOPPED_RETRY_SECONDS
        at = track.transfer.committed if track.transfer else None
        track.transfer = None
        logger.error(
            "Frames of race %s behind %s of its journal cannot be recorded; the journal keeps them.",
            track.race_id, at, exc_info=error,
        )  # fmt: skip
        if track.ending is None:
            return
        try:
            close_race(race=Race.objects.get(pk=track.race_id))
        except (DatabaseError, Race.DoesNotExist) as failure:
            logger.error("Race %s cannot be ended either: %s", track.race_id, failure)
            return
        if track.ending.set_running_or_notify_cancel():
            track.ending.set_exception(RecordingStopped(track.stopped))
        track.ending = None
        self._release(track)


def _readable(transfer: Transfer, limit: Position) -> Unrecorded:
    """Give what a journal holds before `limit`, or before a block that cannot be read: the step that meets it tells."""
    while True:
        try:
            return transfer.unrecorded(limit)
        except BadBlock as error:
            limit = error.position
