"""`manage.py timescale_status`: how frames are stored, and how well they compress."""

from typing import Any

from django.db import connection
from django.template.defaultfilters import filesizeformat

from management import preflight
from management.command import DriftCommand
from telemetry import timescale


class Command(DriftCommand):
    help = "Show whether frames are in a TimescaleDB hypertable, its chunks, its size and its compression, or why not."
    example = "python manage.py timescale_status"

    def handle(self, *args: object, **options: Any) -> None:
        preflight.need_database()
        if reason := timescale.why_plain(connection):
            self.stdout.write(f"plain table   {reason}")
            return
        found = timescale.status(connection)
        ratio = f", {found.ratio:.1f} times smaller" if found.ratio else ""
        for name, text in {
            "hypertable": f"TimescaleDB {found.version}",
            "chunks": f"{found.chunks}, {found.compressed_chunks} compressed",
            "size": filesizeformat(found.total_bytes),
            "compression": f"{filesizeformat(found.before_bytes)} to {filesizeformat(found.after_bytes)}{ratio}",
            "compressed": f"after {found.compress_after}" if found.compress_after else "never",
            "dropped": f"after {found.drop_after}" if found.drop_after else "never",
        }.items():
            self.stdout.write(f"{name:<13} {text}")
