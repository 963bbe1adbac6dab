"""One subscription of this process to a group of the channel layer, which comes back by itself."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

# The in-memory layer forgets a membership after a day.
REJOIN_SECONDS: Final = 3600.0


class Subscription:
    """Hands every message of `group` to `handle`, and calls `on_gap` after a failure: what came meanwhile is lost.

    Neither may wait. What `handle` raises is logged, and the next message comes as if nothing had been.
    """

    def __init__(
        self, group: str, name: str, handle: Callable[[dict[str, Any]], None], on_gap: Callable[[], None]
    ) -> None:
        self._group = group
        self._name = name
        self._handle = handle
        self._on_gap = on_gap
        self._channel = ""
        self.ready = asyncio.Event()  # set by the first joining, for good
        self.last_heard = 0.0  # by the loop's clock

    async def run(self) -> None:
        """Receive until cancelled."""
        keeping = asyncio.create_task(self._rejoin())
        try:
            while True:
                try:
                    await self._join_and_receive()
                except Exception:
                    logger.exception("%s: the channel layer failed; trying again in a second", self._name)
                    await asyncio.sleep(1.0)
        finally:
            keeping.cancel()

    async def _join_and_receive(self) -> None:
        layer = get_channel_layer()
        assert layer is not None
        self._channel = await layer.new_channel()
        await layer.group_add(self._group, self._channel)
        self.last_heard = asyncio.get_running_loop().time()
        if self.ready.is_set():
            self._on_gap()
        self.ready.set()
        try:
            while True:
                message = await layer.receive(self._channel)
                self.last_heard = asyncio.get_running_loop().time()
                try:
                    self._handle(message)
                except Exception:
                    logger.exception("%s: a message could not be shown", self._name)
        finally:
            await layer.group_discard(self._group, self._channel)

    async def _rejoin(self) -> None:
        await self.ready.wait()
        while True:
            await asyncio.sleep(REJOIN_SECONDS)
            layer = get_channel_layer()
            assert layer is not None
            try:
                await layer.group_add(self._group, self._channel)
            except Exception:
                logger.exception("%s: the membership of its group could not be renewed", self._name)
