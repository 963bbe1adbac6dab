"""`manage.py import_race`: a file with a flight becomes a race that has ended."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from management import preflight
from management.command import DriftCommand, wrong_use
from management.progress import counted
from telemetry.files.held import Unreadable
from telemetry.importing import import_file


class Command(DriftCommand):
    help = (
        "Import a file as a race that has ended: a CSV file that export_race wrote, a capture such as simulate writes,"
        " a journal of var/journal/ (with all its parts beside it), or a replay that Liftoff saved (.xml)."
    )
    example = "python manage.py import_race final.csv --name 'The final' --map Hannover"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file; its content says of which kind it is")
        parser.add_argument("--name", help="what people call the race (default: the file's)")
        parser.add_argument("--map", help="the simulator's map (default: the file's, or arena)")

    def handle(self, *args: object, file: Path, name: str | None, **options: Any) -> None:
        preflight.need_database()
        try:
            with counted(f"Importing {file.name}", None) as done:
                race = import_file(file, name=name, drift_map=options["map"], done=done)
        except Unreadable as error:
            raise wrong_use(error.detail) from None
        self.stdout.write(f"Imported {race.frame_count:,} frames as the race {race.name}. Its id: {race.pk}")
