"""Counters of this process, kept as plain numbers where things happen; telemetry.metrics shows them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from telemetry.feed import RaceFeed
from telemetry.publisher import Publisher


@dataclass(slots=True)
class Traffic:
    """What this process has sent to its viewers: `messages`, `skipped` frames, viewers closed as too slow."""

    messages: int = 0
    skipped: int = 0
    too_slow: int = 0


traffic = Traffic()


class Counted(Protocol):
    """A race that is received."""

    feed: RaceFeed
    publisher: Publisher | None
    unrecorded: int


@dataclass
class IngestCounts:
    """What an ingest has done with datagrams, all its races together, those that have ended included.

    `unrecorded` frames were shown, and no journal could take them; `published` and `dropped` are messages for viewers.
    """

    received: int = 0
    accepted: int = 0
    unrecorded: int = 0
    published: int = 0
    dropped: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, running: Counted) -> None:
        """Add a race's counters."""
        self.received += running.feed.received
        self.accepted += running.feed.accepted
        self.unrecorded += running.unrecorded
        self.refused.update(running.feed.refusals.by_reason)
        if running.publisher is not None:
            self.published += running.publisher.published
            self.dropped += running.publisher.dropped

    def with_races(self, running: Iterable[Counted]) -> "IngestCounts":
        """Give these counters with those of races that go on."""
        whole = IngestCounts(
            self.received, self.accepted, self.unrecorded, self.published, self.dropped, Counter(self.refused)
        )
        for each in running:
            whole.add(each)
        return whole
