"""The WebSocket endpoints: the original's `/race/{udp_port}`, `/ws/races/{race_id}/`, its `replay/`, `/ws/lobby/`."""

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections import deque
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import UUID

from channels.consumer import AsyncConsumer, get_handler_name
from channels.db import database_sync_to_async
from channels.exceptions import StopConsumer
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, InterfaceError

from accounts.models import User
from races.models import Race
from races.selectors import visible_to
from telemetry import replay_session
from telemetry.admission import client_address, places
from telemetry.audience import audience
from telemetry.hub import Wish, hubs
from telemetry.lobby import lobby
from telemetry.replay import FASTEST, SLOWEST
from telemetry.replay_session import Session
from telemetry.viewer import FAILED, NO_SUCH_RACE, NOT_YOURS, SIGN_IN, TOO_SLOW, Viewer

logger = logging.getLogger(__name__)

EVERY: Final = (1, 2, 5, 10, 50)
DEFAULT_EVERY: Final = 2
MAX_EARLY_COMMANDS: Final = 16  # sent before the replay is looked up
ACCESS_SECONDS: Final = 10.0  # between two looks whether somebody may go on watching


def find_by_port(port: int) -> Race | None:
    """Give the active race that listens on `port`."""
    return Race.objects.filter(udp_port=port).first()


def find_by_id(race_id: UUID) -> Race | None:
    return Race.objects.filter(pk=race_id).first()


def refusal(race: Race | None, user: User | AnonymousUser) -> int | None:
    """Give the close code for a `user` who may not watch `race`, else None."""
    if race is None:
        return NO_SUCH_RACE
    if race.is_public or visible_to(user).filter(pk=race.pk).exists():
        return None
    return SIGN_IN if isinstance(user, AnonymousUser) else NOT_YOURS


def refusal_by_now(race_id: UUID, user: User | AnonymousUser) -> int | None:
    """Give the same for somebody who watches already: races, people and who takes part change meanwhile."""
    if not isinstance(user, AnonymousUser):
        user = User.objects.filter(pk=user.pk, is_active=True).first() or AnonymousUser()
    return refusal(find_by_id(race_id), user)


class ViewerConsumer(AsyncConsumer, ABC):
    """A viewer's connection, which holds one of the process's places.

    It joins no channel-layer group of its own: a hub does that once for all viewers of the process.
    """

    channel_layer_alias = ""  # no layer, hence no subscription a viewer

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels' own looks for old database connections first, in the one thread for all; nothing here has any.
        await getattr(self, get_handler_name(message))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        # Accepted before anything is refused: a close before it would reach the client as HTTP 403 without the code.
        await self.send({"type": "websocket.accept"})
        self._task = asyncio.create_task(self._serve())

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        """Ignore what viewers send: these streams take no commands."""

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        raise StopConsumer

    async def _serve(self) -> None:
        address = client_address(self.scope)
        try:
            with contextlib.suppress(OSError), places.one_for(address) as free:  # OSError: the connection is gone
                if free:
                    await self._admit_and_watch()
                else:
                    await self.send({"type": "websocket.close", "code": TOO_SLOW, "reason": "too many viewers"})
        except Exception:
            logger.exception("A viewer of %s from %s could not be served", self.scope["path"], address)
            with contextlib.suppress(OSError):
                await self.send({"type": "websocket.close", "code": FAILED})

    @abstractmethod
    async def _admit_and_watch(self) -> None: ...


class LobbyConsumer(ViewerConsumer):
    """`/ws/lobby/`: what becomes of the races that the viewer may know of."""

    async def _admit_and_watch(self) -> None:
        viewer = Viewer(self.base_send, wants_events=True)
        try:
            await lobby.join(viewer, self.scope["user"])
            await viewer.run()
        finally:
            await lobby.leave(viewer)


