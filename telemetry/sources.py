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
    port: int | None = None  # None: not heard since the start
    heard_ns: int = NEVER
    tokens: float = field(default=0.0, repr=False)

    @property
    def host(self) -> str:
        host, colon, port = self.drone_id.rpartition(":")
        return host if colon and port.isdigit() and _is_address(host) else self.drone_id


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


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
        self._max_drones = max_drones
        self._silence_ns = silence_ns
        self._rate = rate
        self._allowed = allowed or []
        for source in known:
            source.tokens = float(rate)
            self.drones[source.number] = source

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
        host, port = address
        if self._allowed and not any(ip_address(host.partition("%")[0]) in network for network in self._allowed):
            return SourceRefusal.NOT_ALLOWED
        same_host = [source for source in self.drones.values() if source.host == host]
        exact = f"{host}:{port}"
        silent = [source for source in same_host if now_ns - source.heard_ns > self._silence_ns]
        # Its own name first, then the host's plain name, then the drone that has been quiet the longest.
        silent.sort(key=lambda source: (source.drone_id != exact, source.drone_id != host, source.heard_ns))
        if silent:
            source = silent[0]
            if source.port is not None:
                self._by_address.pop((host, source.port), None)
        elif len(self.drones) >= self._max_drones:
            return SourceRefusal.TOO_MANY_DRONES
        else:
            taken = {source.drone_id for source in same_host}
            number = max(self.drones, default=0) + 1
            source = Source(number, exact if host in taken else host, tokens=float(self._rate))
            source.heard_ns = now_ns
            self.drones[number] = source
        source.port = port
        self._by_address[address] = source
        return source


class Refusals:
    """Counts of what was refused: all by reason, and by source as far as memory is bounded."""

    def __init__(self) -> None:
        self.by_reason: Counter[str] = Counter()
        self.by_source: OrderedDict[str, Counter[str]] = OrderedDict()
        self._logged_ns: dict[str, int] = {}

    def count(self, host: str, reason: str, now_ns: int) -> bool:
        """Count one; True when it is time to log this source (once a second)."""
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
        self._logged_ns[host] = now_ns
        return True
