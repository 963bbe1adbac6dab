"""The loop's side of timing: hands a race's frames to the timekeeper's thread, and its events to the viewers.

The loop waits for nothing: the engine and the database are the thread's. While the database is away events still go
out, and what they say is written when it is back; the frames are in the journal anyway.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError

from telemetry.frames import FrameArray
from telemetry.kept_connection import keep_connection
from telemetry.timed_race import TimedRace, Told

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

# Frames that wait while those before them are read: ten minutes of eight drones at 50 Hz, 60 MB.
MOST_HELD: Final = 240_000
RETRY_SECONDS: Final = 0.5
FINISH_SECONDS: Final = 10.0  # without success, after which the rest of a race is left to be timed again


class Timekeeper:
    """Times one race from the moment that it has a track.

    `tell` takes each event for viewers, in order, on the loop. `thread` runs one thing at a time.
    """

    def __init__(self, race_id: UUID, thread: Executor, tell: Callable[[dict[str, Any]], None]) -> None:
        self.race_id = race_id
        self._thread = thread
        self._tell = tell
        self._timed: TimedRace | None = None
        self._pending: list[FrameArray] = []
        self._held = 0
        self._look = False
        self._failed = False
        self._away = False
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def feed(self, frames: FrameArray) -> None:
        """Take frames that are in the journal."""
        if self._timed is None:
            return
        self._pending.append(frames)
        self._held += len(frames)
        if self._held > MOST_HELD:
            logger.warning("Race %s: timing fell behind, and goes on from the recording", self.race_id)
            self._forget()
        self._wake.set()

    def look(self, track_id: int | None, seqs: Mapping[int, int]) -> None:
        """Once a second: begin where the race has a track by now. `seqs` are the drones' last frame numbers."""
        if self._failed:
            return
        if self._timed is None and track_id is not None:
            self._timed = TimedRace(self.race_id, seqs)
            if self._task is None:
                self._task = asyncio.create_task(self._run())
        self._look = True
        self._wake.set()

    async def finish(self, *, ended: bool) -> None:
        """Time and write what is left, and where the race has `ended` tell its result; then stop."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait([self._task])
        self._task = None
        try:
            async with asyncio.timeout(FINISH_SECONDS):
                # What a race that goes on lacks is timed by the process that takes it over.
                while (timed := self._timed) is not None and (self._pending if timed.takes_frames else ended):
                    if not await self._round():
                        await asyncio.sleep(RETRY_SECONDS / 5)
                if timed is not None:
                    for event in await self._in_thread(partial(timed.finish, ended=ended)):
                        self._tell(event)
        except (TimeoutError, OperationalError, InterfaceError) as error:
            logger.error(
                "Race %s could not be timed to its end (%s): `manage.py retime_race` does it.",
                self.race_id,
                error or "the database does not answer",
            )
        except Exception:
            # Such as a race that is deleted just now. Whatever it is, its end is nobody else's.
            logger.exception("Race %s could not be timed to its end", self.race_id)

    def _forget(self) -> None:
        self._timed = None
        self._pending.clear()
        self._held = 0

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                if await self._round():
                    self._wake.set()
            except Exception:
                logger.exception("Race %s is not timed any more", self.race_id)
                self._failed = True
                self._forget()
                return

    async def _round(self) -> bool:
        """Do one step with what is there; True where more is to be done at once."""
        timed = self._timed
        if timed is None:
            return False
        batches = list(self._pending) if timed.takes_frames else []
        look, self._look = self._look, False
        step = asyncio.ensure_future(self._in_thread(lambda: timed.step(batches, look=look)))
        try:
            # To its end, even when this task is cancelled: else the frames would be given twice.
            told: Told = await asyncio.shield(step)
        except asyncio.CancelledError:
            await asyncio.wait([step])
            if step.exception() is None:
                self._took(timed, batches, step.result())
            raise
        except (OperationalError, InterfaceError) as error:
            return await self._wait_for_database(error)
        self._took(timed, batches, told)
        try:
            await self._in_thread(timed.write)
        except (OperationalError, InterfaceError) as error:
            return await self._wait_for_database(error)
        self._away = False
        return told.more

    def _took(self, timed: TimedRace, batches: list[FrameArray], told: Told) -> None:
        if told.over:
            self._forget()
        elif timed is self._timed:
            del self._pending[: len(batches)]
            self._held -= sum(map(len, batches))
        for event in told.events:
            self._tell(event)

    async def _wait_for_database(self, error: Exception) -> bool:
        if not self._away:
            logger.error("Race %s: laps are not written at present: %s", self.race_id, error)
        self._away = True
        await asyncio.sleep(RETRY_SECONDS)
        return False

    async def _in_thread(self, call: Callable[[], Result]) -> Result:
        def with_live_connection() -> Result:
            keep_connection()
            return call()

        return await asyncio.get_running_loop().run_in_executor(self._thread, with_live_connection)
