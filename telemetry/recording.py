"""A race that is being recorded, as the ingest sees it: frames go in, into the journal; the recorder does the rest."""

import errno
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final
from uuid import UUID

from telemetry.journal import JournalWriter, Numbers
from telemetry.transfer import Unrecorded

logger = logging.getLogger(__name__)

_FULL: Final = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


class RecordingStopped(Exception):
    """Frames of a race could not be recorded; its journal keeps them."""


class RaceRecording:
    """An open race; its methods belong to the loop's thread.

    `drones` (by number) and `started` are what the race had when it was opened, in the database and the journal
    together: `started` is the time of its first frame in µs since 1970, from the first `append` on if it had none.
    """

    def __init__(
        self,
        race_id: UUID,
        writer: JournalWriter,
        held: Unrecorded,
        *,
        on_append: Callable[[int], None],
        on_end: Callable[["RaceRecording"], Future[None]],
        on_release: Callable[["RaceRecording"], None],
    ) -> None:
        self.race_id = race_id
        self.writer = writer
        self.drones = held.drones
        self.started = held.started
        self.appended = 0  # frames
        self.problem = ""  # why the last frames could not be written
        self._lost = 0
        self._on_append = on_append
        self._on_end = on_end
        self._on_release = on_release

    def append(
        self,
        drones: Numbers,
        seqs: Numbers,
        times: Numbers,
        sources: Sequence[str],
        datagrams: Sequence[bytes],
    ) -> None:
        """Accept frames: they are in the journal when this returns, by one write, and nothing else is waited for.

        All five are of one length. `sources` are the drones' ids (`ip` or `ip:port`); `times` are µs since 1970,
        rising for each drone. OSError (a full disk) means that none of them is accepted; the next call tries again.
        """
        if not len(datagrams):
            return
        try:
            self.writer.append(drones, seqs, times, sources, datagrams)
        except OSError as error:
            self._lost += len(datagrams)
            kind = "disk full" if error.errno in _FULL else "journal not writable"
            if not self.problem:
                logger.error("Race %s is not recorded at present: %s: %s", self.race_id, kind, error)
            self.problem = f"{kind}: {error}"
            raise
        if self.problem:
            logger.warning("Race %s is recorded again; %s frames were not.", self.race_id, self._lost)
            self.problem, self._lost = "", 0
        if self.started is None:
            self.started = int(times[0])
        self.appended += len(datagrams)
        self._on_append(len(datagrams))

    def end(self) -> Future[None]:
        """No more frames will come. Done when the last one is in the database and the race is marked ended.

        RecordingStopped when the database refuses the frames: the race is ended then, and its journal kept.
        Cancelled when the recorder closes before.
        """
        return self._on_end(self)

    def release(self) -> None:
        """Let go of the race, which goes on: what has been appended is recorded, and `Recorder.open` opens it anew."""
        self._on_release(self)
