"""The ingest's counters for a person: a live table on a terminal, one log line every ten seconds elsewhere."""

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final, TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table

from telemetry.ingest import Ingest

logger = logging.getLogger(__name__)

TABLE_SECONDS: Final = 0.5
LINE_SECONDS: Final = 10.0


class Rates:
    """Frames a second of each race, between two looks."""

    def __init__(self) -> None:
        self._before: dict[object, int] = {}
        self._looked: float | None = None

    def look(self, counts: dict[object, int], now: float) -> dict[object, float]:
        passed = now - self._looked if self._looked is not None else 0.0
        rates = {
            key: (count - self._before.get(key, count)) / passed if passed else 0.0 for key, count in counts.items()
        }
        self._before, self._looked = dict(counts), now
        return rates


def refused(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in counts.most_common()) or "0"


def table(ingest: Ingest, rates: dict[object, float]) -> Table:
    """Give the counters as a table, a row a race."""
    stats = ingest.recorder.stats
    shown = Table(
        title=f"recorded {stats.recorded:,} · waiting for the database {stats.backlog:,} · {stats.state}",
        title_justify="left",
    )
    for heading in ("race", "UDP port", "drones", "frames/s", "received", "published", "not published"):
        shown.add_column(heading, justify="left" if heading == "race" else "right")
    shown.add_column("refused")
    for running in ingest.races.values():
        publisher = running.publisher
        shown.add_row(
            running.name,
            str(running.port),
            str(len(running.feed.sources.drones)),
            f"{rates.get(running.race_id, 0.0):,.0f}",
            f"{running.feed.received:,}",
            f"{publisher.published:,}" if publisher else "–",
            f"{publisher.dropped:,}" if publisher else "–",
            refused(running.feed.refusals.by_reason),
        )
    return shown


def line(ingest: Ingest) -> str:
    """Give the counters of all races as one line."""
    races = ingest.races.values()
    refusals: Counter[str] = sum((running.feed.refusals.by_reason for running in races), Counter())
    published = sum(running.publisher.published for running in races if running.publisher)
    stats = ingest.recorder.stats
    return (
        f"{len(races)} races, {sum(running.feed.received for running in races):,} datagrams received, "
        f"refused {refused(refusals)}, {stats.recorded:,} frames recorded, {published:,} batches published, "
        f"{stats.backlog:,} frames wait for the database, {ingest.ticks_late:,} late ticks, recorder {stats.state}"
    )


async def show(ingest: Ingest, console: Console) -> None:
    """Show the counters until cancelled."""
    if not console.is_terminal:
        while True:
            await asyncio.sleep(LINE_SECONDS)
            logger.info(line(ingest))
    rates = Rates()
    loop = asyncio.get_running_loop()
    terminal = sys.stderr
    with Live(console=console, auto_refresh=False, transient=True) as live, _log_above(terminal):
        while True:
            counts: dict[object, int] = {key: running.feed.accepted for key, running in ingest.races.items()}
            live.update(table(ingest, rates.look(counts, loop.time())), refresh=True)
            await asyncio.sleep(TABLE_SECONDS)


@asynccontextmanager
async def shown(ingest: Ingest, console: Console) -> AsyncIterator[None]:
    """Show the counters while inside."""
    view = asyncio.create_task(show(ingest, console))
    try:
        yield
    finally:
        view.cancel()
        with suppress(asyncio.CancelledError):
            await view


@contextmanager
def _log_above(terminal: TextIO) -> Iterator[None]:
    # The live table stands in for sys.stderr; log handlers that kept the real one would write across the table.
    handlers = [
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream is terminal
    ]
    for handler in handlers:
        handler.setStream(sys.stderr)
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(terminal)
