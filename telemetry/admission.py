"""Whom the WebSockets let in: the right Origin, and not more viewers than the process has room for."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.conf import settings

from accounts.clients import counted
from accounts.origins import origin_allowed
from accounts.tickets import redeem
from telemetry.viewer import SIGN_IN

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def header(scope: Scope, name: bytes) -> str | None:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def client_address(scope: Scope) -> str:
    """Give the viewer's address, also behind proxies."""
    remote = (scope.get("client") or [""])[0]
    return counted(remote, header(scope, b"x-forwarded-for") or "") or "unknown"


class OriginCheck:
    """ASGI middleware that refuses the handshake of a foreign page with HTTP 403.

    The Unity client sends no Origin; a browser always sends the page's, so a foreign site cannot use its visitor's
    cookie.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if origin_allowed(header(scope, b"origin"), header(scope, b"host") or ""):
            await self.app(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4403})


class TicketAuth:
    """ASGI middleware that takes `?ticket=` for its user, whoever the session's is; a ticket that is none is 4401.

    The ticket is used up by the attempt, whatever becomes of it.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        ticket = parse_qs(scope["query_string"].decode("latin-1")).get("ticket")
        if ticket is None:
            await self.app(scope, receive, send)
            return
        user = await database_sync_to_async(redeem)(ticket[-1])
        if user is not None:
            await self.app({**scope, "user": user}, receive, send)
            return
        await receive()
        # Accepted first: a close before it would reach the client as HTTP 403 without the code.
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": SIGN_IN, "reason": "this ticket is wrong, used or too old"})


class Places:
    """The places for viewers in this process, and how many of them each address has taken."""

    def __init__(self) -> None:
        self._by_address: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        return self._by_address.total()

    @contextmanager
    def one_for(self, address: str) -> Iterator[bool]:
        """Hold a place while a viewer is there; gives False where there is none left."""
        free = (
            self.taken < settings.DRIFT_MAX_VIEWERS
            and self._by_address[address] < settings.DRIFT_MAX_VIEWERS_PER_ADDRESS
        )
        if free:
            self._by_address[address] += 1
        try:
            yield free
        finally:
            if free:
                self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


places = Places()
