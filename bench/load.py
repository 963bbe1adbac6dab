"""The other end of bench.fanout, a process of its own: drones that send, viewers that receive.

`python -m bench.load '{"udp_port": …}'` prints one line of JSON, a `Result`.
"""

import asyncio
import json
import re
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import nan
from typing import Final

import numpy as np
import psutil

from bench import machine, run_loop
from bench.datagrams import MOST_FRAMES, Drone
from bench.viewer import Viewer, connect
from telemetry.batches import HEADER
from telemetry.frames import FRAME

SETTLE_SECONDS: Final = 1.5
DRAIN_SECONDS: Final = 2.0
STALLED_BUFFER: Final = 4096
NUMBER: Final = re.compile(rb'"position":\s*\{"x":\s*([0-9.e+]+)')


@dataclass
class Load:
    """What to put on a server, and where it is."""

    pid: int
    tcp_port: int
    path: str
    udp_port: int
    drones: int
    hz: float
    viewers: int
    seconds: float
    binary: bool = False
    stalled: int = 0


@dataclass
class Result:
    """What came of it. Times in ms, CPU in µs a frame delivered or sent; shares are of what should have arrived."""

    share: float
    worst_share: float
    p50: float
    p99: float
    cpu_per_frame: float
    cpu_per_sent: float
    cpu_share: float
    bytes_per_frame: float
    memory_growth_mb: float
    stalled_cut_off: bool


def numbers_in_text(payload: bytes) -> list[int]:
    return [int(float(text)) for text in NUMBER.findall(payload)]


def numbers_in_binary(payload: bytes) -> list[int]:
    if len(payload) < HEADER.size or payload[0] != 1:
        return []
    frames = np.frombuffer(payload, FRAME, offset=HEADER.size)
    numbers: list[int] = frames["position"][:, 0].astype(int).tolist()
    return numbers


class Arrivals:
    """When each frame arrived at one viewer. What a message holds is worked out once for all viewers."""

    def __init__(self, parsed: dict[bytes, list[int]], parse: Callable[[bytes], list[int]]) -> None:
        self._parsed = parsed
        self._parse = parse
        self.messages: list[tuple[float, list[int]]] = []

    def take(self, now: float, payload: bytes) -> None:
        numbers = self._parsed.get(payload)
        if numbers is None:
            if len(self._parsed) > 4096:
                self._parsed.clear()
            numbers = self._parsed[payload] = self._parse(payload)
        if numbers:
            self.messages.append((now, numbers))

    def count(self, begin: float, end: float) -> int:
        """Give how many frames came between two instants, whenever they were sent."""
        return sum(len(numbers) for now, numbers in self.messages if begin <= now < end)

    def table(self) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
        """Give the numbers of all frames received, each once, and when they came (s)."""
        numbers = np.array([number for _, some in self.messages for number in some], np.int64)
        times = np.repeat([now for now, _ in self.messages], [len(some) for _, some in self.messages])
        numbers, first = np.unique(numbers, return_index=True)
        return numbers, times[first]


class Swarm:
    """The drones, each with a socket of its own. `sent` has the time of every frame, numbered by its place."""

    def __init__(self, load: Load) -> None:
        self.sent: list[float] = []
        self._load = load
        self._drones = [Drone(seed, load.hz) for seed in range(load.drones)]
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in self._drones]
        for sock in self._sockets:
            sock.bind(("127.0.0.1", 0))
            sock.connect(("127.0.0.1", load.udp_port))

    async def fly(self, seconds: float) -> None:
        """Send from every drone at its rate, evenly spread."""
        loop = asyncio.get_running_loop()
        rate = self._load.hz * len(self._drones)
        begin = loop.time()
        for index in range(min(int(seconds * rate), MOST_FRAMES - len(self.sent))):
            wait = begin + index / rate - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            place = index % len(self._drones)
            datagram = self._drones[place].datagram(len(self.sent))
            self.sent.append(time.perf_counter())
            self._sockets[place].send(datagram)

    def close(self) -> None:
        for sock in self._sockets:
            sock.close()


