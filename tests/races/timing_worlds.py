"""Flights and courses for the tests of races.timing, and a slow engine that is right by looking at it."""

from dataclasses import dataclass
from itertools import pairwise
from math import cos, floor, hypot, isfinite, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

from races.timing import Course, Gate, StartMode
from telemetry.frames import empty

FrameArray = NDArray[Any]
Told = tuple[Any, ...]
_Hit = tuple[float, int, float, float]  # where on the segment, gate, right, up

START = 1_767_225_600_000_000  # 2026-01-01 00:00 UTC, µs


def gate(x: float = 0.0, y: float = 0.0, z: float = 0.0, *, yaw: float = 0.0, size: float = 4.0) -> Gate:
    return Gate((x, y, z), yaw, 0.0, size, size)


def frames(
    times: Any, positions: Any, *, drone: int = 1, first: int = START, arrival: Any = None, flight: Any = None
) -> FrameArray:
    """Give a drone's frames: at `times` (s) at `positions` (m), arrived as flown, or at `arrival` (s)."""
    made = empty(len(times))
    made["drone"] = drone
    made["flight_time"] = times if flight is None else flight
    made["time"] = first + np.rint(np.asarray(times if arrival is None else arrival) * 1e6).astype(np.int64)
    made["position"] = positions
    return made


def flight(*points: tuple[float, float, float, float], hz: float = 100, **options: Any) -> FrameArray:
    """Fly straight from point to point, each a time (s) and x, y, z (m), in even frames."""
    table = np.array(points)
    times = np.arange(round((table[-1, 0] - table[0, 0]) * hz) + 1) / hz + table[0, 0]
    path = np.column_stack([np.interp(times, table[:, 0], table[:, axis]) for axis in (1, 2, 3)])
    return frames(times, path, **options)


def merged(*flights: FrameArray) -> FrameArray:
    """Give several drones' frames in the order of their arrival."""
    together = np.concatenate(flights)
    return together[np.argsort(together["time"], kind="stable")]


@dataclass(frozen=True)
class World:
    """A course, frames of some drones in the order of arrival, and the race's start (µs)."""

    course: Course
    frames: FrameArray
    start: int | None


