"""`manage.py create_race`: a race with a UDP port of its own."""

import json
from argparse import ArgumentParser
from typing import Any

from accounts.models import User
from management import lookup, preflight
from management.command import DriftCommand, wrong_use
from races.five_fields import five_fields
from races.services import create_race
from races.stream_format import DEFAULT_FORMAT, known_keys


class Command(DriftCommand):
    help = "Create a race and print the UDP port its pilots send to."
    example = "python manage.py create_race --name Finale --map Hannover --stream-format Timestamp,Position,Attitude"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="race", help="what people call it (default %(default)s)")
        parser.add_argument("--map", default="arena", help="the simulator's map (default %(default)s)")
        parser.add_argument("--track", help="number or name of the track it is flown on; the map is the track's")
        parser.add_argument("--creator", help="user name of its creator (default: nobody)")
        parser.add_argument("--private", action="store_true", help="show it to invited users and staff only")
        parser.add_argument(
            "--stream-format",
            metavar="KEYS",
            default=",".join(DEFAULT_FORMAT),
            help="what the senders put into a datagram, in order "
            f"(default: %(default)s; known: {', '.join(known_keys())})",
        )
        parser.add_argument("--json", action="store_true", help="print the answer of POST /create_race")

    def handle(self, *args: object, **options: Any) -> None:
        preflight.need_database()
        creator = None
        if options["creator"] is not None:
            creator = User.objects.filter(username=options["creator"]).first()
            if creator is None:
                raise wrong_use(f"There is no user {options['creator']}.")
        race = create_race(
            creator=creator,
            name=options["name"],
            drift_map=options["map"],
            track=lookup.track(options["track"]) if options["track"] is not None else None,
            is_public=not options["private"],
            keys=[key.strip() for key in options["stream_format"].split(",")],
        )
        if options["json"]:
            self.stdout.write(json.dumps({str(race.pk): five_fields(race)}))
        else:
            self.stdout.write(f"Race {race.name} waits on UDP port {race.udp_port}. Its id: {race.pk}")
