"""`manage.py ingest_udp`: the ingest alone, beside any number of web processes."""

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from rich.console import Console

from management import descriptors, ingest_view, metrics_listener, preflight, run
from management.command import DriftCommand
from management.server import stop_signals
from telemetry import metrics
from telemetry.ingest import Ingest
from telemetry.recorder import Recorder


class Command(DriftCommand):
    help = "Receive the datagrams of all active races, record their frames and publish them to the web processes."
    example = "REDIS_URL=redis://localhost:6379/0 python manage.py ingest_udp"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--record-only", action="store_true", help="record without publishing: needs no Redis")

    def handle(self, *args: object, record_only: bool, **options: Any) -> None:
        preflight.need_database()
        preflight.need_channel_layer(across_processes=not record_only)
        descriptors.raise_limit(descriptors.needed(connections=0, races=len(settings.DRIFT_UDP_PORTS)))
        run.run(lambda: self.main(record_only=record_only))

    async def main(self, *, record_only: bool) -> None:
        layer = None if record_only else get_channel_layer()
        ingest = Ingest(Recorder(settings.DRIFT_DATA_DIR / "journal"), layer)
        with metrics.watched(ingest), self.metrics_shown():
            async with ingest_view.shown(ingest, Console(stderr=True)):
                with stop_signals(ingest.stop):
                    await ingest.run(on_ready=self.greet)
        self.say(ingest_view.line(ingest))

    @contextmanager
    def metrics_shown(self) -> Iterator[None]:
        if settings.DRIFT_METRICS_LISTEN is None:
            yield
            return
        host, port = settings.DRIFT_METRICS_LISTEN
        with ExitStack() as stack:
            try:
                stack.enter_context(metrics_listener.listening(host, port))
            except OSError as error:
                raise preflight.taken(f"TCP port {port}", error, "Choose another in DRIFT_METRICS_LISTEN.") from None
            yield

    def greet(self) -> None:
        run.settle_memory()
        self.say("Ingest is running. Ctrl-C ends.")

    def say(self, text: str) -> None:
        self.stderr.write(text, lambda plain: plain)  # standard error without the red of an error
        self.stderr.flush()
