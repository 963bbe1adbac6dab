"""`manage.py track_from_race`: make a track of what a drone flew."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from management import arguments, lookup, preflight
from management.command import DriftCommand
from telemetry.track_making import DEFAULT_GATES, make_track


class Command(DriftCommand):
    help = (
        "Make a track by flying it: finds the closed lap in a drone's recorded frames and puts gates along it. "
        "A race without a track gets it."
    )
    example = 'python manage.py track_from_race 3f2b8c1e-5d7a-4c53-9d0e-6a4f4f1d2b90 --drone 1 --name "Hannover Oval"'

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("race", type=UUID, help="the race's id")
        add("--drone", type=arguments.positive_int, default=1, metavar="N", help="whose flight (default: %(default)s)")
        add("--name", help="the track's name (default: the race's)")
        places = parser.add_mutually_exclusive_group()
        places.add_argument(
            "--gates",
            type=arguments.positive_int,
            metavar="N",
            help=f"how many, at even distances (default: {DEFAULT_GATES})",
        )
        places.add_argument(
            "--times",
            type=arguments.not_negative,
            nargs="+",
            metavar="SECONDS",
            help="one gate at each of these seconds of the drone's own clock, besides start/finish",
        )

    def handle(
        self,
        *args: object,
        race: UUID,
        drone: int,
        name: str | None,
        gates: int | None,
        times: list[float] | None,
        **options: Any,
    ) -> None:
        preflight.need_database()
        flown = lookup.race(race)
        made = make_track(race=flown, drone=drone, by=None, name=name or flown.name, gates=gates, times=times)
        self.stdout.write(
            f"Track {made.track} is number {made.track.pk}, with {made.track.gates.count()} gates: "
            f"{made.laps} laps found, the fastest {made.fastest:.3f} s."
        )
        if made.bound:
            self.stdout.write(f"Race {flown.name} is on it now.")
