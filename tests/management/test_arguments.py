import socket
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from management import arguments
from management.sender import Address


@pytest.mark.parametrize(
    ("take", "text", "value"),
    [
        (arguments.positive_int, "12", 12),
        (arguments.seed, "0", 0),
        (arguments.positive, "0.5", 0.5),
        (arguments.not_negative, "0", 0.0),
        (arguments.udp_address, "127.0.0.1:9001", Address(socket.AF_INET, ("127.0.0.1", 9001))),
        (arguments.udp_address, "[::1]:9001", Address(socket.AF_INET6, ("::1", 9001))),
        (arguments.ip_address, "192.168.1.20", "192.168.1.20"),
    ],
)
def test_a_good_word_becomes_its_value(take: Callable[[str], Any], text: str, value: Any) -> None:
    assert take(text) == value


def test_an_age_is_days_hours_or_minutes() -> None:
    ages = [arguments.age(text) for text in ("30d", "12h", "90m")]
    assert ages == [timedelta(days=30), timedelta(hours=12), timedelta(minutes=90)]


def test_a_stream_format_is_keys_separated_by_commas() -> None:
    assert arguments.stream("Timestamp, Gyro").keys == ("Timestamp", "Gyro")


@pytest.mark.parametrize(
    ("take", "text", "complaint"),
    [
        (arguments.positive_int, "0", "whole number from 1"),
        (arguments.positive_int, "-3", "whole number from 1"),
        (arguments.positive_int, "²", "whole number from 1"),
        (arguments.seed, "one", "whole number from 0"),
        (arguments.positive, "0", "above 0"),
        (arguments.positive, "inf", "from 0"),
        (arguments.not_negative, "nan", "from 0"),
        (arguments.not_negative, "fast", "not a number"),
        (arguments.udp_address, "9001", "HOST:PORT"),
        (arguments.udp_address, ":9001", "HOST:PORT"),
        (arguments.udp_address, "localhost:70000", "HOST:PORT"),
        (arguments.udp_address, "localhost:port", "HOST:PORT"),
        (arguments.udp_address, "no-such-host.invalid:9001", "No host 'no-such-host.invalid' is known"),
        (arguments.udp_address, f"{'x' * 70}.invalid:9001", "is known"),
        (arguments.stream, "Timestamp,Altitude", "Unknown stream format key: Altitude"),
        (arguments.race_id, "7", "not the id of a race"),
        (arguments.age, "30", "not a time such as 30d"),
        (arguments.age, "0d", "not a time such as 30d"),
        (arguments.age, "", "not a time such as 30d"),
        (arguments.age, "9999999d", "not a time such as 30d"),
        (arguments.ip_address, "my-pc", "not an IP address"),
    ],
)
def test_a_bad_word_is_told_what_it_must_be(take: Callable[[str], Any], text: str, complaint: str) -> None:
    with pytest.raises(ArgumentTypeError, match=complaint):
        take(text)
