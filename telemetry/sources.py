"""Which drone a datagram belongs to: its source address says so, since the datagram itself does not.

Pure: time is handed in. Everything here is bounded, since anybody can send to a UDP port.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

Address = tuple[str, int]

MAX_REMEMBERED: Final = 256  # sources whose refusals are told apart
LOG_EVERY_NS: Final = 1_000_000_000
MOST_LOGGED: Final = 10  # sources a second
NEVER: Final = -(10**18)


class SourceRefusal(StrEnum):
    """Why a good datagram is not taken."""

    NOT_ALLOWED = "source not allowed"
    TOO_MANY_DRONES = "too many drones"
    TOO_FAST = "too fast"
    OVERFLOW = "more than can be read"


@dataclass
class Source:
    """A drone as its sender: where it sends from now, and where its counters stand."""

    number: int
    drone_id: str
    last_seq: int = 0
    last_time: int = 0  # µs
    address: Address | None = None  # None: not heard since the start
    heard_ns: int = NEVER
    tokens: float = field(default=0.0, repr=False)

    @property
    def host(self) -> str:
        """The address in `drone_id`."""
        if self.drone_id.startswith("["):
            return self.drone_id[1:].partition("]")[0]
        host, colon, _ = self.drone_id.partition(":")
        return host if colon and "." in host else self.drone_id


def with_port(host: str, port: int) -> str:
    """Give `ip:port`, or `[ip]:port` where the address has colons of its own (RFC 3986, section 3.2.2)."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def plain(host: str) -> str:
    """Give an IPv4 address that came by an IPv6 socket as what it is."""
    mapped = host.removeprefix("::ffff:")
    return mapped if "." in mapped else host


def parse_allowed(sources: Iterable[str]) -> list[IPv4Network | IPv6Network]:
    """Give the networks that may send; raises ValueError for what is neither an address nor a network."""
    return [ip_network(source, strict=False) for source in sources]


class Sources:
    """The drones of one race.

    `known` are those seen before this process started; `silence_ns` is how long a port must be quiet before its
    drone may go on from another one; `rate` is the frames a second a drone may send, with one second's burst.
    """

    def __init__(
        self,
        known: Iterable[Source] = (),
        *,
        max_drones: int,
        silence_ns: int,
        rate: int,
        allowed: list[IPv4Network | IPv6Network] | None = None,
    ) -> None:
        self.drones: dict[int, Source] = {}
        self._by_address: dict[Address, Source] = {}
        self._by_host: dict[str, list[Source]] = {}
        self._max_drones = max_drones
        self._silence_ns = silence_ns
        self._rate = rate
        self._allowed = allowed or []
        for source in known:
            source.tokens = float(rate)
            self._add(source.host, source)

    def _add(self, host: str, source: Source) -> None:
        self.drones[source.number] = source
        self._by_host.setdefault(host, []).append(source)

    def take(self, address: Address, now_ns: int) -> Source | SourceRefusal:
        """Give the drone that a datagram received at `now_ns` from `address` belongs to, its counters untouched."""
        source = self._by_address.get(address)
        if source is None:
            found = self._find(address, now_ns)
            if isinstance(found, SourceRefusal):
                return found
            source = found
        source.tokens = min(self._rate, source.tokens + (now_ns - source.heard_ns) * 1e-9 * self._rate)
        source.heard_ns = now_ns
        if source.tokens < 1.0:
            return SourceRefusal.TOO_FAST
        source.tokens -= 1.0
        return source

    def _find(self, address: Address, now_ns: int) -> Source | SourceRefusal:
        host, port = plain(address[0]), address[1]
        if self._allowed and not any(ip_address(host.partition("%")[0]) in network for network in self._allowed):
            return SourceRefusal.NOT_ALLOWED
        exact = with_port(host, port)
        silent = [source for source in self._by_host.get(host, ()) if now_ns - source.heard_ns > self._silence_ns]
        # Its own name first, then the host's plain name, then the drone that has been quiet the longest.
        silent.sort(key=lambda source: (source.drone_id != exact, source.drone_id != host, source.heard_ns))
        if silent:
            source = silent[0]
            if source.address is not None:
                self._by_address.pop(source.address, None)
        elif len(self.drones) >= self._max_drones:
            return SourceRefusal.TOO_MANY_DRONES
        else:
            number = max(self.drones, default=0) + 1
            source = Source(number, self._free_name(host, exact, number), tokens=float(self._rate))
            source.heard_ns = now_ns
            self._add(host, source)
        source.address = address
        self._by_address[address] = source
        return source

    def _free_name(self, host: str, exact: str, number: int) -> str:
        taken = {source.drone_id for source in self._by_host.get(host, ())}
        # A port that a drone was named after may be another drone's by now: its old one went on from elsewhere.
        return next(name for name in (host, exact, f"{exact}#{number}") if name not in taken)


class Refusals:
    """Counts of what was refused: all by reason, and by source as far as memory is bounded.

    What is logged is bounded too, whoever sends: senders may be many, and made up.
    """

    def __init__(self) -> None:
        self.by_reason: Counter[str] = Counter()
        self.by_source: OrderedDict[str, Counter[str]] = OrderedDict()
        self._logged_ns: dict[str, int] = {}
        self._second_ns = NEVER
        self._logged = 0  # since then

    def count(self, host: str, reason: str, now_ns: int) -> bool:
        """Count one; True when it is time to log this source (once a second, and at most MOST_LOGGED of them)."""
        self.by_reason[reason] += 1
        counts = self.by_source.pop(host, None)
        if counts is None:
            counts = Counter()
            if len(self.by_source) >= MAX_REMEMBERED:
                oldest, _ = self.by_source.popitem(last=False)
                self._logged_ns.pop(oldest, None)
        self.by_source[host] = counts
        counts[reason] += 1
        if now_ns - self._logged_ns.get(host, NEVER) < LOG_EVERY_NS:
            return False
        if now_ns - self._second_ns >= LOG_EVERY_NS:
            self._second_ns, self._logged = now_ns, 0
        if self._logged >= MOST_LOGGED:
            return False
        self._logged += 1
        self._logged_ns[host] = now_ns
        return True
