"""What tests of journals and recorders share: datagrams with numbers to find again, and a race's rows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from telemetry import frames
from telemetry.journal import JournalWriter
from telemetry.liftoff import compile_format
from telemetry.models import TelemetryFrame
from telemetry.recorder import Recorder
from telemetry.recording import RaceRecording

FULL = ("Timestamp", "Position", "Attitude", "Velocity", "Gyro", "Input", "Battery", "MotorRPM")
NO_VELOCITY = ("Timestamp", "Position", "Attitude", "Gyro", "Input")
BASE_US = 1_800_000_000_000_000  # when the tests' races fly, µs since 1970


@dataclass
class Tick:
    """What the ingest hands over once a tick."""

    drones: list[int]
    seqs: list[int]
    times: list[int]
    sources: list[str]
    datagrams: list[bytes]

    def into(self, target: RaceRecording | JournalWriter) -> None:
        target.append(self.drones, self.seqs, self.times, self.sources, self.datagrams)


def flown(count: int, *, keys: tuple[str, ...] = FULL, seed: int = 1) -> frames.FrameArray:
    """Give frames of a stream with `keys` as its decoder gives them: random values, 100 Hz, four motors."""
    numbers = np.random.default_rng(seed)
    made = frames.empty(count)
    made["flight_time"] = np.arange(count) / 100
    for name in ("position", "attitude", "velocity", "gyro", "input"):
        made[name] = numbers.normal(size=made[name].shape)
    made["battery"] = [0.5, 16.0]
    made["motor_count"] = 4
    made["motor_rpm"][:, :4] = numbers.uniform(0, 30_000, (count, 4))
    stream = compile_format(keys)
    return stream.decode(stream.encode(made)).frames


def tick(first_seq: int, count: int, *, drones: int = 2, keys: tuple[str, ...] = FULL, seed: int = 1) -> Tick:
    """Give `count` frames each of `drones` drones, whose numbers go on from `first_seq`, 10 ms apart."""
    numbers = [number for _ in range(count) for number in range(1, drones + 1)]
    seqs = [seq for seq in range(first_seq, first_seq + count) for _ in range(drones)]
    return Tick(
        numbers,
        seqs,
        [BASE_US + seq * 10_000 + number for seq, number in zip(seqs, numbers, strict=True)],
        [f"10.0.0.{number}" for number in numbers],
        compile_format(keys).encode(flown(count * drones, keys=keys, seed=seed)),
    )


def recorded(race_id: UUID) -> list[tuple[int, int]]:
    """Give (drone, seq) of every frame of a race in the database, in order."""
    return sorted(TelemetryFrame.objects.filter(race_id=race_id).values_list("drone", "seq"))


def finish(recorder: Recorder) -> None:
    """Move all that can be moved."""
    while recorder.step():
        pass


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until something has come true; fail after a long while."""
    give_up = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < give_up, "it did not come true"
        time.sleep(0.02)


def expected(last: int, *, first: int = 1, drones: tuple[int, ...] = (1, 2)) -> list[tuple[int, int]]:
    """Give (drone, seq) as `recorded` does when everything from `first` to `last` is there."""
    return [(drone, seq) for drone in drones for seq in range(first, last + 1)]


def abandon(recorder: Recorder, recording: RaceRecording) -> None:
    """Leave as a killed process does: nothing more is recorded, nothing tidied."""
    recording.writer.close()
    recorder._mover.tracks.clear()


class Clock:
    """Monotonic seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


TICK_FRAMES = 3  # of each drone, in a numbered tick


def numbered_tick(first_seq: int) -> Tick:
    """Give the tick that begins with `first_seq`, its values known by that number: for processes that compare."""
    return tick(first_seq, TICK_FRAMES, seed=first_seq)
