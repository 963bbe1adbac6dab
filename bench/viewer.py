"""A WebSocket viewer that costs next to nothing, so that one process can be a hundred of them.

It reads frames as a server sends them (unmasked, whole messages), answers pings, and hands each message on with the
time it came. It checks nothing: the clients of the tests do.
"""

import asyncio
import base64
import os
import socket
import time
from collections.abc import Callable
from typing import Any, Final

TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10

Sink = Callable[[float, bytes], None]


class Viewer(asyncio.Protocol):
    """One connection; `sink(seconds, payload)` takes its messages. `close_code` is the server's, once it closed."""

    def __init__(self, host: str, path: str, sink: Sink) -> None:
        self._request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self._sink = sink
        self._rest = b""
        self._open = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None
        self.bytes_received = 0
        self.close_code: int | None = None
        self.lost = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(self._request.encode())

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(f"The server refused the viewer: {self._rest[:200]!r}"))

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.bytes_received += len(data)
        buffer = self._rest + data if self._rest else data
        if not self._open:
            buffer = self._handshake(buffer)
            if not self._open:
                return
        self._rest = buffer[self._messages(now, buffer) :]

    def _handshake(self, buffer: bytes) -> bytes:
        head, end, rest = buffer.partition(b"\r\n\r\n")
        if not end:
            self._rest = buffer
            return b""
        if b" 101 " not in head.split(b"\r\n")[0]:
            self._rest = head
            assert self.transport is not None
            self.transport.close()
            return b""
        self._open = True
        self.opened.set_result(None)
        return rest

    def _messages(self, now: float, buffer: bytes) -> int:
        """Hand on every whole message; gives where the first incomplete one begins."""
        at, size = 0, len(buffer)
        while size - at >= 2:
            length, head = buffer[at + 1], 2
            if length == 126:
                length, head = int.from_bytes(buffer[at + 2 : at + 4], "big"), 4
            elif length == 127:
                length, head = int.from_bytes(buffer[at + 2 : at + 10], "big"), 10
            end = at + head + length
            if size < at + head or end > size:
                break
            opcode = buffer[at] & 15
            if opcode in {TEXT, BINARY}:
                self._sink(now, buffer[at + head : end])
            else:
                self._control(opcode, buffer[at + head : end])
            at = end
        return at

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
        elif opcode == PING and self.transport is not None:
            self.transport.write(bytes([0x80 | PONG, 0x80 | len(payload), 0, 0, 0, 0]) + payload)


async def connect(host: str, port: int, path: str, sink: Sink, *, receive_buffer: int = 0) -> Viewer:
    """Open a viewer; `receive_buffer` bytes instead of the system's own choice make it stall the server sooner."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(False)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, (host, port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _, viewer = await loop.create_connection(lambda: Viewer(f"{host}:{port}", path, sink), sock=sock)
    await asyncio.wait_for(viewer.opened, 10)
    return viewer
