"""Sends datagrams at their times, from one socket for each drone: a drone is a source address."""

import heapq
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from types import TracebackType
from typing import Final, NamedTuple, Self

from management.simulator import Flight
from telemetry.liftoff import StreamFormat

# Frames are computed for so many seconds at once: few enough to answer Ctrl-C, enough to cost little.
CHUNK_SECONDS: Final = 1.0
# A receiver's smallest usual buffer holds some 250 datagrams: bursts this small leave it time to read.
BURST: Final = 16
BURST_PAUSE: Final = 0.001  # s


class Address(NamedTuple):
    """Where datagrams go, as the system resolved it."""

    family: socket.AddressFamily
    target: tuple[str, int]


class Due(NamedTuple):
    """A datagram of drone `source` (from 0), to be sent `at` seconds after the start."""

    at: float
    source: int
    datagram: bytes


class Sender:
    """So many sockets that send to one address; `sent` counts the datagrams. Use it in a `with`.

    Raises OSError where the system cannot send there.
    """

    def __init__(
        self,
        address: Address,
        sources: int = 1,
        *,
        now: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.sent = 0
        self._target = address.target
        self._sockets = [socket.socket(address.family, socket.SOCK_DGRAM) for _ in range(sources)]
        self._now = now
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._sockets:
            each.close()

    def play(self, schedule: Iterable[Due]) -> None:
        """Send each datagram at its time: counted from the start, so that a late one does not delay the next."""
        start = self._now()
        for due in schedule:
            early = start + due.at - self._now()
            if early > 0:
                self._sleep(early)
            self._send(due.source, due.datagram)

    def pour(self, datagrams: Iterable[bytes]) -> None:
        """Send as fast as a local receiver takes it without loss: in small bursts, from the first socket."""
        waiting = iter(datagrams)
        while burst := list(islice(waiting, BURST)):
            for datagram in burst:
                self._send(0, datagram)
            self._sleep(BURST_PAUSE)

    def _send(self, source: int, datagram: bytes) -> None:
        self._sockets[source].sendto(datagram, self._target)
        self.sent += 1


def race_schedule(
    flights: Sequence[Flight], stream: StreamFormat, hz: float, seconds: float | None = None
) -> Iterator[Due]:
    """Give the datagrams of several flights in the order of their times, for ever or for so many seconds.

    The drones' frames are spread over the 1/hz, since nothing keeps real drones in step.
    """
    return heapq.merge(
        *(
            _flight_schedule(flight, stream, hz, seconds, source, source / len(flights))
            for source, flight in enumerate(flights)
        )
    )


def _flight_schedule(
    flight: Flight, stream: StreamFormat, hz: float, seconds: float | None, source: int, share: float
) -> Iterator[Due]:
    # Each drone's chunks end at another time, so that no more than one is computed between two datagrams.
    since, until = 0.0, CHUNK_SECONDS * (1 + share)
    while seconds is None or since < seconds:
        frames = flight.frames(since, until if seconds is None else min(until, seconds), hz)
        times = (frames["time"] / 1e6 + share / hz).tolist()
        for at, datagram in zip(times, stream.encode(frames), strict=True):
            yield Due(at, source, datagram)
        since, until = until, until + CHUNK_SECONDS
