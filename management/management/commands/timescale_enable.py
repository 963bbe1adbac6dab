"""`manage.py timescale_enable`: make the table of frames a hypertable after all."""

from typing import Any

from django.db import connection

from management import preflight
from management.command import DriftCommand
from telemetry import timescale


class Command(DriftCommand):
    help = (
        "Make the table of frames a TimescaleDB hypertable, with the frames that it holds, and set its compression and"
        " its retention (DRIFT_RETENTION_DAYS). Recording waits meanwhile. May be run again after a change of settings."
    )
    example = "DRIFT_RETENTION_DAYS=365 python manage.py timescale_enable"

    def handle(self, *args: object, **options: Any) -> None:
        preflight.need_database()
        self.stdout.write(timescale.enable(connection))
