"""One viewer of a race: what waits to be sent to it, bounded, and the task that sends it.

A viewer that does not keep up loses older frames to newer ones (each drone's latest always survives) and never an
event; past `MAX_EVENTS` waiting events it is closed. It can delay nobody: the hub only ever puts things here.

Under DRIFT's own server (management.server) frames that nothing waits before go straight to the socket, already in
WebSocket framing that all viewers share; the writer task has what the socket does not take at once, and the events.
"""

import asyncio
import struct
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import orjson

from telemetry.batches import Batch, frames_bytes, frames_message, latest_per_drone
from telemetry.counts import traffic

MAX_WAITING_FRAMES: Final = 4  # messages; more are merged into one of at most a frame a drone
MAX_EVENTS: Final = 256
FEW_EVENTS: Final = MAX_EVENTS // 2

OVER: Final = 1000
FAILED: Final = 1011
RESTARTING: Final = 1012
TOO_SLOW: Final = 1013
SIGN_IN: Final = 4401
NOT_YOURS: Final = 4403
NO_SUCH_RACE: Final = 4404


def framed(payload: str | bytes) -> bytes:
    """Give a payload as one unmasked, unfragmented WebSocket message (RFC 6455, section 5.2)."""
    data = payload.encode() if isinstance(payload, str) else payload
    first = 0x81 if isinstance(payload, str) else 0x82  # the last fragment of a text or binary message
    size = len(data)
    if size < 126:
        return struct.pack("!BB", first, size) + data
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size) + data
    return struct.pack("!BBQ", first, 127, size) + data


class FramesItem(ABC):
    """Frames to be sent; `payloads` are made once and shared by all viewers of the same form."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    @property
    @abstractmethod
    def payloads(self) -> Sequence[str | bytes]: ...

    @cached_property
    def framed(self) -> bytes:
        """All payloads as the bytes of WebSocket messages: a server's messages are the same for every client."""
        return b"".join(framed(payload) for payload in self.payloads)


class OriginalFrames(FramesItem):
    """One text message a frame, as the original sent them."""

    @cached_property
    def payloads(self) -> Sequence[str | bytes]:
        return self.batch.original_texts


class JsonFrames(FramesItem):
    """One `frames` text message."""

    @cached_property
    def payloads(self) -> Sequence[str | bytes]:
        return [frames_message(self.batch.objects)]


class BinaryFrames(FramesItem):
    """One binary message."""

    @cached_property
    def payloads(self) -> Sequence[str | bytes]:
        return [frames_bytes(self.batch.start, self.batch.frames)]


class Viewer:
    """The sending side of one WebSocket."""

    def __init__(
        self,
        send: Callable[[dict[str, Any]], Awaitable[None]],
        *,
        wants_events: bool,
        write: Callable[[bytes], bool] | None = None,
    ) -> None:
        """`send` is ASGI's; `write` takes framed messages at once and says whether it did, where the server can."""
        self.wants_events = wants_events
        self._send = send
        self._write = write
        self._idle = False  # the writer task waits, and there is nothing to be sent before new frames
        self._waiting: deque[FramesItem | str] = deque()
        self._frames_waiting = 0
        self._events_waiting = 0
        self._wake = asyncio.Event()
        self._taken = asyncio.Event()  # set whenever something goes out
        self._close_code: int | None = None
        self.frames_dropped = 0

    def offer_frames(self, item: FramesItem) -> None:
        if self._close_code is not None:
            return
        if self._idle and self._write is not None and self._write(item.framed):
            traffic.messages += len(item.payloads)
            return
        if self._frames_waiting >= MAX_WAITING_FRAMES:
            self._merge_oldest()
        self._waiting.append(item)
        self._frames_waiting += 1
        self._rouse()

    def offer_event(self, text: str) -> None:
        if self._close_code is not None or not self.wants_events:
            return
        if self._events_waiting >= MAX_EVENTS:
            self._waiting.clear()
            traffic.too_slow += 1
            self.close(TOO_SLOW)
            return
        self._waiting.append(text)
        self._events_waiting += 1
        self._rouse()

    def begin(self, hello: dict[str, Any]) -> None:
        """Put `hello` before everything that has come since this viewer joined its hub."""
        if self.wants_events:
            self._waiting.appendleft(orjson.dumps(hello).decode())
            self._events_waiting += 1
            self._rouse()

    async def room(self) -> None:
        """Wait until at most one message of frames and few events wait: for who would rather wait than be cut short."""
        while self._frames_waiting > 1 or self._events_waiting > FEW_EVENTS:
            self._taken.clear()
            await self._taken.wait()

    def close(self, code: int) -> None:
        """Close with `code` once what waits has been sent."""
        if self._close_code is None:
            self._close_code = code
            self._rouse()

    async def run(self) -> None:
        """Send until closed. Raises OSError when the connection is gone."""
        send = self._send
        while True:
            self._idle = not self._wake.is_set()
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                item = self._waiting.popleft()
                if isinstance(item, str):
                    self._events_waiting -= 1
                    self._taken.set()
                    await send({"type": "websocket.send", "text": item})
                    traffic.messages += 1
                else:
                    self._frames_waiting -= 1
                    self._taken.set()
                    for payload in item.payloads:
                        kind = "text" if isinstance(payload, str) else "bytes"
                        await send({"type": "websocket.send", kind: payload})
                    traffic.messages += len(item.payloads)
            if self._close_code is not None:
                await send({"type": "websocket.close", "code": self._close_code})
                return

    def _rouse(self) -> None:
        self._idle = False
        self._wake.set()

    def _merge_oldest(self) -> None:
        # The two oldest waiting messages become one with each drone's latest frame of both, in the newer one's place.
        places = [index for index, item in enumerate(self._waiting) if isinstance(item, FramesItem)]
        older, newer = self._waiting[places[0]], self._waiting[places[1]]
        assert isinstance(older, FramesItem)
        assert isinstance(newer, FramesItem)
        both = np.concatenate([older.batch.frames, newer.batch.frames])
        latest = latest_per_drone(both)
        self.frames_dropped += len(both) - len(latest)
        traffic.skipped += len(both) - len(latest)
        self._waiting[places[1]] = type(newer)(newer.batch.with_frames(latest))
        del self._waiting[places[0]]
        self._frames_waiting -= 1
