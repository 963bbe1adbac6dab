"""One viewer's replay: the pacing of telemetry.replay, frames out of the database, and the viewer they go to.

A session holds the frames of a second or two, however long the race, and of a race that was timed what
telemetry.replay_timing needs. A viewer that does not keep up makes its own
replay wait: no frame is left out, and nobody else notices.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol
from uuid import UUID

import numpy as np
import orjson
from django.conf import settings

from races.models import Race
from telemetry import pages, snapshot
from telemetry.batches import Batch
from telemetry.frames import FrameArray, empty
from telemetry.hub import ITEMS, Wish
from telemetry.recordings import Recording, recording_of
from telemetry.replay import BadCommand, Player, Span, State, obey
from telemetry.replay_threads import in_replay_thread
from telemetry.replay_timing import Timing, TimingReplay, timing_of
from telemetry.viewer import NO_SUCH_RACE, Viewer

WINDOW_SECONDS: Final = 1.0  # of the viewer's time, that is read at once; as much again is read ahead
WINDOW_FRAMES: Final = 4000  # about the most that is read at once
LONGEST_STEP: Final = 0.5  # s that a replay makes up for when the viewer or the database was slow


class Reader(Protocol):
    """Where a session's frames come from."""

    async def window(self, first: int, end: int) -> FrameArray:
        """Give the frames from `first` on and before `end` (µs since 1970), in order."""

    async def latest(self, until: int) -> FrameArray:
        """Give each drone's last frame up to `until` (µs since 1970)."""


class DatabaseReader:
    """The frames of some drones of a race out of the database."""

    def __init__(self, race_id: UUID, drones: list[int]) -> None:
        self._race_id = race_id
        self._drones = drones

    async def window(self, first: int, end: int) -> FrameArray:
        frames: FrameArray = await in_replay_thread(pages.window)(self._race_id, self._drones, first=first, end=end)
        return frames

    async def latest(self, until: int) -> FrameArray:
        frames: FrameArray = await in_replay_thread(pages.latest)(self._race_id, self._drones, until=until)
        return frames


class Windows:
    """The part of a recording that is being played, and the part behind it, which is read meanwhile."""

    def __init__(self, reader: Reader, recording: Recording) -> None:
        self._reader = reader
        self._last = recording.end
        seconds = recording.duration / 1e6
        self._rate = recording.frame_count / seconds if seconds > 0 else 1.0  # frames/s
        self._frames = empty(0)
        self._start = self._end = 0  # µs since 1970
        self._ahead: asyncio.Task[FrameArray] | None = None
        self._ahead_end = 0

    async def frames(self, first: int, end: int, speed: float) -> FrameArray:
        """Give the frames from `first` on and before `end` (µs since 1970). Only for the next ones little is waited."""
        parts = []
        while first < end:
            if not self._start <= first < self._end:
                await self._turn_to(first, speed)
            until = min(end, self._end)
            times = self._frames["time"]
            parts.append(self._frames[np.searchsorted(times, first) : np.searchsorted(times, until)])
            first = until
        return np.concatenate(parts) if parts else empty(0)

    async def _turn_to(self, first: int, speed: float) -> None:
        length = self._length(speed)
        frames = None
        if self._ahead is not None:
            # Awaited also where it is not wanted any more: a viewer who seeks all the time has one query running.
            frames, start, end = await self._ahead, self._end, self._ahead_end
            self._ahead = None
            if not start <= first < end:
                frames = None
        if frames is None:
            start, end = first, first + length
            frames = await self._reader.window(start, end)
        self._frames, self._start, self._end = frames, start, end
        if end <= self._last:
            self._ahead_end = end + length
            self._ahead = asyncio.create_task(self._read(end, self._ahead_end))

    async def _read(self, first: int, end: int) -> FrameArray:
        return await self._reader.window(first, end)

    def _length(self, speed: float) -> int:
        seconds = min(WINDOW_SECONDS * speed, WINDOW_FRAMES / self._rate)
        return max(int(seconds * 1e6), 10_000)

    async def close(self) -> None:
        if self._ahead is not None:
            await asyncio.wait([self._ahead])
            self._ahead.exception()  # of a window that nobody wants, a failure is no news


