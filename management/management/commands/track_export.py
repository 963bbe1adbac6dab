"""`manage.py track_export`: write a track as JSON."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from management import lookup, preflight
from management.command import DriftCommand
from races import track_files


class Command(DriftCommand):
    help = "Write a track with its gates, rules and reference line as JSON, for track_import."
    example = 'python manage.py track_export "Hannover Oval" --output oval.json'

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("track", help="the track's number or name")
        parser.add_argument("--output", type=Path, metavar="FILE", help="where to write it (default: print it)")

    def handle(self, *args: object, track: str, output: Path | None, **options: Any) -> None:
        preflight.need_database()
        text = json.dumps(track_files.as_json(lookup.track(track)), indent=1, ensure_ascii=False)
        if output is None:
            self.stdout.write(text)
            return
        try:
            output.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"Wrote {output}.")
