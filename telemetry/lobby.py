"""The lobby's fan-out: one subscription and one look into the database a process, for any number of viewers.

The channel layer's messages are hints. Whatever they say, the hub reads the races and tells each viewer what has
changed for them, so that a lost message, a command in another process or a frame that nobody announced cost a second
at most. What is said of a race is encoded once for all who may watch it, and once for those who may direct it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from races import lobby as races
from races.announce import LOBBY_GROUP
from races.lobby import Access, Listed
from races.models import Race
from telemetry.alive import say_alive
from telemetry.audience import Others, audience
from telemetry.clock import epoch_us
from telemetry.subscription import Subscription
from telemetry.viewer import Viewer

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
# Several hints at once, such as those of a race that is saved and renamed, are one look.
GATHER_SECONDS: Final = 0.05
# Changes with every tick of a live race: it is told with whatever else has changed.
UNTOLD: Final = frozenset({"frame_count"})

Read = Callable[[Iterable[UUID]], Awaitable[dict[UUID, Listed]]]


class Shown:
    """A race as the viewers know it."""

    def __init__(self, listed: Listed, viewers: int) -> None:
        self.listed = listed
        self.card = listed.described | {"viewers": viewers}
        self._texts: dict[bool, str] = {}

    def says_the_same_as(self, other: "Shown") -> bool:
        """Tell whether nobody learns anything new from `other`."""
        return (
            self.listed.access == other.listed.access
            and self.listed.race.creator_id == other.listed.race.creator_id
            and all(value == other.card[name] for name, value in self.card.items() if name not in UNTOLD)
        )

    def card_for(self, user: User | AnonymousUser) -> dict[str, Any]:
        return self.card | {"may_direct": self.listed.may_direct(user)}

    def text_for(self, user: User | AnonymousUser) -> str:
        """Give the `race` event, encoded once for each of the two kinds of viewers."""
        directs = self.listed.may_direct(user)
        if directs not in self._texts:
            self._texts[directs] = orjson.dumps({"type": "race", "race": self.card_for(user)}).decode()
        return self._texts[directs]


class LobbyHub:
    """All viewers of the lobby in this process."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._viewers: dict[Viewer, User | AnonymousUser] = {}
        self._waiting: set[Viewer] = set()  # for the first look
        self._shown: dict[UUID, Shown] = {}
        self._hinted: set[UUID] = set()
        self._former: dict[UUID, Access] = {}  # who could see a race that was hidden or deleted
        self._others = Others()
        self._wake = asyncio.Event()
        self._looked = asyncio.Event()
        self._subscription = Subscription(LOBBY_GROUP, "The lobby", self.handle, self._wake.set)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        jobs = (self._subscription.run(), self._look_on(), say_alive(self._tell_all))
        self._tasks = [asyncio.create_task(job) for job in jobs]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def viewer_count(self) -> int:
        return len(self._viewers) + len(self._waiting)

    async def add(self, viewer: Viewer, user: User | AnonymousUser) -> None:
        """Let `viewer` have every change from now on, headed by a `hello` with the active races."""
        self._waiting.add(viewer)
        await self._looked.wait()
        self._waiting.discard(viewer)
        self._viewers[viewer] = user
        viewer.begin(
            {
                "type": "hello",
                "races": [shown.card_for(user) for shown in self._shown.values() if shown.listed.access.admits(user)],
                "server_time": epoch_us(datetime.now(UTC)),
            }
        )

    def remove(self, viewer: Viewer) -> None:
        self._viewers.pop(viewer, None)
        self._waiting.discard(viewer)

    def handle(self, message: dict[str, Any]) -> None:
        """Take one message of the lobby's group."""
        if message["type"] == "lobby.viewers":
            if not audience.is_mine(message):
                self._others.hear(message)
            return
        event = message["event"]
        race_id = UUID(event["race_id"])
        self._hinted.add(race_id)
        if event["type"] == "hidden":
            self._former[race_id] = Access(event["public"], frozenset(event["people"]))
        self._wake.set()

    async def look(self) -> None:
        """Read the races, and tell every viewer what is new for them."""
        hinted, self._hinted = self._hinted, set()
        former, self._former = self._former, {}
        try:
            listed = await self._read(hinted | self._shown.keys())
        except BaseException:
            self._hinted |= hinted
            self._former = former | self._former
            raise
        before = self._shown
        now = {race_id: Shown(each, self._watching(each.race)) for race_id, each in listed.items()}
        for race_id in before.keys() | now.keys() | former.keys():
            self._tell(race_id, before.get(race_id), now.get(race_id), former.get(race_id))
        # A race that is over is told of once more at the next hint, and needs no memory until then.
        self._shown = {race_id: shown for race_id, shown in now.items() if shown.listed.race.status != "ended"}
        self._looked.set()

    def _tell_all(self, event: dict[str, Any]) -> None:
        text = orjson.dumps(event).decode()
        for viewer in self._viewers:
            viewer.offer_event(text)

    def _watching(self, race: Race) -> int:
        return audience.of(race.pk) + self._others.of(race.pk)

    def _tell(self, race_id: UUID, before: Shown | None, now: Shown | None, former: Access | None) -> None:
        if before is not None and now is not None and before.says_the_same_as(now):
            return
        gone = orjson.dumps({"type": "gone", "race_id": str(race_id)}).decode()
        for viewer, user in self._viewers.items():
            if now is not None and now.listed.access.admits(user):
                viewer.offer_event(now.text_for(user))
            elif (before is not None and before.listed.access.admits(user)) or (former and former.admits(user)):
                viewer.offer_event(gone)

    async def _look_on(self) -> None:
        await self._subscription.ready.wait()
        failing = False
        while True:
            self._wake.clear()
            try:
                await self.look()
                failing = False
            except Exception:
                if not failing:
                    logger.exception("The lobby could not be read; trying again")
                failing = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
            await asyncio.sleep(GATHER_SECONDS)


class Lobby:
    """The hub of this process, made with its first viewer and gone with its last."""

    def __init__(self) -> None:
        self._hub: LobbyHub | None = None

    async def join(self, viewer: Viewer, user: User | AnonymousUser) -> None:
        if self._hub is None:
            self._hub = LobbyHub(database_sync_to_async(races.active_or))
            self._hub.start()
        await self._hub.add(viewer, user)

    async def leave(self, viewer: Viewer) -> None:
        hub = self._hub
        if hub is None:
            return
        hub.remove(viewer)
        if not hub.viewer_count:
            self._hub = None
            await hub.stop()


lobby = Lobby()
