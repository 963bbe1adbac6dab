"""`manage.py export_race`: a race's recording into a file for other programs."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from accounts.errors import NotFound
from management import arguments, preflight
from management.command import DriftCommand, wrong_use
from management.progress import counted
from races.models import Race
from telemetry import export


class Command(DriftCommand):
    help = "Write a race's recording into a file: CSV with flat columns, or MCAP for Foxglove and its like."
    example = "python manage.py export_race 3f2b8c1e-5d7a-4c53-9d0e-6a4f4f1d2b90 --format csv --output final.csv"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("race", type=arguments.race_id, help="the race's id")
        add(
            "--format",
            dest="form",
            choices=[*export.FORMATS],
            help="the kind of file (default: that of the output's name, or csv)",
        )
        add("--output", type=Path, help="the file; - for standard output (default: named after the race)")
        add("--force", action="store_true", help="replace the file if it is there")

    def handle(
        self, *args: object, race: UUID, form: str | None, output: Path | None, force: bool, **options: Any
    ) -> None:
        preflight.need_database()
        found = Race.objects.filter(pk=race).first()
        if found is None:
            raise NotFound(f"There is no race {race}.")
        form = form or _form_of(output)
        path = output or Path(export.file_name(found, form))
        frames = 0
        with (
            _opened(path, force=force) as file,
            counted(f"Exporting {found.name}", found.frame_count) as done,
        ):
            for part in export.parts_of(found, form):
                file.write(part.data)
                frames += part.frames
                done(part.frames)
        if str(path) != "-":
            self.stdout.write(f"Wrote {frames:,} frames to {path}.")


def _form_of(output: Path | None) -> str:
    suffix = output.suffix.removeprefix(".").lower() if output is not None else ""
    return suffix if suffix in export.FORMATS else "csv"


@contextmanager
def _opened(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """Open a file that is there under its name only once it is whole; `-` is standard output."""
    if str(path) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not force:
        raise wrong_use(f"{path} is there already. Name another file, or add --force.")
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    except OSError as error:
        raise wrong_use(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
