"""The fan-out of a web process: one `RaceHub` a watched race, one subscription to its group, any number of viewers.

Channels would deliver every message to every consumer through its own dispatch, which costs a thread hop each time
(docs/decisions/0003-one-hub-a-race.md). The hub receives a race's message once, encodes each distinct form at most
once, and puts it into its viewers' queues; nothing here waits for a viewer.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

import orjson
from channels.db import database_sync_to_async
from django.conf import settings

from races.announce import race_group
from races.events import drone_event
from telemetry import snapshot
from telemetry.alive import say_alive
from telemetry.batches import Batch, joined
from telemetry.subscription import Subscription
from telemetry.viewer import NO_SUCH_RACE, OVER, BinaryFrames, FramesItem, JsonFrames, OriginalFrames, Viewer

logger = logging.getLogger(__name__)

# The end of a race is told by a message, which may be lost: a silent race is looked up.
SILENT_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 1.0  # while a snapshot cannot be read

Form = Literal["original", "json", "binary"]
ITEMS: Final[dict[Form, type[FramesItem]]] = {
    "original": OriginalFrames,
    "json": JsonFrames,
    "binary": BinaryFrames,
}


@dataclass(frozen=True)
class Wish:
    """What a viewer asked for: the form, a message every so many ticks, and which drones (None: all)."""

    form: Form
    every: int = 1
    drones: frozenset[int] | None = None


class Stream:
    """The viewers of one wish: what they get is encoded once for all of them."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.viewers: set[Viewer] = set()
        self._batches: list[Batch] = []
        self._timer: asyncio.TimerHandle | None = None

    def push(self, batch: Batch) -> None:
        wish = self.wish
        if wish.form == "json":
            batch.objects  # noqa: B018  encoded once here, shared by every JSON stream however it joins the batches
        if wish.drones is not None:
            batch = batch.only(wish.drones)
        if len(batch.frames):
            self._batches.append(batch)
        if not self._batches:
            return
        if len(self._batches) >= wish.every:
            self.flush()
        elif self._timer is None:
            # Ticks without frames send nothing, so the count alone would hold the last frames back.
            delay = wish.every * settings.DRIFT_TICK_MS / 1000
            self._timer = asyncio.get_running_loop().call_later(delay, self.flush)

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._batches:
            item = ITEMS[self.wish.form](joined(self._batches))
            self._batches = []
            for viewer in self.viewers:
                viewer.offer_frames(item)


