"""`python -m tests.record_race`: record and time an ended race of simulated pilots, at once; prints the race's id.

The same options give the same race, to the bit, so that pictures of it stay true.
"""

import argparse
import sys

import django

django.setup()

from races.models import Drone, Race
from races.services import close_race, create_race
from telemetry.timed_race import time_what_is_recorded
from tests.flown import arena_track, flights, frames_of, record_flight

PILOTS = ("Arrow", "Bolt", "Comet", "Dart", "Echo", "Falcon", "Glide", "Hawk", "Ion", "Jet", "Kite", "Lynx")


def main(arguments: list[str]) -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--name", default="Finale")
    options.add_argument("--drones", type=int, default=3)
    options.add_argument("--seconds", type=float, default=65.0)
    options.add_argument("--hz", type=float, default=50.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--laps", type=int, help="to fly; the race is open unless given")
    options.add_argument(
        "--resets", type=float, nargs="*", default=[], help="the first drone is reset at these seconds"
    )
    options.add_argument("--untimed", action="store_true", help="on no track")
    asked = options.parse_args(arguments)
    track = None if asked.untimed else arena_track(**({"laps": asked.laps} if asked.laps else {}))
    first, *others = flights(asked.drones, seed=asked.seed)
    (first,) = flights(1, seed=asked.seed, resets=tuple(asked.resets)) if asked.resets else (first,)
    race = create_race(name=asked.name, track=track)
    record_flight(race, frames_of([first, *others], asked.seconds, hz=asked.hz))
    for drone in Drone.objects.filter(race=race):
        Drone.objects.filter(pk=drone.pk).update(name=PILOTS[(drone.number - 1) % len(PILOTS)])
    if track is not None:
        time_what_is_recorded(race.pk)
    close_race(race=race)
    sys.stdout.write(f"{Race.objects.get(pk=race.pk).pk}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
