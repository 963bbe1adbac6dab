"""Frames from the socket to the database: how many a second without loss; and what decoding alone costs."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

import psutil

from bench import processes
from bench.datagrams import Drone
from bench.report import Table, number, percent
from races.stream_format import DEFAULT_FORMAT
from telemetry.liftoff import compile_format
from tests import servers

DRONES: Final = 8
HZ: Final = 100.0
RATES: Final = (4_800, 9_600, 14_400, 20_000)  # frames/s; a race of 8 drones × 100 Hz is 800 of them
# How long the recorder may go on after the last datagram before what is missing counts as lost.
CATCH_UP_SECONDS: Final = 10.0
POLL_SECONDS: Final = 0.05
DECODE_BATCHES: Final = (8, 64, 512)


@dataclass(frozen=True)
class Step:
    """One rate: frames sent and recorded, the sender's s, the recorder's s behind it, the ingest's share of a core."""

    sent: int
    recorded: int
    seconds: float
    behind: float
    cpu_share: float


def run(seconds: float, progress: Callable[[str], None]) -> Iterator[Table]:
    """Give the tables of the ingest, each rate lasting `seconds`."""
    table = Table(
        f"Ingest: UDP to database, races of {DRONES} drones × {HZ:.0f} Hz, {seconds:.0f} s each",
        ("into", "frames/s", "sent", "recorded", "lost, %", "all in the database after, s", "core of the ingest, %"),
    )
    for name, system in (("PostgreSQL, `ingest_udp`", on_postgres), ("SQLite, `serve`", on_sqlite)):
        try:
            with system() as (pid, environment, ports), processes.counting(environment) as recorded:
                for rate in RATES:
                    progress(f"ingest: {name}, {rate} frames/s")
                    step = measure(pid, recorded, ports[: round(rate / (DRONES * HZ))], seconds)
                    table.add(name, *figures(step))
        except servers.Unavailable as reason:
            progress(f"ingest: {name} is not measured: {reason}")
    yield table
    progress("ingest: decode")
    yield decode()


def figures(step: Step) -> tuple[str, ...]:
    return (
        number(step.sent / step.seconds, 0),
        number(step.sent, 0),
        number(step.recorded, 0),
        percent(1 - step.recorded / step.sent),
        number(step.behind),
        percent(step.cpu_share, 0),
    )


def measure(pid: int, recorded: Callable[[], int], ports: list[str], seconds: float) -> Step:
    before = recorded()
    server = psutil.Process(pid)
    cpu_before = cpu_seconds(server)
    arguments = ["-m", "bench.sender", str(DRONES), str(HZ), str(seconds), *ports]
    sent_text, lasted_text, ended_text = processes.call(arguments, processes.plain_environment()).split()
    sent, lasted, ended = int(sent_text), float(lasted_text), float(ended_text)
    last, changed = before, ended
    while last - before < sent and time.time() - changed < CATCH_UP_SECONDS:
        count = recorded()
        if count != last:
            last, changed = count, time.time()
        time.sleep(POLL_SECONDS)
    return Step(sent, last - before, lasted, changed - ended, (cpu_seconds(server) - cpu_before) / lasted)


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


System = tuple[int, dict[str, str], list[str]]  # the ingest's pid, its environment, the races' UDP ports
RACES: Final = round(max(RATES) / (DRONES * HZ))


@contextmanager
def on_postgres() -> Iterator[System]:
    with ExitStack() as stack:
        database, redis = stack.enter_context(servers.postgres()), stack.enter_context(servers.valkey())
        environment, races = stack.enter_context(processes.drift(RACES, database, redis))
        pid = stack.enter_context(processes.running(["manage.py", "ingest_udp"], environment))
        yield pid, environment, listening(pid, races)


@contextmanager
def on_sqlite() -> Iterator[System]:
    with processes.drift(RACES) as (environment, races):
        port = servers.free_port()
        command = ["manage.py", "serve", "--host", "127.0.0.1", "--port", str(port), "--legacy-port", "0"]
        with processes.running(command, environment, tcp_port=port) as pid:
            yield pid, environment, listening(pid, races)


def listening(pid: int, races: list[list[str]]) -> list[str]:
    """Give the races' ports once all are open."""
    ports = {int(port) for _, port in races}
    give_up = time.monotonic() + processes.START_SECONDS
    while not ports <= {each.laddr.port for each in psutil.Process(pid).net_connections("udp")}:
        if time.monotonic() > give_up:
            raise processes.Failed("The ingest does not listen on the races' ports.")
        time.sleep(0.2)
    return [port for _, port in races]


def decode() -> Table:
    """Measure telemetry.liftoff alone, by the size of a batch: what a tick brings."""
    table = Table("Decoding the full stream format, by frames a tick", ("frames", "µs a frame", "frames/s of a core"))
    stream = compile_format(DEFAULT_FORMAT)
    for size in DECODE_BATCHES:
        drones = [Drone(seed, HZ) for seed in range(size)]
        batch = [drone.datagram(index) for index, drone in enumerate(drones)]
        rounds = 200_000 // size
        begin = time.process_time()
        for _ in range(rounds):
            stream.decode(batch)
        each = (time.process_time() - begin) / (rounds * size)
        table.add(size, number(each * 1e6, 2), number(1 / each, 0))
    return table
