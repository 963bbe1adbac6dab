"""WebSocket clients for tests: each collects what it is sent until the server closes."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import websockets

from telemetry.batches import parse_frames_bytes
from telemetry.frames import FRAME, FrameArray


@dataclass
class Watcher:
    """What one viewer got."""

    url: str
    messages: list[str | bytes] = field(default_factory=list)
    code: int | None = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)  # the first message is here, a hello or a frame

    async def watch(self) -> None:
        async with websockets.connect(self.url, max_size=None, max_queue=None) as socket:
            self.connected.set()
            try:
                async for message in socket:
                    self.messages.append(message)
                    self.begun.set()
            except websockets.ConnectionClosedError:
                pass
            self.code = socket.close_code

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The text messages, but for those that only say that the connection lives: they come by the clock."""
        texts = [json.loads(message) for message in self.messages if isinstance(message, str)]
        return [text for text in texts if text.get("type") != "alive"]

    @property
    def types(self) -> list[str]:
        return [shown.get("type", "frame") for shown in self.objects]

    @property
    def json_frames(self) -> list[dict[str, Any]]:
        return [frame for shown in self.objects if shown.get("type") == "frames" for frame in shown["frames"]]

    @property
    def binary_frames(self) -> FrameArray:
        parts = [parse_frames_bytes(message)[1] for message in self.messages if isinstance(message, bytes)]
        return np.concatenate([np.empty(0, FRAME), *parts])
