"""Whom the WebSockets let in: the right Origin, and not more viewers than the process has room for."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def origin_allowed(scope: Scope) -> bool:
    """Tell whether the page that opens this WebSocket may: no Origin (no browser), the Host's own, or a trusted one.

    The Unity client sends none; a browser always sends the page's, so a foreign site cannot use its visitor's cookie.
    """
    origin = header(scope, b"origin")
    if not origin:
        return True
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    try:
        return urlsplit(origin).netloc.lower() == header(scope, b"host").lower() != ""
    except ValueError:
        return False


class OriginCheck:
    """ASGI middleware that refuses the handshake of a foreign page with HTTP 403."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if origin_allowed(scope):
            await self.app(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 4403})


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
