"""What a page hears while nothing happens, so that it can tell a quiet race from a dead connection.

A browser answers the WebSocket's own pings without telling the page of them.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from telemetry.clock import epoch_us

ALIVE_SECONDS: Final = 10.0


async def say_alive(tell: Callable[[dict[str, Any]], None]) -> None:
    """Hand `tell` an `alive` event every ten seconds, until cancelled."""
    while True:
        await asyncio.sleep(ALIVE_SECONDS)
        tell({"type": "alive", "server_time": epoch_us(datetime.now(UTC))})
