"""How fast the journals get into PostgreSQL when it was away, while drones fly on, and what live viewers notice of it.

Races of 8 drones at 100 Hz fly all the time; PostgreSQL stops and comes back. From the first frame recorded to the last
one that had waited, that is the catching up. A viewer of one of the races tells what its frames took before,
meanwhile, and then.
"""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Final

import psycopg

from bench import ingest, processes
from bench.load import Load
from bench.report import Table, milliseconds, number, percent
from bench.witness import Evidence
from tests import servers

RACES: Final = (1, 12, 25)
RACE_RATE: Final = round(ingest.DRONES * ingest.HZ)  # frames/s of a race
SETTLE_SECONDS: Final = 2.0
AWAY: Final = 3.0  # times as long as the drones fly before it
PATIENCE_SECONDS: Final = 120.0
POLL_SECONDS: Final = 0.05
MOST_WAITING: Final = 0.5  # s of flight that are journaled and not recorded while all is well


@dataclass(frozen=True)
class System:
    """DRIFT with races, on a PostgreSQL that may stop."""

    postgres: servers.Postgres
    pid: int
    tcp_port: int
    race: str  # the id of the one that is watched, the first of `ports`
    ports: list[str]

    @property
    def rate(self) -> int:
        """Frames/s of all races."""
        return RACE_RATE * len(self.ports)


@dataclass(frozen=True)
class CaughtUp:
    """`waited` frames, and those that came meanwhile, were `recorded` from `begin` to `end` (s since 1970)."""

    waited: int
    recorded: int
    begin: float
    end: float


def run(seconds: float, progress: Callable[[str], None]) -> Iterator[Table]:
    """Give the table; all is well for `seconds`, then PostgreSQL is away for AWAY times as long."""
    table = Table(
        f"Catching up while races of {ingest.DRONES} drones × {ingest.HZ:.0f} Hz fly on, PostgreSQL away for"
        f" {AWAY * seconds:.0f} s",
        (
            "races", "frames that waited", "recorded, frames/s", "times real time", "lost",
            "live frames meanwhile, %", "live p50 before, ms", "away", "catching up", "p99 before, ms", "away",
            "catching up",
        ),
    )  # fmt: skip
    try:
        for races in RACES:
            progress(f"catchup: {races} races")
            with system(races) as made:
                table.add(races, *measure(made, seconds))
    except servers.Unavailable as reason:
        progress(f"catchup is not measured: {reason}")
        return
    yield table


@contextmanager
def system(count: int) -> Iterator[System]:
    """Run DRIFT in one process on a PostgreSQL of its own, with so many races."""
    port = servers.free_port()
    with ExitStack() as stack:
        postgres = stack.enter_context(servers.postgres_server())
        environment, races = stack.enter_context(processes.drift(count, postgres.url))
        command = ["manage.py", "serve", "--host", "127.0.0.1", "--port", str(port), "--legacy-port", "0"]
        pid = stack.enter_context(processes.running(command, environment, tcp_port=port, says=b"DRIFT is running"))
        yield System(postgres, pid, port, races[0][0], ingest.listening(pid, races))


def measure(made: System, seconds: float) -> tuple[str, ...]:
    """Fly, stop PostgreSQL, start it, and give the table's figures."""
    away = AWAY * seconds
    with ThreadPoolExecutor(2) as threads:
        began = time.time()
        # As long again as without the database: more than enough to catch up.
        lasts = SETTLE_SECONDS + seconds + 2 * away
        witness = threads.submit(watched, made, lasts)
        others = threads.submit(flown, made, lasts)
        time.sleep(SETTLE_SECONDS + seconds)
        with counting(made.postgres) as recorded:
            before = recorded()
        stopped = time.time()
        made.postgres.stop()
        time.sleep(max(0.0, stopped + away - time.time()))
        started = time.time()
        made.postgres.start()
        done = caught_up(made, before, started - stopped)
        evidence = witness.result()
        sent = len(evidence.sent) + others.result()
    in_the_end = settled(made.postgres, sent)
    phases = [(began + SETTLE_SECONDS, stopped), (stopped, started), (done.begin, done.end)]
    speed = done.recorded / (done.end - done.begin)
    return (
        number(done.waited, 0),
        number(speed, 0),
        number(speed / made.rate),
        number(sent - in_the_end, 0),
        percent(evidence.share(stopped, done.end)),
        *(milliseconds(evidence.percentile(which, *phase)) for which in (50, 99) for phase in phases),
    )


def watched(made: System, seconds: float) -> Evidence:
    """Fly the first race before a viewer."""
    path = f"/ws/races/{made.race}/?format=binary&every=1"
    load = Load(made.pid, made.tcp_port, path, int(made.ports[0]), ingest.DRONES, ingest.HZ, 1, seconds, binary=True)
    said = processes.call(["-m", "bench.witness", json.dumps(asdict(load))], processes.plain_environment())
    return Evidence(**json.loads(said))


def flown(made: System, seconds: float) -> int:
    """Fly the other races; gives how many frames were sent."""
    if len(made.ports) == 1:
        return 0
    arguments = ["-m", "bench.sender", str(ingest.DRONES), str(ingest.HZ), str(seconds), *made.ports[1:]]
    return int(processes.call(arguments, processes.plain_environment()).split()[0])


def caught_up(made: System, before: int, away: float) -> CaughtUp:
    """Wait until all that came since the database went, and comes meanwhile, is recorded but for what always waits."""
    back, waited = time.time(), round(away * made.rate)
    with counting(made.postgres) as recorded:
        begin = back
        while True:
            count, now = recorded() - before, time.time()
            if not count:
                begin = now
            elif count >= waited + made.rate * (now - back - MOST_WAITING):
                return CaughtUp(waited, count, begin, now)
            elif now - back > PATIENCE_SECONDS:
                raise processes.Failed(f"{count} of {waited} frames are recorded after {now - back:.0f} s.")
            time.sleep(POLL_SECONDS)


def settled(postgres: servers.Postgres, wanted: int) -> int:
    """Give how many frames are recorded in the end."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    with counting(postgres) as recorded:
        while (count := recorded()) < wanted and time.monotonic() < give_up:
            time.sleep(POLL_SECONDS)
    return count


@contextmanager
def counting(postgres: servers.Postgres) -> Iterator[Callable[[], int]]:
    """Give a function that says how many frames the races count: in the transactions that write them, they do."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:

        def recorded() -> int:
            row = connection.execute("SELECT coalesce(sum(frame_count), 0) FROM races_race").fetchone()
            assert row is not None
            return int(row[0])

        yield recorded