def world(seed: int) -> World:
    """Make a small crowded world: gates all over, drones that wander through it, and all that goes wrong in life."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 7))
    mode = StartMode.RACE_START if rng.random() < 0.4 else StartMode.FIRST_CROSSING
    circuit = rng.random() < 0.5
    gates = [_gate_of_circuit(rng, number / count) if circuit else _random_gate(rng) for number in range(count)]
    if count > 3 and rng.random() < 0.3:
        gates[3] = gates[1]
    ends = None if rng.random() < 0.5 else tuple(n for n in range(1, count) if rng.random() < 0.5)
    course = Course(tuple(gates), ends, min_lap_ms=int(rng.integers(0, 800)), start_mode=mode)
    flights = [_flown(rng, drone, circuit=circuit) for drone in range(1, int(rng.integers(2, 5)))]
    together = merged(*flights)
    start = None
    if mode is StartMode.RACE_START and rng.random() < 0.9:
        start = START + int(rng.integers(0, 1_500_000))
    return World(course, together, start)


def _random_gate(rng: np.random.Generator) -> Gate:
    x, y, z = rng.uniform(-6, 6, 3).tolist()
    yaw, pitch = float(rng.uniform(-180, 180)), float(rng.uniform(-80, 80))
    width, height = rng.uniform(4, 16, 2).tolist()
    return Gate((x, y, z), yaw, pitch, width, height)


def _gate_of_circuit(rng: np.random.Generator, share: float) -> Gate:
    angle = 2 * np.pi * share
    yaw = float(np.degrees(angle) + rng.uniform(-20, 20))
    return Gate((-8 * cos(angle), 0.0, 8 * sin(angle)), yaw, float(rng.uniform(-20, 20)), 7.0, 6.0)


def _round(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    angles = -0.3 + (rng.uniform(0.05, 0.2) * rng.uniform(0.5, 1.2, count)).cumsum()
    circle = 8 * np.column_stack([-np.cos(angles), 0 * angles, np.sin(angles)])
    return np.asarray(circle + rng.normal(0, 0.1, (count, 3)).cumsum(axis=0) % 4 - 2)


def _walk(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    turns = rng.normal(0, 1, (count, 3)).cumsum(axis=0)
    steps = turns / np.linalg.norm(turns, axis=1)[:, np.newaxis] * rng.uniform(0.1, 1.9, (count, 1))
    # Back at the walls of the room, as a triangle wave.
    return np.asarray(np.abs((steps.cumsum(axis=0) + 10) % 40 - 20) - 10)


def _flown(rng: np.random.Generator, drone: int, *, circuit: bool) -> FrameArray:
    count = int(rng.integers(1, 400))
    path = _round(rng, count) if circuit else _walk(rng, count)
    # In steps of 1/64 s, which float32 and whole µs both hold exactly.
    ticks = rng.choice([1, 2, 0, -3, 13, 40], count, p=[0.9, 0.04, 0.02, 0.02, 0.01, 0.01])
    clock = ticks.cumsum() / 64
    for at in rng.integers(0, count, int(rng.integers(0, 3))).tolist():
        clock[at:] -= clock[at]
    arrival = np.arange(count) / 64 + rng.uniform(0, 0.05, count)
    made = frames(np.maximum.accumulate(arrival), path, drone=drone, flight=clock)
    made["time"] += np.arange(count)
    spoilt = rng.random(count)
    made["flight_time"][spoilt < 0.01] = np.nan
    made["position"][spoilt > 0.99, 1] = np.inf
    return made


def cut_up(together: FrameArray, rng: np.random.Generator) -> list[FrameArray]:
    cuts = np.sort(rng.integers(0, len(together) + 1, int(rng.integers(0, 30))))
    return np.split(together, cuts)


@dataclass
class _Drone:
    clock: int
    place: tuple[float, ...]
    delay: int
    closed: int = 0
    lap: dict[str, Any] | None = None
    ready: bool = True


def slowly_timed(seen: World) -> list[Told]:
    """Time a world frame by frame, gate by gate, with nothing but numbers. Gives what `told` gives."""
    drones: dict[int, _Drone] = {}
    return [event for frame in seen.frames for event in _frame(seen, drones, frame)]


def _frame(seen: World, drones: dict[int, _Drone], frame: Any) -> list[Told]:
    clock_s, place = float(frame["flight_time"]), tuple(float(value) for value in frame["position"])
    if not isfinite(clock_s) or not all(map(isfinite, place)):
        return []
    number, clock, time = int(frame["drone"]), round(clock_s * 1e6), int(frame["time"])
    if number not in drones:
        ready = seen.course.start_mode is StartMode.FIRST_CROSSING
        drones[number] = _Drone(clock, place, time - clock, ready=ready)
        return _flies(seen, number, drones[number], time, clock, [])
    drone = drones[number]
    before, gone = drone.clock, drone.place
    if before - 500_000 <= clock <= before:
        return []
    drone.clock, drone.place = clock, place
    if clock < before:
        told: list[Told] = [(number, "reset", drone.lap["number"] if drone.lap else None)]
        drone.lap, drone.delay = None, time - clock
        return told + _flies(seen, number, drone, time, clock, [])
    drone.delay = min(drone.delay, time - clock)
    followed = clock - before <= 200_000 and _metres(gone, place) / (clock - before) * 1e6 <= 200
    return _flies(seen, number, drone, time, before, _cuts(seen.course, gone, place) if followed else [])


def _flies(seen: World, number: int, drone: _Drone, time: int, before: int, cuts: list[_Hit]) -> list[Told]:
    told: list[Told] = []
    starts = None
    if not drone.ready and seen.start is not None and time >= seen.start:
        starts = min(seen.start - drone.delay, drone.clock)
    for share, index, right, up in cuts:
        at = before + share * (drone.clock - before)
        if starts is not None and at >= starts:
            _start(drone, starts, grid=True)
            starts = None
        told += _passed(seen.course, number, drone, index, at, (right, up))
    if starts is not None:
        _start(drone, starts, grid=True)
    return told


def _metres(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2])


def _cuts(course: Course, a: tuple[float, ...], b: tuple[float, ...]) -> list[_Hit]:
    found = []
    for index, each in enumerate(course.gates):
        right, up, facing = each.axes
        behind = sum((p - c) * n for p, c, n in zip(a, each.centre, facing, strict=True))
        past = sum((p - c) * n for p, c, n in zip(b, each.centre, facing, strict=True))
        if behind < 0 <= past:
            share = behind / (behind - past)
            away = [p + share * (q - p) - c for p, q, c in zip(a, b, each.centre, strict=True)]
            across = sum(p * q for p, q in zip(away, right, strict=True))
            above = sum(p * q for p, q in zip(away, up, strict=True))
            if abs(across) <= each.width / 2 and abs(above) <= each.height / 2:
                found.append((share, index, across, above))
    # A gate that is flown twice a lap is passed once: the first of its numbers stands for both.
    first = [cut for cut in found if course.gates.index(course.gates[cut[1]]) == cut[1]]
    return sorted(first)


def _start(drone: _Drone, at: float, *, grid: bool) -> None:
    drone.ready = True
    drone.lap = {"number": drone.closed + 1, "at": at, "next": 1, "missed": set(), "grid": grid, "ends": {0: at}}


def _passed(
    course: Course, number: int, drone: _Drone, index: int, at: float, offset: tuple[float, float]
) -> list[Told]:
    finish = len(course.gates)
    same = [other for other in range(finish) if course.gates[other] == course.gates[index]]
    lap = drone.lap

    def crossing(which: int, *, counted: bool) -> Told:
        lap_number = drone.lap["number"] if drone.lap else None
        return (number, "crossing", which, lap_number, counted, at / 1e6, floor(at + 0.5) + drone.delay, *offset)

    if lap is None:
        if drone.ready and 0 in same:
            _start(drone, at, grid=False)
            return [crossing(0, counted=True)]
        return [crossing(same[0], counted=False)]
    ahead = [other or finish for other in same if (other or finish) >= lap["next"]]
    skipped_start = not ahead and lap["next"] == finish and finish > 2 and 1 in same
    if not ahead and not skipped_start:
        return [crossing(same[0], counted=False)]
    which = 1 if skipped_start else min(ahead)
    from_grid, lap["grid"] = lap["grid"], False
    if from_grid and which == finish and finish > 1:
        return [crossing(0, counted=False)]
    missed = [0] if skipped_start else list(range(lap["next"], which))
    lap["missed"] |= set(missed)
    lap["next"] = which + 1
    told: list[Told] = [(number, "missed_gate", each, lap["number"]) for each in missed]
    told.append(crossing(which % finish, counted=True))
    if which == finish:
        told.append(_closed(course, number, lap, at))
        drone.closed += 1
        _start(drone, at, grid=False)
    else:
        lap["ends"][which] = at
    return told


def _closed(course: Course, number: int, lap: dict[str, Any], at: float) -> Told:
    ms = {gate_number: floor(end / 1000 + 0.5) for gate_number, end in lap["ends"].items()}
    ms[len(course.gates)] = floor(at / 1000 + 0.5)
    bounds = [0, *course.ends, len(course.gates)]
    sectors = tuple(
        ms[b] - ms[a] if a in ms and b in ms and 0 not in lap["missed"] else None for a, b in pairwise(bounds)
    )
    duration = ms[len(course.gates)] - ms[0]
    valid = not lap["missed"] and duration >= course.min_lap_ms
    return (number, "lap", lap["number"], duration, sectors, valid, tuple(sorted(lap["missed"])))