class RaceConsumer(ViewerConsumer):
    """A connection about one race. Subclasses say which one it is and what the viewer gets."""

    wants_events = True
    is_live = True

    @abstractmethod
    def find(self) -> Race | None:
        """Look the race up; called in a thread."""

    @abstractmethod
    def wish(self) -> Wish: ...

    async def _admit_and_watch(self) -> None:
        race, code = await database_sync_to_async(self._admit)()
        if race is None or code is not None:
            await self.send({"type": "websocket.close", "code": code})
            return
        # Only DRIFT's own server has it: there frames go out in bytes that all viewers share.
        write = self.scope.get("extensions", {}).get("drift.write", {}).get("write")
        viewer = Viewer(self.base_send, wants_events=self.wants_events, write=write if self.is_live else None)
        # A race that is public stays so while it is watched live.
        guard = None if race.is_public and self.is_live else asyncio.create_task(self._guard(viewer, race.pk))
        try:
            await self._watch(race, viewer)
        finally:
            if guard is not None:
                guard.cancel()

    async def _guard(self, viewer: Viewer, race_id: UUID) -> None:
        """Close the viewer once they may not watch any more."""
        while True:
            await asyncio.sleep(ACCESS_SECONDS)
            try:
                code = await database_sync_to_async(refusal_by_now)(race_id, self.scope["user"])
            except (DatabaseError, InterfaceError) as error:
                logger.warning("Who may watch race %s cannot be looked up: %s", race_id, error)
                continue
            if code is not None:
                viewer.close(code)
                return

    def _admit(self) -> tuple[Race | None, int | None]:
        race = self.find()
        return race, refusal(race, self.scope["user"])

    async def _watch(self, race: Race, viewer: Viewer) -> None:
        wish = self.wish()
        try:
            with contextlib.nullcontext() if is_preview(self.scope["query_string"]) else audience.one_of(race.pk):
                await hubs.join(race.pk, viewer, wish)
                await viewer.run()
        finally:
            await hubs.leave(race.pk, viewer, wish)


class NoSuchPath(AsyncConsumer):
    """Every other path: accepted, so that the close code arrives, and closed."""

    channel_layer_alias = ""

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        await self.send({"type": "websocket.accept"})
        await self.send({"type": "websocket.close", "code": NO_SUCH_RACE})

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        """Ignore what came before the client saw the close."""

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer


class OriginalRaceConsumer(RaceConsumer):
    """`/race/{udp_port}`: one text message a frame, and nothing else, as the original's clients expect."""

    wants_events = False

    def find(self) -> Race | None:
        port = int(self.scope["url_route"]["kwargs"]["udp_port"])
        return find_by_port(port)

    def wish(self) -> Wish:
        return Wish("original")


class LiveRaceConsumer(RaceConsumer):
    """`/ws/races/{race_id}/?format=json|binary&every=1|2|5|10|50&drones=1,3`."""

    def find(self) -> Race | None:
        race_id = self.scope["url_route"]["kwargs"]["race_id"]
        return find_by_id(race_id)

    def wish(self) -> Wish:
        return parse_wish(self.scope["query_string"])


class ReplayConsumer(LiveRaceConsumer):
    """`/ws/races/{race_id}/replay/`: the query of the live stream, and `speed=0.1..8&from=SECONDS`."""

    is_live = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._session: Session | None = None
        self._early: deque[str | bytes] = deque(maxlen=MAX_EARLY_COMMANDS)

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        command = message.get("text") or message.get("bytes") or ""
        if self._session is None:
            self._early.append(command)
        else:
            self._session.command(command)

    async def _watch(self, race: Race, viewer: Viewer) -> None:
        query = self.scope["query_string"]
        speed = parse_number(query, "speed")
        await replay_session.serve(
            race.pk,
            viewer,
            self.wish(),
            speed=speed if speed is not None and SLOWEST <= speed <= FASTEST else 1.0,
            start=parse_number(query, "from"),
            announce=self._begin,
        )

    def _begin(self, session: Session) -> None:
        self._session = session
        while self._early:
            session.command(self._early.popleft())


def is_preview(query_string: bytes) -> bool:
    """Tell whether this is a picture of the race on a page about something else, which makes nobody its viewer."""
    return parse_qs(query_string.decode("latin-1")).get("preview", [""])[-1] == "1"


def parse_number(query_string: bytes, name: str) -> float | None:
    """Give the number of a viewer's query, None where there is none, or one outside ±1e9."""
    text = parse_qs(query_string.decode("latin-1")).get(name, [""])[-1]
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) <= 1e9 else None  # which NaN is not


def parse_wish(query_string: bytes) -> Wish:
    """Give what a viewer's query asks for; a value that is not one of the documented ones counts as absent."""
    query = parse_qs(query_string.decode("latin-1"))
    every = query.get("every", [""])[-1]
    drones = [part for part in query.get("drones", [""])[-1].split(",") if part.isascii() and part.isdigit()]
    return Wish(
        form="binary" if query.get("format", [""])[-1] == "binary" else "json",
        every=int(every) if every in map(str, EVERY) else DEFAULT_EVERY,
        drones=frozenset(int(part) for part in drones[:64] if len(part) < 6) or None,
    )
