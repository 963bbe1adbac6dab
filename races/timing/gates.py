"""A course for timing: gates as rectangles in space, in order, and where a path cuts them.

Axes are the simulator's (x right, y up, z forward, left-handed, metres), as in races.models.Gate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from math import cos, isfinite, radians, sin
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Vector = tuple[float, float, float]

MOST_GATES: Final = 200
DEFAULT_MIN_LAP_MS: Final = 5000


class CourseError(ValueError):
    """A course that cannot be timed; the text says why, for the person who made it."""


class StartMode(StrEnum):
    """What starts lap 1: the drone's first passing of start/finish, or the race's start, for all at once."""

    FIRST_CROSSING = "first_crossing"
    RACE_START = "race_start"


@dataclass(frozen=True)
class Gate:
    """A rectangle that counts when it is passed in its facing.

    `centre` in metres; `yaw` turns the facing from +z towards +x, `pitch` tips it upwards, in degrees; `width` runs
    to the gate's right and left, `height` up and down, in metres. Raises CourseError for what is not a rectangle.
    """

    centre: Vector
    yaw: float
    pitch: float
    width: float
    height: float

    def __post_init__(self) -> None:
        values = (*self.centre, self.yaw, self.pitch, self.width, self.height)
        if len(self.centre) != 3 or not all(isfinite(value) for value in values):
            raise CourseError("A gate is a centre of three numbers, yaw, pitch, width and height, all of them finite.")
        if not (self.width > 0 and self.height > 0):
            raise CourseError(f"A gate of {self.width:g} m by {self.height:g} m has no size.")

    @cached_property
    def axes(self) -> tuple[Vector, Vector, Vector]:
        """Give the unit vectors to the gate's right, up, and in its facing."""
        yaw, pitch = radians(self.yaw), radians(self.pitch)
        right = (cos(yaw), 0.0, -sin(yaw))
        up = (-sin(yaw) * sin(pitch), cos(pitch), -cos(yaw) * sin(pitch))
        facing = (sin(yaw) * cos(pitch), sin(pitch), cos(yaw) * cos(pitch))
        return right, up, facing

    def offset(self, point: Sequence[float]) -> tuple[float, float]:
        """Give how far a point (m) lies to the right of the centre and above it, in the gate's own axes, m."""
        x, y, z = (value - middle for value, middle in zip(point, self.centre, strict=True))
        (rx, ry, rz), (ux, uy, uz), _ = self.axes
        return x * rx + y * ry + z * rz, x * ux + y * uy + z * uz

    def holds(self, right: float, up: float) -> bool:
        """Say whether an offset from the centre lies within the rectangle, its edge included."""
        return abs(right) <= self.width / 2 and abs(up) <= self.height / 2


@dataclass(frozen=True)
class Cut:
    """A path's segment cuts the rectangle of `place`, in its facing.

    `row` is the segment's end, `fraction` where on the segment (0..1), `right` and `up` the offset from the centre, m.
    """

    row: int
    place: int
    fraction: float
    right: float
    up: float


