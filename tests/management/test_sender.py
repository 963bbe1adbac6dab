import socket
from collections.abc import Iterator

import numpy as np
import pytest

from management.course import arena
from management.sender import BURST, Address, Due, Sender, race_schedule
from management.simulator import Flight, pilots
from telemetry.liftoff import compile_format

STREAM = compile_format(["Timestamp", "Position"])


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        yield listening


def address(receiver: socket.socket) -> Address:
    return Address(socket.AF_INET, receiver.getsockname())


class Clock:
    """A clock that moves only when it is slept on."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def test_datagrams_go_out_at_their_times_each_from_its_own_source(receiver: socket.socket) -> None:
    clock = Clock()
    with Sender(address(receiver), 2, now=clock.now, sleep=clock.sleep) as sender:
        sender.play([Due(0.0, 0, b"a"), Due(0.25, 1, b"b"), Due(0.25, 0, b"c")])
        got = [receiver.recvfrom(100) for _ in range(3)]
    assert [datagram for datagram, _ in got] == [b"a", b"b", b"c"]
    assert got[0][1] == got[2][1] != got[1][1]
    assert clock.slept == [0.25]
    assert sender.sent == 3


def test_a_late_datagram_does_not_delay_the_next(receiver: socket.socket) -> None:
    clock = Clock()

    def schedule() -> Iterator[Due]:
        yield Due(0.5, 0, b"a")
        clock.time += 0.75  # the machine was busy
        yield Due(1.0, 0, b"b")
        yield Due(1.5, 0, b"c")

    with Sender(address(receiver), now=clock.now, sleep=clock.sleep) as sender:
        sender.play(schedule())
    assert clock.slept == [0.5, 0.25]


def test_pouring_sends_everything_in_small_bursts(receiver: socket.socket) -> None:
    clock = Clock()
    with Sender(address(receiver), now=clock.now, sleep=clock.sleep) as sender:
        sender.pour(bytes([index]) for index in range(BURST * 2 + 1))
        assert [receiver.recv(100)[0] for _ in range(sender.sent)] == list(range(BURST * 2 + 1))
    assert len(clock.slept) == 3


def test_a_race_is_scheduled_in_the_order_of_time_with_every_frame_of_every_drone() -> None:
    flights = [Flight(arena(), pilot) for pilot in pilots(3, seed=1)]
    dues = list(race_schedule(flights, STREAM, 50, 3.0))
    times = [due.at for due in dues]
    assert times == sorted(times)
    assert times[-1] < 3.0
    for source, flight in enumerate(flights):
        frames = STREAM.decode([due.datagram for due in dues if due.source == source]).frames
        expected = flight.frames(0, 3.0, 50)
        assert frames["flight_time"].tolist() == expected["flight_time"].tolist()
        np.testing.assert_allclose(frames["position"], expected["position"], atol=1e-5)


def test_drones_are_not_in_step() -> None:
    flights = [Flight(arena(), pilot) for pilot in pilots(4, seed=1)]
    first = [next(due.at for due in race_schedule(flights, STREAM, 100, 1.0) if due.source == s) for s in range(4)]
    assert first == pytest.approx([0, 0.0025, 0.005, 0.0075])
