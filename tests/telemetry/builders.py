"""Frames and datagrams for tests."""

import numpy as np

from telemetry.batches import Batch
from telemetry.frames import FrameArray, empty
from telemetry.liftoff import compile_format

START = 1_767_225_600_000_000  # 2026-01-01 00:00 UTC, µs
FULL = compile_format(
    ("Timestamp", "Position", "Attitude", "Velocity", "Gyro", "Input", "Battery", "MotorRPM"),
)


def frames(drones: list[int], *, first_seq: int = 1, start: int = START) -> FrameArray:
    """Give a frame for each of `drones`, in order, 10 ms apart, with values that tell them apart."""
    made = empty(len(drones))
    made["drone"] = drones
    made["seq"] = np.arange(first_seq, first_seq + len(drones))
    made["time"] = start + 10_000 * np.arange(first_seq, first_seq + len(drones))
    made["flight_time"] = 0.01 * np.arange(first_seq, first_seq + len(drones))
    made["position"] = np.arange(3 * len(drones)).reshape(-1, 3) / 7
    made["attitude"] = (0, 0, 0, 1)
    made["gyro"] = 0.5
    made["input"] = 0.25
    made["motor_count"] = 4
    made["motor_rpm"][:, :4] = 12000
    return made


def batch(drones: list[int], number: int = 1, **options: int) -> Batch:
    made = frames(drones, **options)
    return Batch(number, START, {drone: f"10.0.0.{drone}" for drone in sorted(set(drones))}, made)


def datagram(**values: float | tuple[float, ...]) -> bytes:
    """Give a full datagram with four motors; `values` overrides columns of the frame."""
    made = frames([1])
    made["velocity"] = 0.0
    made["battery"] = (0.9, 16.1)
    for name, value in values.items():
        made[name] = value
    return FULL.encode(made)[0]
