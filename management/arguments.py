"""What options take: each function turns a word of the command line into a value, or says what it must be."""

import ipaddress
import math
import socket
import uuid
from argparse import ArgumentTypeError
from datetime import timedelta

from accounts.errors import Refused
from management.sender import Address
from telemetry.liftoff import StreamFormat, compile_format


def positive_int(text: str) -> int:
    """Give a whole number from 1."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1.")
    return int(text)


def seed(text: str) -> int:
    """Give a whole number from 0."""
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0.")
    return int(text)


def positive(text: str) -> float:
    """Give a number above 0."""
    value = not_negative(text)
    if value == 0:
        raise ArgumentTypeError(f"{text!r} is not a number above 0.")
    return value


def not_negative(text: str) -> float:
    """Give a number from 0."""
    try:
        value = float(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a number.") from None
    if not 0 <= value < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a number from 0.")
    return value


def age(text: str) -> timedelta:
    """Give a time span of days, hours or minutes: 30d, 12h, 90m."""
    units = {"d": "days", "h": "hours", "m": "minutes"}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 1_000_000:
        raise ArgumentTypeError(f"{text!r} is not a time such as 30d, 12h or 90m.")
    return timedelta(**{units[unit]: int(number)})


def udp_address(text: str) -> Address:
    """Give the address of HOST:PORT, `[::1]:9001` for IPv6; looks the name up."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ArgumentTypeError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:9001.")
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise ArgumentTypeError(f"No host {host!r} is known.") from None
    family, _, _, _, target = found[0]
    return Address(family, (str(target[0]), int(target[1])))


def stream(text: str) -> StreamFormat:
    """Give the stream format of keys separated by commas."""
    try:
        return compile_format([key.strip() for key in text.split(",")])
    except Refused as error:
        raise ArgumentTypeError(error.detail) from None


def race_id(text: str) -> uuid.UUID:
    """Give a race's id."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not the id of a race.") from None


def ip_address(text: str) -> str:
    """Give an IP address."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not an IP address such as 192.168.1.20.") from None
