"""One subscription of this process to a group of the channel layer, which comes back by itself."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from channels.layers import BaseChannelLayer, get_channel_layer

logger = logging.getLogger(__name__)

# The in-memory layer forgets a membership after a day.
REJOIN_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 1.0

# Memberships that are given up when the layer answers: a task that nobody holds may vanish.
_leaving: set[asyncio.Task[None]] = set()


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
        self._failing = False
        self.ready = asyncio.Event()  # set by the first joining, for good
        self.last_heard = 0.0  # by the loop's clock

    async def run(self) -> None:
        """Receive until cancelled."""
        keeping = asyncio.create_task(self._rejoin())
        try:
            while True:
                try:
                    await self._join_and_receive()
                except Exception as error:
                    if not self._failing:
                        logger.error("%s: no channel layer; trying again every second", self._name, exc_info=error)
                    self._failing = True
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            keeping.cancel()

    async def _join_and_receive(self) -> None:
        layer = get_channel_layer()
        assert layer is not None
        joining = asyncio.create_task(self._join(layer))
        try:
            channel = await asyncio.shield(joining)
        except asyncio.CancelledError:
            # Half a membership would keep a queue that nobody empties; who cancels need not wait for the layer.
            _in_background(self._leave_once_joined(layer, joining))
            raise
        if self._failing:
            logger.info("%s: the channel layer is back", self._name)
        self._failing = False
        self.last_heard = asyncio.get_running_loop().time()
        if self.ready.is_set():
            self._on_gap()
        self.ready.set()
        self._channel = channel
        try:
            while True:
                message = await layer.receive(channel)
                self.last_heard = asyncio.get_running_loop().time()
                try:
                    self._handle(message)
                except Exception:
                    logger.exception("%s: a message could not be shown", self._name)
        except asyncio.CancelledError:
            await layer.group_discard(self._group, channel)  # the layer has forgotten the channel itself by now
            raise
        except Exception:
            await self._leave(layer, channel)
            raise
        finally:
            self._channel = ""

    async def _join(self, layer: BaseChannelLayer) -> str:
        channel: str = await layer.new_channel()
        try:
            await layer.group_add(self._group, channel)
        except BaseException:
            await self._leave(layer, channel)
            raise
        return channel

    async def _leave_once_joined(self, layer: BaseChannelLayer, joining: "asyncio.Task[str]") -> None:
        try:
            await self._leave(layer, await joining)
        except Exception as error:  # noqa: BLE001  whatever the layer's client raises: nobody waits for this
            logger.warning("%s: its group could not be left: %s", self._name, error or type(error).__name__)

    async def _leave(self, layer: BaseChannelLayer, channel: str) -> None:
        await layer.group_discard(self._group, channel)
        # A layer forgets a channel when its receiver is cancelled, and has no other call for that.
        waits = False
        while not waits:
            receiving = asyncio.create_task(layer.receive(channel))
            await asyncio.sleep(0)
            waits = not receiving.done()
            receiving.cancel()
            await asyncio.wait([receiving])

    async def _rejoin(self) -> None:
        while True:
            await asyncio.sleep(REJOIN_SECONDS)
            layer, channel = get_channel_layer(), self._channel
            if layer is None or not channel:
                continue
            try:
                await layer.group_add(self._group, channel)
            except Exception:
                logger.exception("%s: the membership of its group could not be renewed", self._name)


def _in_background(job: Any) -> None:
    task = asyncio.create_task(job)
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)