@dataclass
class Meter:
    """What the server and the viewers' connections have used up since the meter was made."""

    server: psutil.Process
    viewers: list[Viewer]
    arrivals: list[Arrivals]

    def __post_init__(self) -> None:
        self._cpu, self._memory, self._bytes = self._read()
        self._began = time.perf_counter()

    def stop(self) -> None:
        now = time.perf_counter()
        cpu, memory, received = self._read()
        self.seconds = now - self._began
        self.cpu = cpu - self._cpu
        self.memory_mb = (memory - self._memory) / 2**20
        self.bytes = received - self._bytes
        # Whenever they were sent: what a server that is behind delivers meanwhile is older than the measurement.
        self.frames = sum(viewer.count(self._began, now) for viewer in self.arrivals)

    def _read(self) -> tuple[float, int, int]:
        times = self.server.cpu_times()
        received = sum(viewer.bytes_received for viewer in self.viewers)
        return times.user + times.system, self.server.memory_info().rss, received


async def run(load: Load) -> Result:
    """Connect the viewers, let everything settle, then measure while the drones fly."""
    parsed: dict[bytes, list[int]] = {}
    parse = numbers_in_binary if load.binary else numbers_in_text
    arrivals = [Arrivals(parsed, parse) for _ in range(load.viewers)]
    viewers = [await connect("127.0.0.1", load.tcp_port, load.path, each.take) for each in arrivals]
    stalled = [await stall(load) for _ in range(load.stalled)]
    swarm = Swarm(load)
    await swarm.fly(SETTLE_SECONDS)
    await asyncio.sleep(0.5)
    first = len(swarm.sent)
    meter = Meter(psutil.Process(load.pid), viewers, arrivals)
    await swarm.fly(load.seconds)
    await asyncio.sleep(0.1)
    meter.stop()
    cut_off = await drain(stalled)
    swarm.close()
    for viewer in [*viewers, *stalled]:
        if viewer.transport is not None:
            viewer.transport.abort()
    return summary(arrivals, swarm.sent, first, meter, cut_off=cut_off)


async def stall(load: Load) -> Viewer:
    """Connect a viewer that never reads."""
    viewer = await connect("127.0.0.1", load.tcp_port, load.path, lambda *_: None, receive_buffer=STALLED_BUFFER)
    assert viewer.transport is not None
    viewer.transport.pause_reading()
    return viewer


async def drain(stalled: list[Viewer]) -> bool:
    """Wait for the last frames; say whether the server has cut the stalled viewers off, which show it by reading."""
    for viewer in stalled:
        assert viewer.transport is not None
        viewer.transport.resume_reading()
    await asyncio.sleep(DRAIN_SECONDS)
    return bool(stalled) and all(viewer.lost for viewer in stalled)


def summary(arrivals: list[Arrivals], sent: list[float], first: int, meter: Meter, *, cut_off: bool) -> Result:
    """Give the result for the frames from number `first` on."""
    sent_at = np.array(sent)
    counts: list[int] = []
    latencies = []
    for viewer in arrivals:
        numbers, times = viewer.table()
        measured = (numbers >= first) & (numbers < len(sent))
        counts.append(int(measured.sum()))
        latencies.append((times[measured] - sent_at[numbers[measured]]) * 1000)
    delivered, due = sum(counts), len(sent) - first
    everything = due * len(arrivals)
    p50, p99 = np.percentile(np.concatenate(latencies), [50, 99]).tolist() if delivered else (nan, nan)
    return Result(
        share=delivered / everything if everything else nan,
        worst_share=min(counts, default=0) / due,
        p50=p50,
        p99=p99,
        cpu_per_frame=meter.cpu * 1e6 / meter.frames if meter.frames else nan,
        cpu_per_sent=meter.cpu * 1e6 / due,
        cpu_share=meter.cpu / meter.seconds,
        bytes_per_frame=meter.bytes / meter.frames if meter.frames else nan,
        memory_growth_mb=meter.memory_mb,
        stalled_cut_off=cut_off,
    )


def main() -> None:
    machine.pin(0, machine.LOAD_CORE)
    load = Load(**json.loads(sys.argv[1]))
    result = run_loop.run(run(load))
    print(json.dumps(asdict(result)))


if __name__ == "__main__":
    main()
