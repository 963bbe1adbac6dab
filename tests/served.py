"""The server's own protocols around an application, in the test's loop, and clients whose sockets hold little."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from management.connections import Bounds
from management.server import Server, bind, config

LONG = 3600.0  # s: no test takes so long
FEW = 4096  # bytes that a socket is told to hold


class Served:
    """A server that runs."""

    def __init__(self, server: Server, port: int) -> None:
        self.server = server
        self.port = port

    @property
    def connections(self) -> int:
        return len(self.server.server_state.connections)

    @property
    def unread(self) -> int:
        """How many connections have an answer that their client does not take."""
        protocols: Any = self.server.server_state.connections
        return sum(protocol.flow.write_paused for protocol in protocols)

    async def connect(self, say: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, FEW)
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=made, limit=FEW)
        writer.write(say)
        return reader, writer

    async def until(self, count: int) -> None:
        """Wait until so many connections are open."""
        while self.connections != count:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(application: Any, **bounds: Any) -> AsyncIterator[Served]:
    """Serve while inside, with the given bounds and none but them."""
    unbounded = {"connections": 1000, "head_seconds": LONG, "body_seconds": LONG, "unread_seconds": LONG}
    server = Server(config(application, Bounds(**{**unbounded, **bounds})))
    listening = bind("127.0.0.1", 0)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, FEW)  # what it accepts takes after it
    port = listening.getsockname()[1]
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield Served(server, port)
    finally:
        server.should_exit = server.force_exit = True
        await serving


async def end_of(reader: asyncio.StreamReader) -> bytes:
    """Read until the server has closed; gives what came."""
    parts = []
    with suppress(ConnectionError):
        while part := await reader.read(65_536):
            parts.append(part)
    return b"".join(parts)
