"""From a drone's UDP datagram to every viewer: DRIFT, beside its floor and the usual way, in the same run."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Final

from bench import processes
from bench.load import Load, Result
from bench.report import Table, milliseconds, number, percent
from tests.servers import free_port

DRONES: Final = 8
HZ: Final = 50.0


@dataclass(frozen=True)
class Case:
    """What viewers ask for, and how many they are; `form` and `ticks` are the floor's likeness of it."""

    name: str
    path: str  # {port} and {race} stand for the race's
    form: str
    ticks: int
    viewers: int


CASES: Final = (
    Case("`/race/{port}`, a message a frame", "/race/{port}", "original", 1, 50),
    Case("JSON, a message a tick", "/ws/races/{race}/?format=json&every=1", "json", 1, 100),
    Case("JSON, 25 messages a second", "/ws/races/{race}/?format=json", "json", 2, 100),
    Case("binary, a message a tick", "/ws/races/{race}/?format=binary&every=1", "binary", 1, 100),
)
# Enough to fill every buffer on the way to a viewer that does not read, and then to outlast the server's patience.
STALLED: Final = Case("one viewer stops reading", "/ws/races/{race}/?format=json&every=1", "json", 1, 20)
STALLED_DRONES: Final = 16
STALLED_HZ: Final = 100.0
STALLED_SECONDS: Final = 20.0

Server = Callable[[Case], AbstractContextManager[Load]]


@contextmanager
def drift(case: Case) -> Iterator[Load]:
    port = free_port()
    with processes.drift(races=1) as (environment, races):
        race, udp_port = races[0]
        command = ["manage.py", "serve", "--host", "127.0.0.1", "--port", str(port), "--legacy-port", "0"]
        with processes.running(command, environment, tcp_port=port, says=b"DRIFT is running") as pid:
            yield load(case, pid, port, case.path.format(port=udp_port, race=race), int(udp_port))


@contextmanager
def floor(case: Case) -> Iterator[Load]:
    port, udp_port = free_port(), processes.free_udp_ports(1)
    command = ["-m", "bench.floor", case.form, str(port), str(udp_port), str(case.ticks)]
    with processes.running(command, processes.plain_environment(), tcp_port=port) as pid:
        yield load(case, pid, port, "/", udp_port)


@contextmanager
def usual(case: Case) -> Iterator[Load]:
    port, udp_port = free_port(), processes.free_udp_ports(1)
    command = ["-m", "bench.usual", str(port), str(udp_port)]
    with processes.running(command, processes.plain_environment(), tcp_port=port) as pid:
        yield replace(load(case, pid, port, "/", udp_port), binary=False)


def load(case: Case, pid: int, tcp_port: int, path: str, udp_port: int) -> Load:
    return Load(pid, tcp_port, path, udp_port, DRONES, HZ, case.viewers, seconds=0, binary=case.form == "binary")


def measure(server: Server, case: Case, seconds: float) -> Result:
    with server(case) as prepared:
        return put(replace(prepared, seconds=seconds))


def put(wanted: Load) -> Result:
    """Put a load on a server, from a process on the other core."""
    environment = processes.plain_environment()
    return Result(**json.loads(processes.call(["-m", "bench.load", json.dumps(asdict(wanted))], environment)))


def run(seconds: float, progress: Callable[[str], None]) -> Iterator[Table]:
    """Give the tables of the fan-out, each measurement lasting `seconds`."""
    columns = ("viewers get", "viewers", "server", "CPU a frame delivered, µs", "core, %", "p50, ms", "p99, ms")
    table = Table(
        f"Fan-out: UDP to viewer, {DRONES} drones × {HZ:.0f} Hz, {seconds:.0f} s each",
        (*columns, "loss, %", "bytes a frame"),
    )
    for case in CASES:
        servers: list[tuple[str, Server]] = [("DRIFT", drift), ("floor", floor)]
        if case.form == "original":
            servers.append(("usual", usual))
        for name, server in servers:
            progress(f"fanout: {case.name}, {name}")
            table.add(case.name, case.viewers, name, *figures(measure(server, case, seconds)))
    few = replace(CASES[0], viewers=5)
    progress(f"fanout: {few.name}, usual, {few.viewers} viewers")
    table.add(few.name, few.viewers, "usual", *figures(measure(usual, few, seconds)))
    yield table
    progress("fanout: nobody watches")
    yield unwatched(seconds)
    progress(f"fanout: {STALLED.name}")
    yield stalled()


def unwatched(seconds: float) -> Table:
    """What DRIFT's figures above hold besides the fan-out: the floor and the usual way record nothing."""
    table = Table("DRIFT with no viewer: receiving and recording", ("CPU a frame received, µs", "core, %"))
    result = measure(drift, replace(CASES[0], viewers=0), seconds)
    table.add(number(result.cpu_per_sent), percent(result.cpu_share, digits=0))
    return table


def figures(result: Result) -> tuple[str, ...]:
    return (
        number(result.cpu_per_frame),
        percent(result.cpu_share, digits=0),
        milliseconds(result.p50),
        milliseconds(result.p99),
        percent(1 - result.share),
        number(result.bytes_per_frame, digits=0),
    )


def stalled() -> Table:
    table = Table(
        f"One of {STALLED.viewers + 1} viewers stops reading, {STALLED_DRONES} drones × {STALLED_HZ:.0f} Hz, "
        f"{STALLED_SECONDS:.0f} s",
        ("server", "the others' frames, %", "the worst one's, %", "p99, ms", "stalled viewer", "memory grew by, MB"),
    )
    with drift(STALLED) as prepared:
        result = put(
            replace(prepared, drones=STALLED_DRONES, hz=STALLED_HZ, seconds=STALLED_SECONDS, stalled=1),
        )
    table.add(
        "DRIFT",
        percent(result.share),
        percent(result.worst_share),
        milliseconds(result.p99),
        "cut off" if result.stalled_cut_off else "still connected",
        number(result.memory_growth_mb),
    )
    return table
