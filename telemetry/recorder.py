"""The recorder: takes a race's frames into its journal, and moves them into the database in a thread of its own.

The journal is the only buffer. While the database is away, frames stay there and the recorder looks again every few
seconds; nobody who flies or watches notices. One thread owns the way into the database, another syncs the journals,
so that a database that hangs does not keep frames from the disk.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from races.models import Race
from races.services import close_race
from telemetry import journal, journal_reader
from telemetry.journal import JournalWriter
from telemetry.recording import RaceRecording, RecordingStopped
from telemetry.transfer import DroneState, RaceGone, Transfer

__all__ = ["DroneState", "RaceGone", "RaceRecording", "Recorder", "RecordingStopped", "Stats"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_SECONDS: Final = (0.5, 1.0, 2.0, 5.0)  # while the database is away; the last one repeats
STOPPED_RETRY_SECONDS: Final = 60.0  # for a race whose frames the database refuses
CLOSE_SECONDS: Final = 10.0  # without a frame recorded, after which `close` leaves the rest to the journals


@dataclass(slots=True)
class Stats:
    """`recorded` frames since the start; `backlog` frames that are only in journals; `state` in a person's words."""

    recorded: int
    backlog: int
    state: str


@dataclass(slots=True)
class _Track:
    """A journal on its way into the database: an open race's, or one that was left behind."""

    race_id: UUID
    recording: RaceRecording | None = None
    transfer: Transfer | None = None
    backlog: int = 0  # frames that were in the journal before this process appended any
    taken: int = 0  # frames
    ending: Future[None] | None = None
    stopped: str = ""  # why the database refuses its frames
    retry_at: float = 0.0
    is_gone: bool = False  # the race has been deleted

    @property
    def unrecorded(self) -> int:
        appended = self.recording.appended if self.recording else 0
        return 0 if self.is_gone else max(0, self.backlog + appended - self.taken)


@dataclass(slots=True)
class _Absence:
    """Why the database is away, and when to look again (clock seconds)."""

    reason: str = ""
    tries: int = 0
    until: float = 0.0


