"""Recordings out of the database: how soon the first frames come, and what reading, replaying and exporting costs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import orjson

from bench import processes
from bench.recordings import DRONES, HZ
from bench.report import Table, number
from tests import servers

# Races, and the seconds of each: 3 million frames, and as many as SQLite takes in a minute.
POSTGRES = (5, 750)
SQLITE = (5, 250)


def run(_: float, progress: Callable[[str], None]) -> Iterator[Table]:
    """Give the table of both databases; how long it takes does not depend on the seconds."""
    table = Table(
        f"Recordings: races of {DRONES} drones × {HZ} Hz, one process",
        (
            "from",
            "frames in the table",
            "first frames of a race, ms (worst)",
            "from its middle, ms",
            "read, frames/s",
            "thinned to 10 Hz, frames/s looked through",
            "CSV, frames/s",
            "MCAP, frames/s",
            "replay JSON, µs a frame",
            "replay binary, µs a frame",
        ),
    )
    with ExitStack() as stack:
        try:
            url = stack.enter_context(servers.postgres())
        except servers.Unavailable as reason:
            progress(f"storage: PostgreSQL is not measured: {reason}")
        else:
            add(table, "PostgreSQL", url, POSTGRES, progress)
    add(table, "SQLite", "", SQLITE, progress)
    yield table


def add(table: Table, name: str, url: str, size: tuple[int, int], progress: Callable[[str], None]) -> None:
    races, seconds = size
    frames = races * seconds * DRONES * HZ
    progress(f"storage: {name}, {frames:,} frames")
    with processes.drift(1, url) as (environment, _):
        printed = processes.call(["-m", "bench.recordings", str(races), str(seconds)], environment)
    found: dict[str, float] = dict(orjson.loads(line) for line in printed.splitlines())
    table.add(
        name,
        number(frames, 0),
        f"{number(found['first ms'])} ({number(found['first ms worst'])})",
        number(found["middle ms"]),
        number(found["read frames/s"], 0),
        number(found["thinned frames/s"], 0),
        number(found["csv frames/s"], 0),
        number(found["mcap frames/s"], 0),
        number(found["replay json µs/frame"]),
        number(found["replay binary µs/frame"]),
    )