class RaceHub:
    """All viewers of one race in this process."""

    def __init__(self, race_id: UUID, hello: Callable[[UUID], Awaitable[dict[str, Any] | None]]) -> None:
        self.race_id = race_id
        self._hello = hello
        self._streams: dict[Wish, Stream] = {}
        self._known_drones: set[int] = set()
        # Drones that batches told of before any viewer had a hello, by number: a hello knows them better, with names.
        self._unannounced: dict[int, dict[str, Any]] | None = {}
        self._last_number: int | None = None
        self._subscription = Subscription(race_group(race_id), f"Race {race_id}", self.handle, self._start_anew)
        self._tasks: list[asyncio.Task[None]] = []
        self._snapshot_task: asyncio.Task[None] | None = None
        self._is_stale = False  # what viewers were told may lack something

    def start(self) -> None:
        jobs = (self._subscription.run(), self._keep(), say_alive(self._event))
        self._tasks = [asyncio.create_task(job) for job in jobs]

    async def stop(self) -> None:
        tasks = [task for task in (*self._tasks, self._snapshot_task) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def viewer_count(self) -> int:
        return sum(len(stream.viewers) for stream in list(self._streams.values()))

    async def add(self, viewer: Viewer, wish: Wish) -> None:
        """Let `viewer` have everything from now on, headed by a `hello` of the race as it is."""
        stream = self._streams.setdefault(wish, Stream(wish))
        stream.viewers.add(viewer)
        await self._subscription.ready.wait()
        # The viewer is in its stream before the snapshot is read, so that nothing between the two is missed.
        hello = await self._hello(self.race_id)
        if hello is None:
            viewer.close(NO_SUCH_RACE)
            return
        viewer.begin(hello)
        self._greeted({drone["drone"] for drone in hello["drones"]})
        if hello["race"]["status"] == "ended":
            viewer.close(OVER)

    def remove(self, viewer: Viewer, wish: Wish) -> None:
        stream = self._streams.get(wish)
        if stream is not None:
            stream.viewers.discard(viewer)
            if not stream.viewers:
                del self._streams[wish]

    def handle(self, message: dict[str, Any]) -> None:
        """Take one message of the race's group."""
        if message["type"] == "race.frames":
            self._frames(Batch.from_message(message))
        elif message["type"] == "race.event":
            self._event(message["event"])
        elif message["type"] == "race.anew":
            self._start_anew()

    def _frames(self, batch: Batch) -> None:
        if self._last_number is not None and batch.number != self._last_number + 1:
            self._start_anew()
        self._last_number = batch.number
        for number in batch.drone_ids.keys() - self._known_drones:
            self._known_drones.add(number)
            event = drone_event(number, batch.drone_ids[number], velocity_derived=batch.velocity_derived)
            if self._unannounced is None:
                self._event(event)
            else:
                self._unannounced[number] = event
        for stream in list(self._streams.values()):
            stream.push(batch)

    def _greeted(self, drones: set[int]) -> None:
        """Take up the drones that a hello named, and announce those that came too late for the first one."""
        self._known_drones |= drones
        early, self._unannounced = self._unannounced or {}, None
        for number in early.keys() - drones:
            self._event(early[number])

    def _event(self, event: dict[str, Any]) -> None:
        text = orjson.dumps(event).decode()
        ended = event["type"] == "race" and event.get("status") == "ended"
        for stream in list(self._streams.values()):
            stream.flush()  # an event never overtakes the frames before it
            for viewer in stream.viewers:
                viewer.offer_event(text)
                if ended:
                    viewer.close(OVER)

    def _start_anew(self) -> None:
        """Batches are missing, and events may be, or the race is another: every viewer gets it as it is now."""
        self._is_stale = True
        if self._snapshot_task is None or self._snapshot_task.done():
            self._snapshot_task = asyncio.create_task(self._send_snapshot())

    async def _send_snapshot(self) -> None:
        failing = False
        while self._is_stale:
            self._is_stale = False  # a gap that shows while the race is read wants another look
            try:
                hello = await self._hello(self.race_id)
            except Exception:
                if not failing:
                    logger.exception("Race %s could not be read for its viewers; trying again", self.race_id)
                failing = self._is_stale = True
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._show(hello)

    def _show(self, hello: dict[str, Any] | None) -> None:
        if hello is None:
            hello = {"type": "race", "race_id": str(self.race_id), "status": "ended"}  # deleted meanwhile
        else:
            self._known_drones.update(drone["drone"] for drone in hello["drones"])
        self._event(hello)
        if hello["type"] == "hello" and hello["race"]["status"] == "ended":
            self._event({"type": "race", "race_id": str(self.race_id), "status": "ended"})

    async def _keep(self) -> None:
        await self._subscription.ready.wait()
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SILENT_SECONDS)
            if loop.time() - self._subscription.last_heard > SILENT_SECONDS:
                await self._end_if_over()

    async def _end_if_over(self) -> None:
        try:
            hello = await self._hello(self.race_id)
        except Exception:
            logger.exception("Race %s could not be looked up", self.race_id)
            return
        if hello is None or hello["race"]["status"] == "ended":
            self._event({"type": "race", "race_id": str(self.race_id), "status": "ended"})


class Hubs:
    """The hubs of this process, made with a race's first viewer and gone with its last."""

    def __init__(self) -> None:
        self._hubs: dict[UUID, RaceHub] = {}

    async def join(self, race_id: UUID, viewer: Viewer, wish: Wish) -> None:
        hub = self._hubs.get(race_id)
        if hub is None:
            hub = self._hubs[race_id] = RaceHub(race_id, database_sync_to_async(snapshot.hello))
            hub.start()
        await hub.add(viewer, wish)

    async def leave(self, race_id: UUID, viewer: Viewer, wish: Wish) -> None:
        hub = self._hubs.get(race_id)
        if hub is None:
            return
        hub.remove(viewer, wish)
        if not hub.viewer_count:
            del self._hubs[race_id]
            await hub.stop()

    def viewer_count(self, race_id: UUID) -> int:
        hub = self._hubs.get(race_id)
        return hub.viewer_count if hub else 0

    @property
    def all_viewers(self) -> int:
        """The live viewers of all races; for any thread."""
        return sum(hub.viewer_count for hub in list(self._hubs.values()))


hubs = Hubs()
