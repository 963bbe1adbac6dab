"""`manage.py ingest_udp`: the ingest alone, beside any number of web processes."""

import asyncio
import contextlib
from argparse import ArgumentParser
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from rich.console import Console
from telemetry.recorder import Recorder

from management import ingest_view, preflight, run
from management.command import DriftCommand
from management.server import stop_signals
from telemetry.ingest import Ingest


class Command(DriftCommand):
    help = "Receive the datagrams of all active races, record their frames and publish them to the web processes."
    example = "REDIS_URL=redis://localhost:6379/0 python manage.py ingest_udp"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--record-only", action="store_true", help="record without publishing: needs no Redis")

    def handle(self, *args: object, record_only: bool, **options: Any) -> None:  # noqa: ANN401
        preflight.need_database()
        preflight.need_channel_layer(across_processes=not record_only)
        run.run(lambda: self.main(record_only=record_only))

    async def main(self, *, record_only: bool) -> None:
        layer = None if record_only else get_channel_layer()
        ingest = Ingest(Recorder(settings.DRIFT_DATA_DIR / "journal"), layer)
        view = asyncio.create_task(ingest_view.show(ingest, Console(stderr=True)))
        try:
            with stop_signals(ingest.stop):
                await ingest.run(
                    on_ready=lambda: self.stderr.write("Ingest is running. Ctrl-C ends.", lambda text: text)
                )
        finally:
            view.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await view
        self.stderr.write(ingest_view.line(ingest), lambda text: text)
