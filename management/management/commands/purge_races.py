"""`manage.py purge_races`: old races that nobody saved go, with their frames."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils import timezone

from management import arguments, preflight
from management.command import DriftCommand
from races.selectors import purgeable
from races.services import discard_race


class Command(DriftCommand):
    help = (
        "Delete ended races that were not saved, with all that belongs to them: races that nobody flew, and what an"
        " import left that was killed. Saved races stay, however old they are."
    )
    example = "python manage.py purge_races --unsaved --older-than 30d --dry-run"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        # Said in the command line, so that nobody deletes by an empty one.
        add("--unsaved", action="store_true", required=True, help="only races that are not saved")
        add(
            "--older-than",
            type=arguments.age,
            required=True,
            metavar="AGE",
            help="since their end, such as 30d, 12h or 90m",
        )
        add("--dry-run", action="store_true", help="only say what would go")

    def handle(self, *args: object, older_than: timedelta, dry_run: bool, **options: Any) -> None:
        preflight.need_database()
        races = purgeable(ended_before=timezone.now() - older_than)
        gone = frames = 0
        for race in list(races):
            when = race.ended_at or race.created_at
            self.stdout.write(f"{race.pk}  {when:%Y-%m-%d %H:%M}  {race.frame_count:>12,} frames  {race.name}")
            if not dry_run:
                discard_race(race=race)
            gone += 1
            frames += race.frame_count
        done = "Would be deleted" if dry_run else "Deleted"
        self.stdout.write(f"{done}: races {gone:,}, frames {frames:,}.")
