"""How many people watch each race, summed over the web processes.

Each process knows its own viewers exactly. It tells the others through the lobby's group whenever its numbers have
changed, at most once a second, and every ten seconds while it has viewers; what has not been heard of for thirty
seconds counts for nothing. So a sum is right within a second, and within ten for a process that has just begun to
listen; the viewers of a process that was killed are counted for half a minute more.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID, uuid4

from channels.layers import get_channel_layer

from races.announce import LOBBY_GROUP
from telemetry.publisher import Publisher

AT_MOST_EVERY: Final = 1.0  # s
AT_LEAST_EVERY: Final = 10.0  # s
FORGOTTEN_AFTER: Final = 30.0  # s
MOST_PROCESSES: Final = 256


class Audience:
    """The viewers of this process by race, and the task that tells the other processes of them."""

    def __init__(self) -> None:
        self._token = uuid4().hex
        self._counts: Counter[UUID] = Counter()
        self._telling: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @contextmanager
    def one_of(self, race_id: UUID) -> Iterator[None]:
        """Count somebody while they watch."""
        self._counts[race_id] += 1
        self._tell()
        try:
            yield
        finally:
            self._counts[race_id] -= 1
            if not self._counts[race_id]:
                del self._counts[race_id]
            self._changed.set()

    def of(self, race_id: UUID) -> int:
        return self._counts[race_id]

    def is_mine(self, message: dict[str, Any]) -> bool:
        return bool(message["process"] == self._token)

    def _tell(self) -> None:
        if self._telling is None or self._telling.done():
            self._changed = asyncio.Event()  # of this loop
            self._telling = asyncio.create_task(self._tell_while_anybody_watches())
        self._changed.set()

    async def _tell_while_anybody_watches(self) -> None:
        layer = get_channel_layer()
        if layer is None:
            return
        publisher = Publisher(layer, LOBBY_GROUP)
        try:
            while self._counts:
                self._changed.clear()
                publisher.put(self._message())
                await asyncio.sleep(AT_MOST_EVERY)
                try:
                    await asyncio.wait_for(self._changed.wait(), AT_LEAST_EVERY - AT_MOST_EVERY)
                except TimeoutError:
                    continue
            publisher.put(self._message())
        finally:
            await publisher.close()

    def _message(self) -> dict[str, Any]:
        counts = {str(race_id): count for race_id, count in self._counts.items()}
        return {"type": "lobby.viewers", "process": self._token, "viewers": counts}


class Others:
    """What the other processes have told of their viewers."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._told: dict[str, tuple[float, dict[str, int]]] = {}

    def hear(self, message: dict[str, Any]) -> None:
        """Take a `lobby.viewers` message."""
        self._told.pop(message["process"], None)
        if message["viewers"]:
            self._told[message["process"]] = (self._now(), message["viewers"])
        while len(self._told) > MOST_PROCESSES:
            del self._told[next(iter(self._told))]  # the one heard of longest ago

    def of(self, race_id: UUID) -> int:
        since = self._now() - FORGOTTEN_AFTER
        key = str(race_id)
        return sum(counts.get(key, 0) for heard, counts in self._told.values() if heard >= since)


audience = Audience()
