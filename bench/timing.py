"""`python -m bench.timing`: what lap timing costs a frame, live and re-timing a recording. Prints a markdown table."""

import time
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from management.course import arena
from management.simulator import Flight, pilots
from races.timing import Course, Entry, Gate, Lap, Passes, ReferenceLine, Timer, standings
from telemetry.frames import FrameArray

Floats = NDArray[np.float64]

HZ: Final = 100
SECONDS: Final = 120
ROUNDS: Final = 3
# Drones, frames in a batch (0: all at once), µs a frame to reach.
CASES: Final = ((8, 8, 20.0), (8, 16, 20.0), (8, 1000, 2.0), (8, 0, 2.0), (16, 0, 2.0))
LIVE_FRAMES: Final = 24_000


def course() -> Course:
    """Give the arena's nine gates, and three more of the same size between its first ones."""
    gates = [Gate(each.centre, each.yaw, each.pitch, each.width, each.height) for each in arena().gates]
    line = ReferenceLine.flown(Course(tuple(gates)), recording(1)["position"])
    for after in (2, 1, 0):
        at = float(line.gates_at[after] + line.gates_at[after + 1]) / 2
        dx, _, dz = (_on(line, at + 1) - _on(line, at - 1)).tolist()
        x, y, z = _on(line, at).tolist()
        gates.insert(after + 1, Gate((x, y, z), float(np.degrees(np.arctan2(dx, dz))), 0.0, 4.0, 3.5))
    return Course(tuple(gates))


def _on(line: ReferenceLine, at: float) -> Floats:
    """Give the point (m) of a line `at` metres along it."""
    return np.array([np.interp(at, line.at, line.points[:, axis]) for axis in range(3)])


def recording(drones: int) -> FrameArray:
    """Give the frames of a race as they arrive, each drone's 100 a second."""
    frames = np.concatenate([Flight(arena(), pilot).frames(0, SECONDS, HZ) for pilot in pilots(drones, 1)])
    return frames[np.argsort(frames["time"], kind="stable")]


def batches(frames: FrameArray, size: int) -> Iterator[FrameArray]:
    for begin in range(0, len(frames), size):
        yield frames[begin : begin + size]


def measured(on: Course, frames: FrameArray, size: int) -> float:
    """Give the least seconds of some rounds."""
    best = float("inf")
    cut = list(batches(frames, size or len(frames)))
    for _ in range(ROUNDS):
        timer = Timer(on)
        begin = time.perf_counter()
        for batch in cut:
            timer.feed(batch)
        best = min(best, time.perf_counter() - begin)
    return best


def ranked(on: Course, frames: FrameArray) -> tuple[float, float]:
    """Give what a look at the gaps and a ranking cost at the end of a race, µs each."""
    timer, passes = Timer(on), Passes(ReferenceLine.through_gates(on))
    laps: list[Lap] = []
    looks: list[float] = []
    for batch in batches(frames, len(frames) // (SECONDS * 10)):
        events = timer.feed(batch)
        laps += [event for event in events if isinstance(event, Lap)]
        begin = time.perf_counter()
        passes.feed(events, timer.whereabouts())
        looks.append(time.perf_counter() - begin)
    entries = [Entry(int(drone)) for drone in np.unique(frames["drone"])]
    rankings: list[float] = []
    for _ in range(100):
        begin = time.perf_counter()
        standings(entries, laps, whereabouts=timer.whereabouts(), passes=passes)
        rankings.append(time.perf_counter() - begin)
    return float(np.median(looks)) * 1e6, float(np.median(rankings)) * 1e6


def main() -> None:
    on = course()
    print(f"Timing on {len(on.gates)} gates, {HZ} Hz a drone, {SECONDS} s of race\n")
    print("| drones | frames in a batch | timed in, s | µs a frame | goal |\n|---|---|---|---|---|")
    for drones, size, goal in CASES:
        whole = recording(drones)
        frames = whole[:LIVE_FRAMES] if 0 < size < 1000 else whole
        seconds = measured(on, frames, size)
        told = f"{size:,} of {len(frames):,}" if size else f"all {len(frames):,}"
        print(f"| {drones} | {told} | {seconds:.2f} | {seconds / len(frames) * 1e6:.2f} | {goal:g} |")
    look, ranking = ranked(on, recording(8))
    print(f"\nTen times a second, 8 drones: a look at the gaps {look:.0f} µs, a ranking {ranking:.0f} µs.")


if __name__ == "__main__":
    main()
