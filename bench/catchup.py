"""How fast the journals get into the database when it was away: with nothing else to do, and while drones fly on.

PostgreSQL stops while 25 races of 8 drones send 100 Hz each. It comes back, once after they have landed, and once while
they fly on; from the first frame recorded to the last one that had waited, that is the catching up.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import psycopg

from bench import ingest, processes
from bench.report import Table, number
from tests import servers

RATE: Final = round(ingest.RACES * ingest.DRONES * ingest.HZ)  # frames/s
POLL_SECONDS: Final = 0.05
PATIENCE_SECONDS: Final = 60.0
MOST_WAITING: Final = 0.5  # s of flight that are journaled and not recorded while all is well


@dataclass(frozen=True)
class CaughtUp:
    """`waited` frames and those that came meanwhile were `recorded` in `seconds`; `sent` are all of the flight."""

    sent: int
    waited: int
    recorded: int
    seconds: float
    in_the_end: int


def run(seconds: float, progress: Callable[[str], None]) -> Iterator[Table]:
    """Give the table; PostgreSQL is away for about `seconds` each time."""
    table = Table(
        f"Catching up: {ingest.RACES} races of {ingest.DRONES} drones × {ingest.HZ:.0f} Hz, PostgreSQL away for"
        f" {seconds:.0f} s",
        ("when it is back", "frames that waited", "recorded, frames/s", "times real time", "lost"),
    )
    with ExitStack() as stack:
        try:
            postgres = stack.enter_context(servers.postgres_server())
            redis = stack.enter_context(servers.valkey())
        except servers.Unavailable as reason:
            progress(f"catchup is not measured: {reason}")
            return
        environment, races = stack.enter_context(processes.drift(ingest.RACES, postgres.url, redis))
        pid = stack.enter_context(processes.running(["manage.py", "ingest_udp"], environment))
        ports = ingest.listening(pid, races)
        for name, flies_on in (("the drones have landed", 0.0), ("the drones fly on", seconds)):
            progress(f"catchup: {name}")
            done = measure(postgres, ports, seconds, flies_on)
            table.add(
                name,
                number(done.waited, 0),
                number(done.recorded / done.seconds, 0),
                number(done.recorded / done.seconds / RATE),
                number(done.sent - done.in_the_end, 0),
            )
    yield table


def measure(postgres: servers.Postgres, ports: list[str], away: float, flies_on: float) -> CaughtUp:
    """Fly for `away` s without the database, and `flies_on` s with it."""
    before = recorded(postgres)
    arguments = ["-m", "bench.sender", str(ingest.DRONES), str(ingest.HZ), str(away + flies_on), *ports]
    postgres.stop()
    with ThreadPoolExecutor(1) as threads:
        flight = threads.submit(processes.call, arguments, processes.plain_environment())
        began = time.perf_counter()
        if flies_on:
            time.sleep(away)
        else:
            flight.result()
        waited = round(min(time.perf_counter() - began, away) * RATE)
        postgres.start()
        done, lasted = caught_up(postgres, before, lambda passed: waited + (RATE * passed if flies_on else 0))
        sent = int(flight.result().split()[0])
    in_the_end = settled(postgres, before + sent) - before
    return CaughtUp(sent, waited, done, lasted, in_the_end)


def caught_up(postgres: servers.Postgres, before: int, due: Callable[[float], float]) -> tuple[int, float]:
    """Wait until as many frames are recorded as are `due`, s after the database is back; gives how many in which s."""
    back, first, begin = time.perf_counter(), 0.0, before
    while True:
        count, now = recorded(postgres), time.perf_counter()
        if count == before:
            begin, first = count, now
        elif count - before >= due(now - back) - MOST_WAITING * RATE or now - back > PATIENCE_SECONDS:
            return count - begin, now - first
        time.sleep(POLL_SECONDS)


def settled(postgres: servers.Postgres, wanted: int) -> int:
    """Give how many frames are recorded in the end."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while (count := recorded(postgres)) < wanted and time.monotonic() < give_up:
        time.sleep(POLL_SECONDS)
    return count


def recorded(postgres: servers.Postgres) -> int:
    """Give how many frames the races count: they are counted in the transactions that write them."""
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("SELECT coalesce(sum(frame_count), 0) FROM races_race").fetchone()
    assert row is not None
    return int(row[0])
