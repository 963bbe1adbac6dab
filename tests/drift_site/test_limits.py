"""What a request may cost: its body is bounded before anything looks at it, under both servers."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection

from drift_site.errors import TOO_LARGE
from drift_site.limits import LINGER_BYTES, BodyLimit, DatabaseLetGo
from tests.people import leave_the_database
from tests.processes import Installation, installation

MOST = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
PIECE = b"x" * 65_536
# daphne takes a body whole before it asks the application.
only_uvicorn = pytest.mark.parametrize("server", ["uvicorn"], indirect=True)
SIGN_IN = b'{"username": "nobody", "password": "wrong"}'


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp(request.param)) as made:
        if request.param == "daphne":
            made.start_module(
                "daphne", "-b", "127.0.0.1", "-p", str(made.http_port), "-v", "1", "drift_site.asgi:application"
            ).wait_for_port(made.http_port)
        elif os.environ.get("TEST_REDIS_URL"):
            made.web_worker(made.http_port).wait_for("A web worker is running")
        else:
            made.serve()
        yield made


class Exchange:
    """A connection on which a request is being sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        """Give the status, the headers and the JSON of the answer."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await self.reader.readexactly(int(headers["content-length"]))
        return int(status.split()[1]), headers, json.loads(body)


@asynccontextmanager
async def exchange(server: Installation, *headers: bytes) -> AsyncIterator[Exchange]:
    """Begin a request to the original's sign-in."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.http_port)
    made = Exchange(reader, writer)
    lines = (b"POST /login HTTP/1.1", b"Host: x", b"Content-Type: application/json", *headers, b"", b"")
    try:
        async with asyncio.timeout(60):
            await made.say(b"\r\n".join(lines))
            yield made
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def is_refused(answer: tuple[int, dict[str, str], Any]) -> bool:
    status, headers, body = answer
    return (status, body, headers["content-type"]) == (413, {"detail": TOO_LARGE}, "application/json")


@pytest.mark.processes
class TestUnderBothServers:
    async def test_an_ordinary_body_is_taken(self, server: Installation) -> None:
        async with exchange(server, b"Content-Length: %d" % len(SIGN_IN)) as request:
            await request.say(SIGN_IN)
            assert (await request.answer())[0] == 401
        async with exchange(server, b"Transfer-Encoding: chunked") as request:
            await request.say(b"%x\r\n%s\r\n0\r\n\r\n" % (len(SIGN_IN), SIGN_IN))
            assert (await request.answer())[0] != 413

    async def test_the_largest_body_that_the_settings_allow_is_taken(self, server: Installation) -> None:
        async with exchange(server, b"Content-Length: %d" % MOST) as request:
            await request.say(SIGN_IN + b" " * (MOST - len(SIGN_IN)))
            assert (await request.answer())[0] == 401

    async def test_a_body_that_is_too_large_by_a_byte_is_413(self, server: Installation) -> None:
        async with exchange(server, b"Content-Length: %d" % (MOST + 1)) as request:
            await request.say(b"x" * (MOST + 1))
            assert is_refused(await request.answer())

    async def test_a_body_in_chunks_that_is_too_large_is_413(self, server: Installation) -> None:
        async with exchange(server, b"Transfer-Encoding: chunked") as request:
            await request.say(*[b"10000\r\n%s\r\n" % PIECE] * (MOST // len(PIECE) + 1), b"0\r\n\r\n")
            assert is_refused(await request.answer())

    @only_uvicorn
    async def test_who_asks_before_sending_is_answered_at_once(self, server: Installation) -> None:
        async with exchange(server, b"Content-Length: %d" % 10**12, b"Expect: 100-continue") as request:
            assert is_refused(await request.answer())
            assert await request.reader.read() == b"", "closed"

    @only_uvicorn
    @pytest.mark.parametrize("header", [b"Transfer-Encoding: chunked", b"Content-Length: %d" % 10**12])
    async def test_an_endless_body_is_413_and_read_no_further(self, server: Installation, header: bytes) -> None:
        sent = 0
        async with exchange(server, header) as request:

            async def send() -> None:
                nonlocal sent
                with suppress(ConnectionError):
                    while True:
                        await request.say(b"10000\r\n%s\r\n" % PIECE)
                        sent += len(PIECE)

            sending = asyncio.create_task(send())
            assert is_refused(await request.answer())
            await sending
        in_the_sockets = 16 * 1024 * 1024
        assert sent < MOST + LINGER_BYTES + in_the_sockets


async def test_the_application_never_sees_more_than_the_most() -> None:
    seen: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while not seen or seen[-1].get("more_body"):
            seen.append(await receive())

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": PIECE, "more_body": True}

    async def send(message: Any) -> None:
        said.append(message)

    await BodyLimit(application, 2 * len(PIECE))({"type": "http", "headers": []}, receive, send)
    assert [message.get("body") for message in seen] == [PIECE, PIECE, None]
    assert said[0]["status"] == 413
    assert b"".join(message.get("body", b"") for message in said[1:]) == json.dumps({"detail": TOO_LARGE}).encode()


@pytest.mark.django_db(transaction=True)
async def test_the_database_is_let_go_while_an_answer_waits_and_only_then() -> None:
    def ask() -> None:
        connection.ensure_connection()

    def is_open() -> bool:
        return connection.connection is not None

    async def application(scope: Any, receive: Any, send: Any) -> None:
        for waits in (False, True, False):
            await sync_to_async(ask)()
            await send({"type": "http.response.body", "waits": waits})
            assert await sync_to_async(is_open)() is not waits

    async def receive() -> Any:
        raise NotImplementedError

    async def send(message: Any) -> None:
        while message["waits"] and await sync_to_async(is_open)():
            await asyncio.sleep(0.01)

    async with asyncio.timeout(60):
        await DatabaseLetGo(application)({"type": "http"}, receive, send)
    await leave_the_database()
