"""What a request may cost: ASGI middleware around Django's HTTP application."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from drift_site.errors import TOO_LARGE

Message = Mapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# How much of a body that was refused, and for how long, is still read and thrown away. A client that is cut off in the
# middle of sending may never see the answer: its system gives it the broken connection instead.
LINGER_BYTES: Final = 8 * 1024 * 1024
LINGER_SECONDS: Final = 2.0
KEPT_WAITING: Final = 0.1  # s that a database connection stays open for a client which does not take its answer


class BodyLimit:
    """Answers 413 to a body of more than `most` bytes.

    Django writes a body to the disk, whole and before it looks at anything else of the request, so no check of its own
    comes in time. (Under daphne, which serves in development only, daphne has done so already.)
    """

    def __init__(self, app: App, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _declared(scope) > self.most:
            # Who asks before sending (curl does) sends nothing after this answer.
            await _refuse(receive, send, lingers=_header(scope, b"expect") is None)
            return
        left, comes_more = self.most, False

        async def bounded() -> Message:
            nonlocal left, comes_more
            message = await receive()
            left, comes_more = left - len(message.get("body", b"")), message.get("more_body", False)
            # To Django a client that has gone: it lets go of what it has, and answers nothing.
            return message if left >= 0 else {"type": "http.disconnect"}

        await self.app(scope, bounded, send)
        if left < 0:
            await _refuse(receive, send, lingers=comes_more)


def _header(scope: Scope, name: bytes) -> bytes | None:
    return next((value for key, value in scope["headers"] if key == name), None)


def _declared(scope: Scope) -> int:
    """Give the length that a request says its body has; 0 where it says none, or nothing that is a number."""
    try:
        return int(_header(scope, b"content-length") or 0)
    except ValueError:
        return 0


async def _refuse(receive: Receive, send: Send, *, lingers: bool) -> None:
    answer = json.dumps({"detail": TOO_LARGE}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(answer)).encode()),
        (b"connection", b"close"),  # what is left of the body is no next request
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": answer, "more_body": True})
    if lingers:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await _throw_away(receive)
    await send({"type": "http.response.body"})


async def _throw_away(receive: Receive) -> None:
    left = LINGER_BYTES
    while left > 0:
        message = await receive()
        if not message.get("more_body"):
            return
        left -= len(message.get("body", b""))


class DatabaseLetGo:
    """Closes the request's database connection when its client keeps an answer waiting.

    A client takes an answer as slowly as it likes, and there are far fewer connections than clients. What is streamed
    and asks the database further opens another one; to close it between any two parts would cost a fast client half of
    its speed.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            closing: list[asyncio.Task[None]] = []
            # The task is of the request's context, hence runs in the request's thread, which does nothing meanwhile.
            let_go = sync_to_async(close_old_connections)
            loop = asyncio.get_running_loop()
            patience = loop.call_later(KEPT_WAITING, lambda: closing.append(loop.create_task(let_go())))
            try:
                await send(message)
            finally:
                patience.cancel()
                for task in closing:
                    await task

        await self.app(scope, receive, sending)
