import ipaddress
import json
from typing import Any

import pytest

from races import sending


@pytest.mark.parametrize(("host", "end_point"), [("192.168.1.20", "192.168.1.20:9003"), ("fe80::1", "[fe80::1]:9003")])
def test_the_configuration_is_what_the_game_reads(host: str, end_point: str) -> None:
    text = sending.configuration(host, 9003, ["Timestamp", "Gyro"])
    assert json.loads(text) == {"EndPoint": end_point, "StreamFormat": ["Timestamp", "Gyro"]}


def test_the_lan_address_is_one_of_this_machine() -> None:
    assert ipaddress.ip_address(sending.lan_address()).version == 4


def test_who_comes_by_an_address_of_the_network_sends_to_it(settings: Any) -> None:
    settings.DRIFT_UDP_HOST, settings.REDIS_URL = "0.0.0.0", ""
    assert sending.address_for("192.168.7.8") == "192.168.7.8"
    assert sending.address_for("[fe80::7]") == "fe80::7"


@pytest.mark.parametrize("reached_at", ["127.0.0.1", "localhost", "drift.lan", "[::1]"])
def test_who_comes_by_a_name_sends_to_the_address_in_the_network(settings: Any, reached_at: str) -> None:
    settings.DRIFT_UDP_HOST, settings.REDIS_URL = "0.0.0.0", ""
    own = sending.lan_address()
    assert sending.address_for(reached_at) == (reached_at if own == "127.0.0.1" else own)


def test_the_one_address_that_is_listened_on_is_the_one_to_send_to(settings: Any) -> None:
    settings.DRIFT_UDP_HOST = "192.0.2.7"
    assert sending.address_for("localhost") == "192.0.2.7"


def test_a_web_worker_knows_the_race_host_by_the_servers_name_alone(settings: Any) -> None:
    settings.DRIFT_UDP_HOST, settings.REDIS_URL = "0.0.0.0", "redis://localhost"
    assert sending.address_for("drift.example.org") == "drift.example.org"
