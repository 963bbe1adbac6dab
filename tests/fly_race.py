"""`python -m tests.fly_race DRONES SECONDS [--untracked] [--user NAME]`: record an ended race of simulated pilots.

It is timed on a track of the arena's gates unless untracked, and directed by a new user with tests.people.PASSWORD.
Drone 2 has a name, and its first lap was ruled invalid. Prints the race's id.
"""

import sys
from argparse import ArgumentParser

import django

django.setup()

from races.models import Drone
from races.services import close_race, create_race, rule_on_lap
from telemetry.timed_race import time_what_is_recorded
from tests.flown import arena_track, flights, frames_of, record_flight
from tests.people import make_user


def main() -> None:
    parser = ArgumentParser(prog="python -m tests.fly_race")
    parser.add_argument("drones", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--untracked", action="store_true")
    parser.add_argument("--user", default="ann")
    options = parser.parse_args()
    user = make_user(options.user)
    track = None if options.untracked else arena_track(by=user)
    race = create_race(creator=user, track=track, name="Final")
    record_flight(race, frames_of(flights(options.drones), options.seconds))
    Drone.objects.filter(race=race, number=2).update(name="Kestrel")
    if track is not None:
        time_what_is_recorded(race.pk)
        first = race.laps.filter(drone=2).order_by("number").first()
        if first is not None:
            rule_on_lap(race=race, lap_id=first.pk, by=user, valid=False, reason="cut the course")
    close_race(race=race)
    sys.stdout.write(f"{race.pk}\n")


if __name__ == "__main__":
    main()
