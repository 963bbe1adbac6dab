"""The way of a race's messages from the ingest into the channel layer: in order, bounded, never blocking the ingest."""

import asyncio
import logging
from collections import deque
from typing import Any, Final

from channels.layers import BaseChannelLayer

logger = logging.getLogger(__name__)

# A second of ticks. A layer that takes longer than this to wake up costs viewers frames, and nobody memory.
MAX_WAITING: Final = 50
MAX_EVENTS: Final = 200  # a layer that sleeps on costs events too
TIMEOUT_SECONDS: Final = 1.0
BATCH: Final = "race.frames"


class Publisher:
    """One task that hands one race's messages to the layer.

    When the layer does not keep up, waiting batches give way to newer ones; the hub sees the gap in their numbers.
    Events stay, up to MAX_EVENTS; past that the oldest goes, and a batch with it, so that the hub sees a gap then too.
    """

    def __init__(self, layer: BaseChannelLayer, group: str) -> None:
        self._layer = layer
        self._group = group
        self._waiting: deque[dict[str, Any]] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._failing = False
        self._owes_a_gap = False
        self._task = asyncio.create_task(self._run())
        self.published = 0
        self.dropped = 0

    def put(self, message: dict[str, Any]) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self._make_room()
        if self._owes_a_gap and message["type"] == BATCH:
            self._owes_a_gap = False
            self.dropped += 1
            return
        self._waiting.append(message)
        self._wake.set()

    def _make_room(self) -> None:
        oldest = next((held for held in self._waiting if held["type"] == BATCH), None)
        if oldest is not None:
            self._waiting.remove(oldest)
            self.dropped += 1
        elif len(self._waiting) >= MAX_EVENTS:
            self._waiting.popleft()
            self.dropped += 1
            self._owes_a_gap = True

    def put_event(self, event: dict[str, Any]) -> None:
        """Put an event of docs/protocol.md on its way to the race's viewers."""
        self.put({"type": "race.event", "event": event})

    async def close(self) -> None:
        """Hand over what waits, giving up at the first message that the layer does not take."""
        self._closing = True
        self._wake.set()
        await self._task

    async def _run(self) -> None:
        while not (self._closing and not self._waiting):
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                sent = await self._send(self._waiting.popleft())
                if self._closing and not sent:
                    return

    async def _send(self, message: dict[str, Any]) -> bool:
        try:
            await asyncio.wait_for(self._layer.group_send(self._group, message), TIMEOUT_SECONDS)
        except Exception as error:  # noqa: BLE001  whatever the layer's client raises, recording goes on
            self.dropped += 1
            if not self._failing:
                logger.error("%s: the channel layer takes no messages: %s", self._group, error or "no answer in time")
            self._failing = True
            return False
        if self._failing:
            logger.info("%s: the channel layer takes messages again", self._group)
        self._failing = False
        self.published += 1
        return True