@dataclass(frozen=True)
class Course:
    """Gates in the order of a lap; the first is start/finish. A gate that is flown twice a lap stands there twice.

    `sector_ends` are the gates (from 1) that end a sector; start/finish always ends the last. None: every gate does.
    Laps under `min_lap_ms` are flagged as short. Raises CourseError for a course that cannot be timed.
    """

    gates: tuple[Gate, ...]
    sector_ends: tuple[int, ...] | None = None
    min_lap_ms: int = DEFAULT_MIN_LAP_MS
    start_mode: StartMode = StartMode.FIRST_CROSSING
    # Gates with one and the same rectangle are one place: passed once, they count once.
    places: tuple[tuple[int, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.gates:
            raise CourseError("A course needs a gate: the first is start/finish.")
        if len(self.gates) > MOST_GATES:
            raise CourseError(f"A course has at most {MOST_GATES} gates, not {len(self.gates)}.")
        if len(self.gates) > 1 and any(one == other for one, other in pairwise((*self.gates, self.gates[0]))):
            raise CourseError("The same gate stands twice in a row: one passing cannot count for both.")
        if self.min_lap_ms < 0:
            raise CourseError("The minimum lap is a time of 0 ms or more.")
        if self.sector_ends is None:
            object.__setattr__(self, "sector_ends", tuple(range(1, len(self.gates))))
        ends = self.ends
        if list(ends) != sorted(set(ends)) or any(not 0 < end < len(self.gates) for end in ends):
            raise CourseError(f"Sector ends are gates between 1 and {len(self.gates) - 1}, in order, each once.")
        places: dict[Gate, list[int]] = {}
        for number, gate in enumerate(self.gates):
            places.setdefault(gate, []).append(number)
        object.__setattr__(self, "places", tuple(tuple(numbers) for numbers in places.values()))

    @property
    def ends(self) -> tuple[int, ...]:
        """The gates that end a sector, start/finish aside."""
        return self.sector_ends or ()

    @cached_property
    def _planes(self) -> tuple[Floats, Floats, Floats, Floats]:
        facings = np.array([self.gates[numbers[0]].axes[2] for numbers in self.places])
        centres = np.array([self.gates[numbers[0]].centre for numbers in self.places])
        nx, ny, nz = (facings[:, axis, np.newaxis] for axis in range(3))
        cx, cy, cz = (centres[:, axis, np.newaxis] for axis in range(3))
        return nx, ny, nz, cx * nx + cy * ny + cz * nz

    def cuts(self, path: Floats, joined: NDArray[np.bool_] | None = None) -> list[Cut]:
        """Give where a path cuts the places of this course in their facing, in the order of the path.

        `path` (3, n) holds x, y and z in m, float64; `joined` (n − 1) says which neighbours a straight flight joins
        (all of them when None). A point on a gate's plane is past it, so that no cut is lost or counted twice.
        """
        x, y, z = path
        nx, ny, nz, level = self._planes
        # One operation after the other, element by element: a matrix product may round otherwise in other sizes.
        past = nx * x
        past += ny * y
        past += nz * z
        past -= level
        ahead = past < 0
        through = ahead[:, :-1] & ~ahead[:, 1:]
        if joined is not None:
            through &= joined
        # With one look for most batches, in which there is nothing; then in the order of the path.
        if not through.any():
            return []
        found = [self._cut(path, past, place, row) for row, place in np.argwhere(through.T).tolist()]
        return sorted((cut for cut in found if cut), key=lambda cut: (cut.row, cut.fraction))

    def _cut(self, path: Floats, past: Floats, place: int, row: int) -> Cut | None:
        before, after = past[place, row : row + 2].tolist()
        fraction = before / (before - after)
        start, end = path[:, row].tolist(), path[:, row + 1].tolist()
        gate = self.gates[self.places[place][0]]
        right, up = gate.offset([a + fraction * (b - a) for a, b in zip(start, end, strict=True)])
        return Cut(row + 1, place, fraction, right, up) if gate.holds(right, up) else None

    def as_json(self) -> dict[str, Any]:
        """Give the course as plain values; `from_json` takes them."""
        return {
            "gates": [asdict(gate) | {"centre": list(gate.centre)} for gate in self.gates],
            "sector_ends": list(self.ends),
            "min_lap_ms": self.min_lap_ms,
            "start_mode": str(self.start_mode),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Make the course that `as_json` wrote; raises CourseError."""
        try:
            gates = tuple(
                Gate(
                    centre=_vector(gate["centre"]),
                    **{name: float(gate[name]) for name in ("yaw", "pitch", "width", "height")},
                )
                for gate in values["gates"]
            )
            return cls(
                gates=gates,
                sector_ends=tuple(int(end) for end in values["sector_ends"]),
                min_lap_ms=int(values["min_lap_ms"]),
                start_mode=StartMode(values["start_mode"]),
            )
        except CourseError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise CourseError(f"This is not a course: {error!r}.") from None


def _vector(values: Sequence[Any]) -> Vector:
    x, y, z = values
    return float(x), float(y), float(z)
