from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.sources import (
    LOG_EVERY_NS,
    MAX_REMEMBERED,
    MOST_LOGGED,
    Refusals,
    Source,
    SourceRefusal,
    Sources,
    parse_allowed,
)

SECOND = 10**9


def sources(known: list[Source] | None = None, **changes: int) -> Sources:
    options: Any = {"max_drones": 32, "silence_ns": 3 * SECOND, "rate": 1000, **changes}
    return Sources(known or [], **options)


def drone_id(found: Source | SourceRefusal) -> str:
    assert isinstance(found, Source)
    return found.drone_id


def test_a_drone_is_its_address() -> None:
    race = sources()
    assert drone_id(race.take(("10.0.0.1", 5000), 0)) == "10.0.0.1"
    assert drone_id(race.take(("10.0.0.2", 5000), 0)) == "10.0.0.2"
    assert drone_id(race.take(("10.0.0.1", 5000), SECOND)) == "10.0.0.1"
    assert sorted(race.drones) == [1, 2]


def test_a_second_sender_of_an_address_is_named_with_its_port() -> None:
    race = sources()
    race.take(("10.0.0.1", 5000), 0)
    assert drone_id(race.take(("10.0.0.1", 5001), SECOND)) == "10.0.0.1:5001"


def test_a_new_port_after_three_silent_seconds_is_the_same_drone() -> None:
    race = sources()
    first = race.take(("10.0.0.1", 5000), 0)
    assert race.take(("10.0.0.1", 6000), 3 * SECOND + 1) is first
    # and the old port, should it come back while the new one speaks, is another drone
    assert drone_id(race.take(("10.0.0.1", 5000), 4 * SECOND)) == "10.0.0.1:5000"


def test_a_new_port_within_three_seconds_is_another_drone() -> None:
    race = sources()
    first = race.take(("10.0.0.1", 5000), 0)
    assert race.take(("10.0.0.1", 6000), 2 * SECOND) is not first


def test_drones_of_before_a_restart_are_found_again_by_name_first() -> None:
    known = [Source(1, "10.0.0.1", last_seq=10), Source(2, "10.0.0.1:5001", last_seq=20)]
    race = sources(known)
    assert race.take(("10.0.0.1", 5001), 0) is known[1]
    assert race.take(("10.0.0.1", 7777), 0) is known[0]


def test_an_ipv6_drone_of_before_a_restart_is_found_again() -> None:
    known = [Source(1, "fe80::1"), Source(2, "[fe80::1]:5001")]
    race = sources(known)
    assert race.take(("fe80::1", 5001), 0) is known[1]
    assert race.take(("fe80::1", 7777), 0) is known[0]


def test_two_senders_of_an_ipv6_address_whose_end_looks_like_a_port_are_two_drones() -> None:
    host = "fe80::a00:27ff:fe4e:6613"
    race = sources()
    assert drone_id(race.take((host, 1), 0)) == host
    assert drone_id(race.take((host, 2), 0)) == f"[{host}]:2"
    assert race.drones[1].host == race.drones[2].host == host


def test_a_port_whose_name_went_to_another_port_gets_a_name_of_its_own() -> None:
    race = sources()
    race.take(("10.0.0.9", 5000), 0)
    second = race.take(("10.0.0.9", 5001), 0)
    for at in range(1, 5):
        race.take(("10.0.0.9", 5000), at * SECOND)
    assert race.take(("10.0.0.9", 6000), 4 * SECOND) is second
    third = race.take(("10.0.0.9", 5001), 4 * SECOND)
    assert isinstance(third, Source)
    assert third.drone_id == "10.0.0.9:5001#3"
    assert third.host == "10.0.0.9"


def test_an_ipv4_sender_to_an_ipv6_socket_goes_by_its_ipv4_address() -> None:
    race = Sources([], max_drones=2, silence_ns=1, rate=1, allowed=parse_allowed(["192.168.0.0/16"]))
    assert drone_id(race.take(("::ffff:192.168.1.5", 5000), 0)) == "192.168.1.5"


def test_no_more_drones_than_allowed() -> None:
    race = sources(max_drones=2)
    race.take(("10.0.0.1", 1), 0)
    race.take(("10.0.0.2", 1), 0)
    assert race.take(("10.0.0.3", 1), 0) is SourceRefusal.TOO_MANY_DRONES
    assert isinstance(race.take(("10.0.0.1", 1), 1), Source)


def test_only_allowed_sources_are_taken() -> None:
    race = Sources([], max_drones=2, silence_ns=1, rate=1, allowed=parse_allowed(["10.0.0.0/24", "192.168.1.7"]))
    assert isinstance(race.take(("10.0.0.77", 1), 0), Source)
    assert race.take(("10.0.1.77", 1), 0) is SourceRefusal.NOT_ALLOWED
    assert isinstance(race.take(("192.168.1.7", 1), 0), Source)
    assert race.take(("fe80::1%eth0", 1), 0) is SourceRefusal.NOT_ALLOWED


def test_allowed_networks_are_read() -> None:
    assert parse_allowed(["10.0.0.7/24"]) == [ip_network("10.0.0.0/24")]
    with pytest.raises(ValueError, match="nonsense"):
        parse_allowed(["nonsense"])


def test_a_second_may_burst_and_then_the_rate_holds() -> None:
    race = sources(rate=100)
    taken = sum(isinstance(race.take(("a", 1), 0), Source) for _ in range(500))
    assert taken == 100
    taken = sum(isinstance(race.take(("a", 1), SECOND * (1 + i) // 1000), Source) for i in range(1000))
    assert taken in (99, 100)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 4 * 10**9)), max_size=60))
def test_whoever_sends_the_drones_stay_bounded_and_distinct(sent: list[tuple[int, int, int]]) -> None:
    race = sources(max_drones=4)
    now = 0
    for host, port, wait in sent:
        now += wait
        race.take((f"10.0.0.{host}", port), now)
    ids = [source.drone_id for source in race.drones.values()]
    assert all(source.host in {f"10.0.0.{host}" for host, _, _ in sent} for source in race.drones.values())
    assert len(ids) <= 4
    assert len(set(ids)) == len(ids)
    assert list(race.drones) == list(range(1, len(ids) + 1))


def test_refusals_are_counted_and_logged_once_a_second_a_source() -> None:
    refusals = Refusals()
    assert refusals.count("a", "short", 0)
    assert not refusals.count("a", "short", LOG_EVERY_NS - 1)
    assert refusals.count("b", "long", 1)
    assert refusals.count("a", "short", LOG_EVERY_NS)
    assert refusals.by_reason == {"short": 3, "long": 1}
    assert refusals.by_source["a"]["short"] == 3


def test_however_many_sources_are_refused_few_are_logged() -> None:
    refusals = Refusals()
    logged = [refusals.count(str(number % 300), "short", number * SECOND // 10_000) for number in range(30_000)]
    assert sum(logged) == 3 * MOST_LOGGED


def test_a_thousand_sources_do_not_grow_the_memory() -> None:
    refusals = Refusals()
    for number in range(10 * MAX_REMEMBERED):
        refusals.count(str(number), "short", number)
    assert len(refusals.by_source) == MAX_REMEMBERED
    assert len(refusals._logged_ns) <= MAX_REMEMBERED
    assert refusals.by_reason["short"] == 10 * MAX_REMEMBERED
