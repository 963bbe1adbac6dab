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

from django.conf import settings
from django.db import connection

from races.models import Race
from telemetry.journal import JournalWriter
from telemetry.mover import Mover
from telemetry.recording import RaceRecording, RecordingStopped
from telemetry.transfer import DroneState, RaceGone

__all__ = ["DroneState", "RaceGone", "RaceRecording", "Recorder", "RecordingStopped", "Stats"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

CLOSE_SECONDS: Final = 10.0  # without a frame recorded, after which `close` leaves the rest to the journals


@dataclass(slots=True)
class Stats:
    """`recorded` frames since the start; `backlog` frames that are only in journals; `state` in a person's words.

    `lag` is for how long the oldest of the backlog has about waited, s.
    """

    recorded: int
    backlog: int
    state: str
    lag: float = 0.0


class Recorder:
    """Records the open races of this process. `directory` holds the journals; `clock` gives monotonic seconds.

    `open` and `close` wait, and are for a loop's executor. Without `start` nothing runs by itself, and `step` does
    one round.
    """

    def __init__(self, directory: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._mover = Mover(directory, clock)
        self._requests: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._syncer: threading.Thread | None = None
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
        for track in list(self._mover.tracks.values()):
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
        tracks = list(self._mover.tracks.values())
        problems = (
            *(track.recording.problem for track in tracks if track.recording),
            self._sync_problem,
            *(f"stopped: race {track.race_id}: {track.stopped}" for track in tracks if track.stopped),
            f"database away: {self._mover.absence.reason}" if self._mover.absence.reason else "",
        )
        state = next(filter(None, problems), "ok")
        waiting = [track.waiting_since for track in tracks]
        since = min((moment for moment in waiting if moment is not None), default=None)
        lag = 0.0 if since is None else max(0.0, time.time() - since / 1e6)
        return Stats(self._mover.recorded, sum(track.unrecorded for track in tracks), state, lag)

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
        self._requests.put(lambda: self._mover.end(recording, done))
        self._wake.set()
        return done

    def _let_go(self, recording: RaceRecording) -> None:
        self._requests.put(lambda: self._mover.let_go(recording))
        self._wake.set()

    def _join(self, thread: threading.Thread) -> None:
        while thread.is_alive():
            before = self._mover.recorded
            thread.join(CLOSE_SECONDS)
            if thread.is_alive() and self._mover.recorded == before:
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
        self._answer()
        # Who asks waits for one race's batch at the most, not for all.
        return self._mover.step(between=self._answer, in_a_hurry=self._closing.is_set())

    def _answer(self) -> None:
        while not self._requests.empty():
            self._requests.get()()

    def recover(self) -> None:
        """Take up the journals in the directory that are of no open race: their frames are recorded too."""
        self._mover.recover()

    def _open(self, race: Race) -> RaceRecording:
        return self._mover.open(
            race,
            lambda writer, held: RaceRecording(
                race.pk, writer, held, on_append=self._appended, on_end=self._end, on_release=self._let_go
            ),
        )

    # --- The syncing thread ------------------------------------------------------------------------------------

    def _sync_until_closed(self) -> None:
        interval = settings.DRIFT_JOURNAL_FSYNC_MS / 1000
        while not self._closed.wait(interval or 1.0):
            for track in list(self._mover.tracks.values()):
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
