"""A Content-Type that cannot be read: ASGI middleware around Django's HTTP application."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from django.utils.http import parse_header_parameters

from drift_site.errors import MALFORMED

Scope = dict[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

ANSWER: Final = json.dumps({"detail": MALFORMED}).encode()


class ReadableContentType:
    """Answers 400 where Django fails over a Content-Type, such as one in an encoding that there is not.

    It reads that header while it makes its request of what was sent, where nothing of its own catches the error.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        given = b",".join(value for name, value in scope["headers"] if name == b"content-type")
        try:
            parse_header_parameters(given.decode("latin-1"))
        except ValueError:
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]
            await send({"type": "http.response.start", "status": 400, "headers": headers})
            await send({"type": "http.response.body", "body": ANSWER})
        else:
            await self.app(scope, receive, send)
