"""What a client may hold of this process: how many connections, how long for a request, how long without reading."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

logger = logging.getLogger(__name__)

UNREAD_SECONDS: Final = 10.0
HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 60.0
TOLD_EVERY: Final = 60.0  # s


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a connection may hold; times in seconds."""

    connections: int
    head_seconds: float = HEAD_SECONDS  # for a request's head, from the connection or the answer before
    body_seconds: float = BODY_SECONDS  # for its body
    unread_seconds: float = UNREAD_SECONDS  # without taking anything of what waits


class Config(uvicorn.Config):
    """uvicorn's configuration with the bounds of its connections, which its protocols find here."""

    def __init__(self, app: Any, bounds: Bounds, **options: Any) -> None:
        self.bounds = bounds
        super().__init__(app, **options)


def bounds_of(config: uvicorn.Config) -> Bounds:
    assert isinstance(config, Config)
    return config.bounds


class CutOff(asyncio.Protocol):
    """A protocol of uvicorn's that cuts off a client which takes nothing, for so long, of what waits for it.

    Such a client would keep the connection, and a graceful shutdown, waiting for as long as it likes. One that reads
    slowly stays: whenever the time is over, what waits has become less.
    """

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    client: tuple[str, int] | None
    config: uvicorn.Config

    _unread: asyncio.TimerHandle | None = None
    _waiting = 0  # bytes, when it was last looked

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._unread is None:
            self._look_later()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forget_unread()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_unread()
        super().connection_lost(exc)

    def _look_later(self) -> None:
        self._waiting = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(bounds_of(self.config).unread_seconds, self._look)

    def _look(self) -> None:
        if self.transport.get_write_buffer_size() < self._waiting:
            self._look_later()
            return
        seconds = bounds_of(self.config).unread_seconds
        logger.warning("%s has not read for %d s: cut off", self.client and self.client[0], seconds)
        self.transport.abort()

    def _forget_unread(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


class RequestProtocol(CutOff, H11Protocol):
    """uvicorn's HTTP protocol with bounds.

    Past so many connections, those of WebSockets included, a new one is closed at once; and one whose request does not
    come, or not to its end, is closed in time. Else a stranger who only opens connections would take all descriptors
    of the process, and no journal could be opened.
    """

    _overdue: asyncio.TimerHandle | None = None
    _awaited: object = None  # what of a request has to come: h11's state of the client
    _told_at: float | None = None  # of the class: by the loop's clock

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # Paused is then whoever leaves anything in the buffer: a connection that waits to be closed is watched too.
        transport.set_write_buffer_limits(high=0)
        most = bounds_of(self.config).connections
        if len(self.connections) > most:
            self._tell_of_too_many(most)
            transport.abort()
        else:
            self._await_request()

    def handle_events(self) -> None:
        super().handle_events()
        self._await_request()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        was_paused = self.flow.write_paused
        self._forget_unread()
        self.transport.set_write_buffer_limits()
        super().handle_websocket_upgrade(event)
        if was_paused:
            # The answer before is not all read: the new protocol would take its client for one that reads.
            self.transport.get_protocol().pause_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._await(None)

    def _await_request(self) -> None:
        is_here = self in self.connections and not self.transport.is_closing()  # and not a WebSocket by now
        state = self.conn.their_state
        self._await(state if is_here and state in {h11.IDLE, h11.SEND_BODY} else None)

    def _await(self, what: object) -> None:
        """Set the time for what has to come; for the same as before it goes on, however much has come of it."""
        if what is self._awaited:
            return
        self._awaited = what
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None
        if what is not None:
            bounds = bounds_of(self.config)
            seconds = bounds.head_seconds if what is h11.IDLE else bounds.body_seconds
            self._overdue = self.loop.call_later(seconds, self.transport.abort)

    def _tell_of_too_many(self, most: int) -> None:
        now = self.loop.time()
        if RequestProtocol._told_at is None or now - RequestProtocol._told_at >= TOLD_EVERY:
            RequestProtocol._told_at = now
            logger.warning("%d connections are open, the most there is room for: new ones are closed", most)
