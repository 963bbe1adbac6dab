"""What an operator watches, in Prometheus' text format: read from counters that are there anyway, when somebody asks.

Nothing is counted twice and nothing is kept for this. An ingest shows itself with `watched`; every process shows its
viewers, and the races as the database has them. Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from races.models import Race
from telemetry.admission import places
from telemetry.counts import traffic
from telemetry.hub import hubs
from telemetry.ingest import Ingest

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


class ViewersCollector(Collector):
    """This process's viewers, and what they were sent."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("drift_websockets", "Open WebSockets of this process.", places.taken)
        yield GaugeMetricFamily("drift_viewers", "Those of them that watch a race live.", hubs.all_viewers)
        yield CounterMetricFamily(
            "drift_messages_sent", "Messages handed to WebSockets, frames and events.", traffic.messages
        )
        yield CounterMetricFamily(
            "drift_frames_skipped", "Frames that viewers who did not keep up got newer ones for.", traffic.skipped
        )
        yield CounterMetricFamily(
            "drift_viewers_too_slow", "Viewers closed because too many events waited for them.", traffic.too_slow
        )


class RacesCollector(Collector):
    """The races as the database has them: the same from every process."""

    def collect(self) -> Iterator[Metric]:
        try:
            found = dict(Race.objects.order_by().values_list("status").annotate(count=Count("pk")))
        except DatabaseError:
            # The rest is what one wants to see then.
            yield GaugeMetricFamily("drift_database_up", "Whether the database answers.", 0)
            return
        yield GaugeMetricFamily("drift_database_up", "Whether the database answers.", 1)
        races = GaugeMetricFamily("drift_races", "Races by status; the same from every process.", labels=["status"])
        for status in Race.Status.values:
            races.add_metric([status], found.get(status, 0))
        yield races


class IngestCollector(Collector):
    """What an ingest receives, records and publishes, all races together."""

    def __init__(self, ingest: Ingest) -> None:
        self._ingest = ingest

    def collect(self) -> Iterable[Metric]:
        yield from self._received()
        yield from self._recorded()

    def _received(self) -> Iterator[Metric]:
        counts = self._ingest.counts
        yield CounterMetricFamily("drift_datagrams_received", "Datagrams from the sockets.", counts.received)
        yield CounterMetricFamily("drift_frames_accepted", "Datagrams that were frames.", counts.accepted)
        refused = CounterMetricFamily("drift_datagrams_refused", "Datagrams refused, by reason.", labels=["reason"])
        for reason, count in sorted(counts.refused.items()):
            refused.add_metric([str(reason)], count)
        yield refused
        yield CounterMetricFamily(
            "drift_messages_published", "Messages that the channel layer took: a tick of a race, or an event.",
            counts.published,
        )  # fmt: skip
        yield CounterMetricFamily(
            "drift_messages_unpublished", "Messages that it did not take in time.", counts.dropped
        )
        yield CounterMetricFamily("drift_late_ticks", "Ticks that began late.", self._ingest.ticks_late)
        yield GaugeMetricFamily("drift_open_races", "Races with an open UDP port.", len(self._ingest.races))
        drones = sum(len(race.feed.sources.drones) for race in list(self._ingest.races.values()))
        yield GaugeMetricFamily("drift_drones", "Drones in them.", drones)
        yield CounterMetricFamily(
            "drift_frames_unjournaled", "Frames shown that no journal could take: these are lost.", counts.unrecorded
        )

    def _recorded(self) -> Iterator[Metric]:
        stats = self._ingest.recorder.stats
        yield CounterMetricFamily("drift_frames_recorded", "Frames written to the database.", stats.recorded)
        yield GaugeMetricFamily("drift_frames_waiting", "Frames that are only in journals.", stats.backlog)
        yield GaugeMetricFamily("drift_recorder_lag_seconds", "For how long the oldest of them has waited.", stats.lag)
        yield GaugeMetricFamily(
            "drift_recorder_ok", "1, or 0 while something keeps frames from being recorded.", stats.state == "ok"
        )
        yield GaugeMetricFamily(
            "drift_journal_bytes", "Size of all journals.", _size(settings.DRIFT_DATA_DIR / "journal")
        )


def _size(directory: Path) -> int:
    """Give the bytes of a folder's files; 0 for one that is not there."""
    total = 0
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                try:
                    total += entry.stat().st_size
                except FileNotFoundError:  # recorded and removed meanwhile
                    continue
    except FileNotFoundError:
        return 0
    return total


registry = CollectorRegistry()
for _collector in (ViewersCollector(), RacesCollector()):
    registry.register(_collector)
ProcessCollector(registry=registry)  # memory, CPU, open files: on Linux


@contextmanager
def watched(ingest: Ingest) -> Iterator[None]:
    """Show an ingest of this process while inside."""
    collector = IngestCollector(ingest)
    registry.register(collector)
    try:
        yield
    finally:
        registry.unregister(collector)


def is_operator(authorization: str) -> bool:
    """Tell whether an `Authorization` header has the operator's token; nobody has one that is not set."""
    scheme, _, token = authorization.partition(" ")
    wanted: str = settings.DRIFT_METRICS_TOKEN
    return bool(wanted) and scheme.lower() == "bearer" and secrets.compare_digest(token.encode(), wanted.encode())


def text() -> bytes:
    """Give all metrics of this process; asks the database once."""
    return generate_latest(registry)