class Session:
    """A viewer's replay of one recording. `command` may be called at any time, from the same loop."""

    def __init__(
        self,
        recording: Recording,
        player: Player,
        viewer: Viewer,
        wish: Wish,
        reader: Reader,
        *,
        tick: float,
        timing: TimingReplay | None = None,
    ) -> None:
        """`reader` gives all drones' frames where the race was timed, since they are ranked together."""
        self._recording = recording
        self._player = player
        self._viewer = viewer
        self._wish = wish
        self._reader = reader
        self._tick = tick  # s between two messages
        self._timing = timing
        self._windows = Windows(reader, recording)
        self._number = 0
        self._woken = asyncio.Event()
        self._has_news = True  # the viewer is to be told how the replay stands
        self._has_jumped = False

    def command(self, text: str | bytes) -> None:
        """Do what the viewer says, or tell them why not."""
        try:
            self._has_jumped |= obey(self._player, text)
        except BadCommand as error:
            self._event({"type": "error", "detail": str(error)})
            return
        self._has_news = True
        self._woken.set()

    def seek(self, to: int) -> None:
        self._player.seek(to)
        self._has_jumped = True

    async def begin(self, hello: dict[str, Any]) -> None:
        """Greet the viewer with `hello`, and with the standings at the moment from which it plays."""
        standings = []
        if self._timing is not None:
            _, (event,) = await self._turn_to(self._player.time + 1 if self._has_jumped else 0)
            standings = event["standings"]
        self._viewer.begin({**hello, "standings": standings})

    async def run(self) -> None:
        """Play until cancelled; `begin` comes first."""
        try:
            while True:
                self._woken.clear()
                await self._show()
                await self._pause()
        finally:
            await self._windows.close()

    async def _show(self) -> None:
        if self._has_jumped or self._has_news:
            await self._tell()
        await self._viewer.room()
        was = self._player.state
        spans = self._player.advance()
        has_ended = self._player.state != was
        for span in spans:
            if span.jumped:
                self._tell_state(span.start)
                _, standings = await self._turn_to(span.start)
                self._events(standings)
            await self._play(span)
        if has_ended:
            if self._timing is not None:
                self._events(self._timing.end())
            self._tell_state(self._player.duration)

    async def _pause(self) -> None:
        """Wait for the next tick, or where nothing plays, for a command."""
        playing = self._player.state == State.PLAYING
        try:
            await asyncio.wait_for(self._woken.wait(), self._tick if playing else None)
        except TimeoutError:
            return

    async def _tell(self) -> None:
        """Say how the replay stands, and after a jump, where each drone is."""
        jumped, self._has_jumped, self._has_news = self._has_jumped, False, False
        at = self._player.time
        self._tell_state(at)
        if jumped:
            latest, standings = await self._turn_to(at + 1)
            await self._offer(latest)
            self._events(standings)

    async def _turn_to(self, first: int) -> tuple[FrameArray, list[dict[str, Any]]]:
        """Give each drone's last frame before `first`, and where the race is timed, the `standings` there."""
        moment = self._recording.start + first
        latest = await self._reader.latest(moment - 1)
        return latest, [] if self._timing is None else [await self._timing.turn_to(moment, latest)]

    async def _play(self, span: Span) -> None:
        start = self._recording.start
        frames = await self._windows.frames(start + span.start, start + span.end, self._player.speed)
        if self._timing is None:
            await self._offer(frames)
            return
        for time, happened in await self._timing.due(start + span.end):
            count = int(np.searchsorted(frames["time"], time, "right"))
            self._timing.see(frames[:count])
            await self._offer(frames[:count])
            frames = frames[count:]
            if self._has_jumped:
                return  # the viewer is elsewhere by now
            self._events(self._timing.tell(happened))
        self._timing.see(frames)
        await self._offer(frames)
        self._events(self._timing.now_and_then())

    async def _offer(self, frames: FrameArray) -> None:
        """Let the viewer have frames, those of the drones that they asked for, once there is room for them."""
        await self._viewer.room()
        if self._wish.drones is not None:
            frames = frames[np.isin(frames["drone"], list(self._wish.drones))]
        if not len(frames):
            return
        recording = self._recording
        self._number += 1
        batch = Batch(
            self._number,
            recording.start,
            recording.drone_ids,
            frames,
            velocity_derived=recording.velocity_derived,
        )
        self._viewer.offer_frames(ITEMS[self._wish.form](batch))

    def _tell_state(self, at: int) -> None:
        player = self._player
        loop = [player.loop.start / 1e6, player.loop.end / 1e6] if player.loop else None
        self._event(
            {
                "type": "replay",
                "state": player.state,
                "time": at / 1e6,
                "speed": player.speed,
                "loop": loop,
                "duration": player.duration / 1e6,
            }
        )

    def _events(self, events: list[dict[str, Any]]) -> None:
        for event in events:
            self._event(event)

    def _event(self, event: dict[str, Any]) -> None:
        self._viewer.offer_event(orjson.dumps(event).decode())


def look_up(race_id: UUID) -> tuple[dict[str, Any], Recording, Timing | None] | None:
    """Give a race's `hello` without standings, its recording and what it was timed by; None where it is gone."""
    hello = snapshot.hello(race_id, of_now=False)
    race = Race.objects.select_related("track").filter(pk=race_id).first()
    return None if hello is None or race is None else (hello, recording_of(race), timing_of(race))


async def serve(
    race_id: UUID,
    viewer: Viewer,
    wish: Wish,
    *,
    speed: float,
    start: float | None,
    announce: Callable[[Session], None],
    clock: Callable[[], float] | None = None,
) -> None:
    """Replay a race to `viewer` until they go; `start` is in s since its first frame, None: its beginning.

    `announce` is given the session, for the viewer's commands, before anything is played. Raises OSError when the
    connection is gone.
    """
    found = await in_replay_thread(look_up)(race_id)
    if found is None:
        viewer.close(NO_SUCH_RACE)
        await viewer.run()
        return
    hello, recording, timed = found
    clock = clock or asyncio.get_running_loop().time
    tick = wish.every * settings.DRIFT_TICK_MS / 1000
    player = Player(clock, recording.duration, speed=speed, longest_step=max(2 * tick, LONGEST_STEP))
    timing = None if timed is None else TimingReplay(timed, recording.end + 1, clock)
    reader = DatabaseReader(race_id, recording.chosen(wish.drones if timing is None else None))
    session = Session(recording, player, viewer, wish, reader, tick=tick, timing=timing)
    if start is not None:
        session.seek(round(start * 1e6))
    await session.begin(hello)
    announce(session)
    await _until_first(session.run(), viewer.run())


async def _until_first(*jobs: Awaitable[None]) -> None:
    """Run jobs side by side until one ends or fails, then stop the others."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
