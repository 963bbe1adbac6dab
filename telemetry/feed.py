"""One race's UDP port: datagrams in, and once a tick a batch of frames out."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from telemetry.clock import SteadyClock
from telemetry.frames import FrameArray, VelocityDeriver
from telemetry.liftoff import StreamFormat
from telemetry.sources import LOG_EVERY_NS, NEVER, Address, Refusals, Source, SourceRefusal, Sources

logger = logging.getLogger(__name__)

# More than this in one tick is no race: 32 drones at their limit send 640.
MAX_PENDING: Final = 8192
SO_RCVBUFFORCE: Final = 33  # Linux: beyond the system's limit, for who may


class Intake:
    """What one tick brought: frames for the viewers, and the same as the journal keeps it, datagram by datagram."""

    def __init__(self, frames: FrameArray, sources: list[Source], datagrams: list[bytes]) -> None:
        self.frames = frames
        self.sources = sources
        self.datagrams = datagrams


class RaceFeed(asyncio.DatagramProtocol):
    """The receiving side of a race. `tick` makes frames of what has come since the last tick.

    It owns the race's drones: their numbers, their frame counters and their clocks.
    """

    def __init__(self, name: str, stream_format: StreamFormat, sources: Sources, clock: SteadyClock) -> None:
        self.name = name
        self.format = stream_format
        self.sources = sources
        self.refusals = Refusals()
        self.received = 0
        self.accepted = 0
        self.last_heard_ns = time.perf_counter_ns()
        self._clock = clock
        self._deriver = VelocityDeriver() if stream_format.derives_velocity else None
        self._pending: list[tuple[int, int, Address, bytes]] = []
        self._transport: asyncio.DatagramTransport | None = None
        self._error_logged_ns = NEVER

    # --- asyncio.DatagramProtocol

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.received += 1
        now_ns = time.perf_counter_ns()
        if len(data) not in self.format.sizes:
            self._refuse(addr[0], self.format.misfit(data), now_ns)
        elif len(self._pending) >= MAX_PENDING:
            self._refuse(addr[0], SourceRefusal.OVERFLOW, now_ns)
        else:
            self._pending.append((now_ns, self._clock.now_us(), addr[:2], data))

    def error_received(self, exc: Exception) -> None:
        now_ns = time.perf_counter_ns()
        if now_ns - self._error_logged_ns >= LOG_EVERY_NS:
            self._error_logged_ns = now_ns
            logger.warning("%s: %s", self.name, exc)

    # --- the ingest's side

    def close(self) -> None:
        """Close the socket; what has been received stays for the next tick."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def tick(self) -> Intake | None:
        """Give the frames of the datagrams received since the last tick, None where there are none."""
        if not self._pending:
            return None
        pending, self._pending = self._pending, []
        datagrams = [datagram for _, _, _, datagram in pending]
        decoded = self.format.decode(datagrams)
        for index, reason in decoded.refused:
            self._refuse(pending[index][2][0], reason, pending[index][0])
        owners: list[Source] = []
        kept: list[int] = []  # places among the decoded frames
        stamps: list[tuple[int, int]] = []  # seq, time
        accepted = decoded.accepted.tolist()
        for place, index in enumerate(accepted):
            now_ns, now_us, address, _ = pending[index]
            source = self.sources.take(address, now_ns)
            if isinstance(source, SourceRefusal):
                self._refuse(address[0], source, now_ns)
                continue
            source.last_seq += 1
            source.last_time = max(now_us, source.last_time + 1)
            owners.append(source)
            kept.append(place)
            stamps.append((source.last_seq, source.last_time))
        if not kept:
            return None
        self.accepted += len(kept)
        self.last_heard_ns = pending[-1][0]
        frames = decoded.frames if len(kept) == len(accepted) else decoded.frames[kept]
        stamp(frames, [source.number for source in owners], stamps, self._deriver)
        return Intake(frames, owners, [datagrams[accepted[place]] for place in kept])

    def _refuse(self, host: str, reason: str, now_ns: int) -> None:
        if self.refusals.count(host, reason, now_ns):
            total = self.refusals.by_source[host].total()
            logger.warning("%s: refused a datagram from %s: %s (%d refused so far)", self.name, host, reason, total)


def stamp(
    frames: FrameArray,
    drones: Sequence[int] | NDArray[Any],
    seqs_and_times: Sequence[tuple[int, int]],
    deriver: VelocityDeriver | None,
) -> None:
    """Write into decoded frames whose they are and when they came, and derive what the stream does not carry."""
    stamps = np.array(seqs_and_times, np.int64).reshape(-1, 2)
    frames["drone"] = drones
    frames["seq"] = stamps[:, 0]
    frames["time"] = stamps[:, 1]
    if deriver is not None:
        deriver.derive(frames)


async def listen(feed: RaceFeed, host: str, port: int, buffer_bytes: int) -> None:
    """Open the feed's socket; raises OSError when the port is taken by another program."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        with contextlib.suppress(OSError):  # only the administrator of a Linux host may exceed the system's limit
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, buffer_bytes)
        sock.bind((host, port))
        await loop.create_datagram_endpoint(lambda: feed, sock=sock)
    except BaseException:
        sock.close()
        raise


def known_sources(drones: Iterable[tuple[int, str, int, int]]) -> list[Source]:
    """Give the sources of drones seen before: number, drone_id, last seq, last time (µs)."""
    return [Source(number, drone_id, last_seq=seq, last_time=when) for number, drone_id, seq, when in drones]
