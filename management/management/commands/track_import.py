"""`manage.py track_import`: make the track of a JSON file."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from management import preflight
from management.command import DriftCommand
from races import track_files


class Command(DriftCommand):
    help = "Make the track of a JSON file that track_export wrote."
    example = "python manage.py track_import oval.json"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file; - for standard input")
        parser.add_argument("--name", help="another name than the file's")

    def handle(self, *args: object, file: Path, name: str | None, **options: Any) -> None:
        preflight.need_database()
        try:
            text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError:
            raise CommandError(f"{file} is no text in UTF-8.") from None
        track = track_files.imported(text, by=None, name=name)
        self.stdout.write(f"Track {track} is number {track.pk}, with {track.gates.count()} gates.")
