"""`python -m tests.fill_race DRONES FRAMES`: record an ended public race of that many drones, each with so many frames
at 100 Hz; prints the race's id."""

import sys

import django

django.setup()

import numpy as np
from django.db import transaction

from races.models import Drone, Race
from races.services import close_race, create_race
from telemetry.clock import from_epoch_us
from telemetry.frames import FrameArray, empty
from telemetry.storage import write_frames

START = 1_767_225_600_000_000
PART = 1000


def flight(drone: int, first: int, count: int) -> FrameArray:
    frames = empty(count)
    frames["drone"] = drone
    frames["seq"] = np.arange(first + 1, first + count + 1)
    frames["time"] = START + 10_000 * np.arange(first, first + count) + drone
    frames["flight_time"] = 0.01 * np.arange(first, first + count)
    numbers = np.random.default_rng(drone * 1_000_000 + first)
    for name in ("position", "attitude", "velocity", "gyro", "input", "battery"):
        frames[name] = numbers.normal(size=frames[name].shape)
    frames["motor_count"] = 4
    frames["motor_rpm"][:, :4] = numbers.uniform(0, 30_000, (count, 4))
    return frames


def main(drones: int, count: int) -> None:
    race = create_race(name="long")
    for drone in range(1, drones + 1):
        for first in range(0, count, PART):
            with transaction.atomic():
                write_frames(race.pk, flight(drone, first, min(PART, count - first)))
        Drone.objects.create(
            race=race, number=drone, drone_id=f"10.0.0.{drone}", frame_count=count, last_seq=count,
            last_time=START + 10_000 * (count - 1) + drone,
        )  # fmt: skip
    Race.objects.filter(pk=race.pk).update(
        frame_count=drones * count, byte_count=97 * drones * count, started_at=from_epoch_us(START)
    )
    close_race(race=race)
    sys.stdout.write(f"{race.pk}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
