import asyncio
import socket
import time

import numpy as np
import pytest

from telemetry.clock import SteadyClock
from telemetry.feed import MAX_PENDING, RaceFeed, known_sources, listen
from telemetry.liftoff import StreamFormat, compile_format
from telemetry.sources import Sources
from tests.telemetry.builders import FULL, datagram, frames

ONE, TWO = ("10.0.0.1", 5000), ("10.0.0.2", 5000)


def feed(stream_format: StreamFormat = FULL, known: list[tuple[int, str, int, int]] | None = None) -> RaceFeed:
    sources = Sources(known_sources(known or []), max_drones=4, silence_ns=3 * 10**9, rate=1000)
    return RaceFeed("Race test", stream_format, sources, SteadyClock())


def test_a_tick_gives_the_frames_in_order_with_whose_they_are() -> None:
    race = feed()
    for number, address in enumerate([ONE, TWO, ONE]):
        race.datagram_received(datagram(position=(number, 0, 0)), address)
    intake = race.tick()
    assert intake is not None
    assert intake.frames["drone"].tolist() == [1, 2, 1]
    assert intake.frames["seq"].tolist() == [1, 1, 2]
    assert intake.frames["position"][:, 0].tolist() == [0, 1, 2]
    assert [source.drone_id for source in intake.sources] == ["10.0.0.1", "10.0.0.2", "10.0.0.1"]
    assert intake.datagrams[1] == datagram(position=(1, 0, 0))
    assert race.tick() is None


def test_times_rise_for_each_drone_even_within_one_microsecond() -> None:
    race = feed()
    for _ in range(200):
        race.datagram_received(datagram(), ONE)
    intake = race.tick()
    assert intake is not None
    assert (np.diff(intake.frames["time"]) > 0).all()


def test_a_drone_goes_on_after_a_restart_with_a_later_time_and_the_next_number() -> None:
    later = time.time_ns() // 1000 + 10**9  # the clock was set back meanwhile
    race = feed(known=[(3, "10.0.0.1", 41, later)])
    race.datagram_received(datagram(), ONE)
    race.datagram_received(datagram(), TWO)
    intake = race.tick()
    assert intake is not None
    assert intake.frames["drone"].tolist() == [3, 4]
    assert intake.frames["seq"].tolist() == [42, 1]
    assert intake.frames["time"][0] == later + 1


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"", "short"),
        (datagram()[:-1], "short"),
        (datagram() + b"x", "long"),
        (b"x" * 60_000, "motor count"),
        (datagram(position=(np.nan, 0, 0)), "not finite"),
        (datagram(gyro=(0, np.inf, 0)), "not finite"),
    ],
)
def test_a_bad_datagram_is_counted_and_disturbs_nobody(bad: bytes, reason: str) -> None:
    race = feed()
    race.datagram_received(datagram(), ONE)
    race.datagram_received(bad, TWO)
    race.datagram_received(datagram(), ONE)
    intake = race.tick()
    assert intake is not None
    assert intake.frames["seq"].tolist() == [1, 2]
    assert race.refusals.by_reason == {reason: 1}
    assert list(race.sources.drones) == [1], "a refused datagram makes no drone"


def test_a_drone_over_its_rate_is_cut_and_others_are_not() -> None:
    race = feed()
    for _ in range(1500):
        race.datagram_received(datagram(), ONE)
    race.datagram_received(datagram(), TWO)
    intake = race.tick()
    assert intake is not None
    per_drone = np.bincount(intake.frames["drone"])
    assert per_drone[2] == 1
    assert 1000 <= per_drone[1] < 1500
    assert race.refusals.by_reason["too fast"] == 1500 - per_drone[1]


def test_a_flood_between_two_ticks_is_bounded() -> None:
    race = feed()
    good = datagram()
    for _ in range(MAX_PENDING + 100):
        race.datagram_received(good, ONE)
    assert len(race._pending) == MAX_PENDING
    assert race.refusals.by_reason == {"more than can be read": 100}


def test_velocity_is_derived_where_the_stream_has_none() -> None:
    stream_format = compile_format(("Timestamp", "Position"))
    race = feed(stream_format)
    made = frames([1, 1, 1])
    made["flight_time"] = (10.0, 10.125, 10.25)
    made["position"] = ((0, 0, 0), (1, 0, 0), (1, 2, 0))
    for sent in stream_format.encode(made):
        race.datagram_received(sent, ONE)
    intake = race.tick()
    assert intake is not None
    assert np.isnan(intake.frames["velocity"][0]).all()
    assert intake.frames["velocity"][1:].tolist() == [[8, 0, 0], [0, 16, 0]]


async def test_a_real_socket_feeds_it() -> None:
    race = feed()
    await listen(race, "127.0.0.1", 0, 1 << 20)
    assert race._transport is not None
    port = race._transport.get_extra_info("sockname")[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(10):
            sender.sendto(datagram(), ("127.0.0.1", port))
    while race.received < 10:
        await asyncio.sleep(0.01)
    race.close()
    intake = race.tick()
    assert intake is not None
    assert len(intake.frames) == 10
    assert intake.sources[0].drone_id == "127.0.0.1"
    await asyncio.sleep(0)


async def test_a_taken_port_is_an_error_and_leaks_no_socket() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(OSError, match="in use"):
            await listen(feed(), "127.0.0.1", taken.getsockname()[1], 4096)
