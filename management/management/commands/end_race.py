"""`manage.py end_race`: end a race once its last frames are recorded."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from accounts.errors import NotFound
from management import preflight
from management.command import DriftCommand
from races.models import Race
from races.services import end_race


class Command(DriftCommand):
    help = "End a race: its last frames are recorded, it is saved, its UDP port is free again."
    example = "python manage.py end_race 3f2b8c1e-5d7a-4c53-9d0e-6a4f4f1d2b90"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("race", type=UUID, help="the race's id")

    def handle(self, *args: object, race: UUID, **options: Any) -> None:
        preflight.need_database()
        found = Race.objects.filter(pk=race).first()
        if found is None:
            raise NotFound(f"There is no race {race}.")
        ended = end_race(race=found)
        self.stdout.write(f"Race {ended.name} has ended with {ended.frame_count:,} frames.")
