"""What a client may hold of the server: real sockets against the server's own protocols, on both loops."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from management import run
from tests.served import end_of, served

SHORT = 0.2  # for what is to be closed
FAIR = 1.0  # for what is not, also where the machine is busy
LARGE = 400_000  # bytes of an answer: more than the two sockets between them hold
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n"
)
Test = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(params=[asyncio.new_event_loop, run.new_loop], ids=["asyncio", "the server's loop"])
def on_loop(request: pytest.FixtureRequest) -> Callable[[Test], None]:
    """Give a function that runs a test on a loop, for a minute at most."""

    def running(test: Test) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(test(), 60))

    return running


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer what the path says; `/bytes/N` is N bytes in one piece, `/slow` takes some time to begin."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while scope["path"] == "/flood":
            await send({"type": "websocket.send", "bytes": b"x" * 10_000})
        await receive()
        return
    while (await receive()).get("more_body"):
        pass
    name, _, size = scope["path"].strip("/").partition("/")
    if name == "slow":
        await asyncio.sleep(1.5 * FAIR)
    body = b"x" * int(size or 2)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Give the body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return await reader.readexactly(size)


# --- a request that does not come


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsome of it",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
    ],
    ids=["nothing", "half a head", "half a body", "half a body in chunks", "half a head behind a request",
         "half a body behind a request"],
)  # fmt: skip
def test_a_connection_whose_request_does_not_come_is_closed(on_loop: Callable[[Test], None], said: bytes) -> None:
    async def test() -> None:
        async with served(application, head_seconds=SHORT, body_seconds=SHORT) as there:
            reader, writer = await there.connect(said)
            await end_of(reader)
            await there.until(0)
            writer.close()

    on_loop(test)


def test_sending_a_byte_now_and_then_gives_no_more_time(on_loop: Callable[[Test], None]) -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x")
            await asyncio.sleep(SHORT / 10)

    async def test() -> None:
        async with served(application, head_seconds=SHORT, body_seconds=SHORT) as there:
            for begin in (b"GET /", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"):
                reader, writer = await there.connect(begin)
                sending = asyncio.create_task(trickle(writer))
                await end_of(reader)
                sending.cancel()
                await there.until(0)
                writer.close()

    on_loop(test)


def test_a_request_that_is_answered_late_is_not_one_that_does_not_come(on_loop: Callable[[Test], None]) -> None:
    async def test() -> None:
        async with served(application, head_seconds=FAIR, body_seconds=FAIR) as there:
            reader, writer = await there.connect(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await answer(reader) == b"xx"
            writer.write(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
            await asyncio.sleep(0)
            writer.write(b"abc")
            assert await answer(reader) == b"xx"
            writer.close()

    on_loop(test)


def test_a_websocket_that_says_nothing_stays(on_loop: Callable[[Test], None]) -> None:
    async def test() -> None:
        async with served(application, head_seconds=FAIR, body_seconds=FAIR) as there:
            reader, writer = await there.connect(HANDSHAKE)
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
            idle, idle_writer = await there.connect()
            await end_of(idle)  # so long
            assert there.connections == 1
            for each in (writer, idle_writer):
                each.close()

    on_loop(test)


# --- too many connections


def test_past_the_most_connections_a_new_one_is_closed_at_once_and_the_others_stay(
    on_loop: Callable[[Test], None], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test() -> None:
        async with served(application, connections=5) as there:
            websocket = await there.connect(HANDSHAKE)
            await websocket[0].readuntil(b"\r\n\r\n")
            idle = [await there.connect() for _ in range(4)]
            await there.until(5)
            for _ in range(40):
                reader, writer = await there.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert await end_of(reader) == b""
                writer.close()
            await there.until(5)
            reader, writer = idle[0]
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert await answer(reader) == b"xx"
            await there.until(4)
            reader, another = await there.connect(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await answer(reader) == b"xx"
            for _, writer in (websocket, *idle, (reader, another)):
                writer.close()

    monkeypatch.setattr("management.connections.RequestProtocol._told_at", None)
    on_loop(test)
    assert caplog.text.count("5 connections are open") == 1


# --- an answer that is not read


def asking_for(size: int, more: bytes = b"") -> bytes:
    return b"GET /bytes/%d HTTP/1.1\r\nHost: x\r\n%s\r\n" % (size, more)


@pytest.mark.parametrize(
    "said",
    [
        asking_for(LARGE),
        asking_for(60_000, b"Connection: close\r\n"),
        asking_for(LARGE) + HANDSHAKE,
        HANDSHAKE.replace(b"/ws", b"/flood"),
    ],
    ids=["large", "no more to be said, and less than a transport holds without a word", "a WebSocket behind it",
         "a WebSocket"],
)  # fmt: skip
def test_a_client_that_never_reads_is_cut_off(
    on_loop: Callable[[Test], None], caplog: pytest.LogCaptureFixture, said: bytes
) -> None:
    async def test() -> None:
        async with served(application, unread_seconds=SHORT) as there:
            _, writer = await there.connect(said)
            deaf: Any = writer.transport
            deaf.pause_reading()
            await there.until(1)
            await there.until(0)
            writer.close()

    on_loop(test)
    assert caplog.text.count("127.0.0.1 has not read for") == 1


def test_a_client_that_reads_slowly_gets_everything(on_loop: Callable[[Test], None]) -> None:
    async def test() -> None:
        async with served(application, unread_seconds=FAIR) as there:
            loop = asyncio.get_running_loop()
            reader, writer = await there.connect(asking_for(LARGE))
            begin, got = loop.time(), len(await reader.readuntil(b"\r\n\r\n"))
            head = got
            while got < head + LARGE:
                part = await reader.read(4096)
                assert part, "cut off"
                got += len(part)
                await asyncio.sleep(3 * FAIR * len(part) / LARGE)  # the whole takes three times as long as is allowed
            assert loop.time() - begin > 2 * FAIR
            assert got == head + LARGE
            writer.close()

    on_loop(test)


def test_a_client_chooses_neither_its_address_nor_its_scheme(on_loop: Callable[[Test], None]) -> None:
    seen: list[dict[str, Any]] = []

    async def keep(scope: dict[str, Any], receive: Any, send: Any) -> None:
        seen.append(scope)
        await application(scope, receive, send)

    async def test() -> None:
        async with served(keep) as server:
            reader, writer = await server.connect(
                b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\r\n"
            )
            await answer(reader)
            writer.close()

    on_loop(test)
    assert [(scope["client"][0], scope["scheme"]) for scope in seen] == [("127.0.0.1", "http")]