class Recorder:
    """Records the open races of this process. `directory` holds the journals; `clock` gives monotonic seconds.

    `open` and `close` wait, and are for a loop's executor. Without `start` nothing runs by itself, and `step` does
    one round.
    """

    def __init__(self, directory: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._clock = clock
        self._tracks: dict[UUID, _Track] = {}
        self._requests: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._syncer: threading.Thread | None = None
        self._absence = _Absence()
        self._recorded = 0
        self._since_wake = 0
        self._sync_problem = ""

    # --- For the loop, from any thread -------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads. What earlier processes left in journals is recorded too."""
        self._requests.put(self.recover)
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._syncer = threading.Thread(target=self._sync_until_closed, name="journal-sync", daemon=True)
        self._thread.start()
        self._syncer.start()

    def open(self, race: Race) -> RaceRecording:
        """Begin to record a race, in its present stream format; what its journal still holds is counted in.

        Waits, also for a recorder that is busy. Raises OperationalError while the database is away, RaceGone when
        the race has been deleted, RecordingStopped when the recorder has been closed.
        """
        return self._ask(lambda: self._open(race))

    def close(self) -> None:
        """Record what is in the journals, then stop; at once, and loudly, when the database is away."""
        self._closing.set()
        self._wake.set()
        if self._thread is None:
            self._finish()
        else:
            self._join(self._thread)
        self._closed.set()
        if self._syncer is not None:
            self._syncer.join(CLOSE_SECONDS)
        for track in list(self._tracks.values()):
            if track.recording is not None:
                self._sync(track.recording.writer)
                track.recording.writer.close()
            if track.ending is not None:
                track.ending.cancel()
        if left := self.stats.backlog:
            logger.error("%s frames are only in journals (%s). The next start records them.", left, self.stats.state)

    @property
    def stats(self) -> Stats:
        """What has been done and how things are."""
        tracks = list(self._tracks.values())
        problems = (
            *(track.recording.problem for track in tracks if track.recording),
            self._sync_problem,
            *(f"stopped: race {track.race_id}: {track.stopped}" for track in tracks if track.stopped),
            f"database away: {self._absence.reason}" if self._absence.reason else "",
        )
        state = next(filter(None, problems), "ok")
        return Stats(self._recorded, sum(track.unrecorded for track in tracks), state)

    def _ask(self, what: Callable[[], T]) -> T:
        """Let the recorder's thread do something, and give its result."""
        if self._thread is None:
            return what()
        answer: Future[T] = Future()

        def do() -> None:
            try:
                answer.set_result(what())
            except BaseException as error:  # noqa: BLE001  whatever it is, it is the asker's
                answer.set_exception(error)

        self._requests.put(do)
        self._wake.set()
        while not answer.done():
            if not self._thread.is_alive():
                raise RecordingStopped("The recorder has been closed.")
            wait([answer], timeout=1.0)
        return answer.result()

    def _appended(self, frames: int) -> None:
        # A full batch is moved before its time.
        self._since_wake += frames
        if self._since_wake >= settings.DRIFT_RECORD_BATCH:
            self._since_wake = 0
            self._wake.set()

    def _end(self, recording: RaceRecording) -> Future[None]:
        done: Future[None] = Future()

        def mark() -> None:
            track = self._tracks.get(recording.race_id)
            if track is None or track.recording is not recording:
                done.cancel()  # opened anew meanwhile: the race goes on
            else:
                track.ending, track.retry_at = done, 0.0

        self._requests.put(mark)
        self._wake.set()
        return done

    def _let_go(self, recording: RaceRecording) -> None:
        def release() -> None:
            track = self._tracks.get(recording.race_id)
            if track is not None and track.recording is recording:
                self._release(track)

        self._requests.put(release)
        self._wake.set()

    def _join(self, thread: threading.Thread) -> None:
        while thread.is_alive():
            before = self._recorded
            thread.join(CLOSE_SECONDS)
            if thread.is_alive() and self._recorded == before:
                logger.error("The database does not answer; the recorder is left to itself.")
                return

    # --- The recorder's thread ---------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                if not self.step():
                    self._wake.wait(settings.DRIFT_RECORD_INTERVAL_MS / 1000)
                    self._wake.clear()
            self._finish()
        finally:
            connection.close()

    def _finish(self) -> None:
        while self.step():
            pass

    def step(self) -> bool:
        """Do what has been asked, then move one batch of every race; True when there is more to move at once."""
        while not self._requests.empty():
            self._requests.get()()
        if self._absence.reason and not self._is_back():
            return False
        more = False
        for track in list(self._tracks.values()):
            if track.retry_at <= self._clock():
                more = self._advance(track) or more
            if self._absence.reason:
                return False
        return more

    def recover(self) -> None:
        """Take up the journals in the directory that are of no open race: their frames are recorded too."""
        for race_id in journal.journals(self._directory):
            self._tracks.setdefault(race_id, _Track(race_id))

    def _open(self, race: Race) -> RaceRecording:
        try:
            transfer = Transfer(self._directory, race.pk, most=settings.DRIFT_RECORD_BATCH)
        except DatabaseError:
            connection.close()
            raise
        limit = journal_reader.tail(self._directory, race.pk)
        held = transfer.unrecorded(limit)
        writer = JournalWriter(
            self._directory,
            race.pk,
            race.stream_format,
            first_segment=max(limit.segment, transfer.committed.segment) + 1,
            segment_bytes=settings.DRIFT_JOURNAL_SEGMENT_MB << 20,
        )
        recording = RaceRecording(
            race.pk, writer, held, on_append=self._appended, on_end=self._end, on_release=self._let_go
        )
        if (before := self._tracks.get(race.pk)) is not None:
            self._release(before)
        self._tracks[race.pk] = _Track(race.pk, recording, transfer, backlog=held.frames)
        return recording

    def _release(self, track: _Track) -> None:
        if track.recording is not None:
            track.backlog += track.recording.appended
            track.recording.writer.close()
            track.recording = None
        if track.ending is not None:
            track.ending.cancel()
            track.ending = None

    def _advance(self, track: _Track) -> bool:
        try:
            return self._move(track)
        except RaceGone:
            self._gone(track)
        except (OperationalError, InterfaceError) as error:
            self._away(error)
        except Exception as error:  # noqa: BLE001  one race's fault must not keep the others from the database
            self._stop(track, error)
        return False

    def _move(self, track: _Track) -> bool:
        if track.is_gone:
            return self._finish_track(track)
        limit = track.recording.writer.tail if track.recording else journal_reader.tail(self._directory, track.race_id)
        if track.transfer is None:
            track.transfer = Transfer(self._directory, track.race_id, most=settings.DRIFT_RECORD_BATCH)
            track.backlog = track.transfer.unrecorded(limit).frames - (
                track.recording.appended if track.recording else 0
            )
            track.taken = 0
        step = track.transfer.step(limit, ending=track.ending is not None)
        self._recorded += step.recorded
        track.taken += step.taken
        track.stopped = ""
        if not step.drained:
            return True
        if track.recording is None or track.ending is not None:
            return self._finish_track(track)
        return False

    def _finish_track(self, track: _Track) -> bool:
        """All of a journal is recorded: tell whoever waits, and remove it if its race has ended."""
        if track.ending is not None:
            if track.ending.set_running_or_notify_cancel():
                track.ending.set_result(None)
            track.ending = None
            self._release(track)
        elif track.recording is not None:
            return False
        if not track.is_gone:
            status = Race.objects.filter(pk=track.race_id).values_list("status", flat=True).first()
            if status is None:
                raise RaceGone(track.race_id)
            if status == Race.Status.ENDED and track.transfer is not None:
                track.transfer.confirm()
            if status != Race.Status.ENDED or settings.DRIFT_JOURNAL_KEEP:
                del self._tracks[track.race_id]
                return False
        journal.remove(self._directory, track.race_id)
        del self._tracks[track.race_id]
        return False

    def _gone(self, track: _Track) -> None:
        if track.recording is None:
            logger.warning("The journal of race %s is of no race in this database. It is kept.", track.race_id)
            del self._tracks[track.race_id]
            return
        logger.warning("Race %s has been deleted while frames came; they are not recorded.", track.race_id)
        track.is_gone, track.stopped = True, ""

    def _away(self, error: Exception) -> None:
        absence = self._absence
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        if reason != absence.reason:
            logger.error("The database is away, frames stay in the journals: %s", reason)
        absence.reason = reason
        absence.until = self._clock() + RETRY_SECONDS[min(absence.tries, len(RETRY_SECONDS) - 1)]
        absence.tries += 1
        connection.close()

    def _is_back(self) -> bool:
        if self._clock() < self._absence.until and not self._closing.is_set():
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError as error:
            self._away(error)
            return False
        logger.warning("The database is back; %s frames wait in the journals.", self.stats.backlog)
        self._absence = _Absence()
        return True

    def _stop(self, track: _Track, error: Exception) -> None:
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

    # --- The syncing thread ------------------------------------------------------------------------------------

    def _sync_until_closed(self) -> None:
        interval = settings.DRIFT_JOURNAL_FSYNC_MS / 1000
        while not self._closed.wait(interval or 1.0):
            for track in list(self._tracks.values()):
                if (recording := track.recording) is not None:
                    self._sync(recording.writer, to_disk=bool(interval))

    def _sync(self, writer: JournalWriter, *, to_disk: bool = True) -> None:
        try:
            writer.sync(to_disk=to_disk)
        except OSError as error:
            if not self._sync_problem:
                logger.error("A journal cannot be brought to the disk: %s", error)
            self._sync_problem = f"journal not synced: {error}"
        else:
            self._sync_problem = ""
