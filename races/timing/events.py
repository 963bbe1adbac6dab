"""What the timing engine tells: plain, frozen, and ready to be stored or sent.

Two clocks run through all of it. `flight_time` is the drone's own (s; from 0 after each reset). `race_time` is the
common one (µs since the Unix epoch, UTC): flight_time plus the least delay of arrival since the drone's last reset.
`time` is the arrival (µs) of the frame that showed the event, for finding it in the recording.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar


class Flaw(StrEnum):
    """Why a lap is not valid."""

    MISSED_GATES = "missed_gates"
    SHORT = "short"


@dataclass(frozen=True)
class _Seen:
    kind: ClassVar[str]
    drone: int
    time: int

    def as_json(self) -> dict[str, Any]:
        """Give the event as plain values, its kind first."""
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {"kind": self.kind, **values}


@dataclass(frozen=True)
class Crossing(_Seen):
    """A drone passes `gate` (from 0) in its facing, in lap `lap` (None while it flies none).

    `counted` is False for a gate that does not advance the lap: passed again, before the start, or on the way from the
    grid. `speed` in m/s; `right` and `up` are the offset from the gate's centre in its own axes, m.
    """

    kind: ClassVar[str] = "crossing"
    gate: int
    lap: int | None
    counted: bool
    flight_time: float
    race_time: int
    speed: float
    right: float
    up: float


@dataclass(frozen=True)
class MissedGate(_Seen):
    """A drone passes a later gate than `gate` (from 0), which it has not passed in lap `lap`."""

    kind: ClassVar[str] = "missed_gate"
    gate: int
    lap: int
    race_time: int


@dataclass(frozen=True)
class Sector(_Seen):
    """A drone ends sector `sector` (from 1) of lap `lap`, `duration_ms` after it ended the one before."""

    kind: ClassVar[str] = "sector"
    lap: int
    sector: int
    duration_ms: int
    race_time: int


@dataclass(frozen=True)
class Lap(_Seen):
    """A drone closes lap `number` (from 1 in its race).

    `start` and `end` are race_time (µs), `start_flight` and `end_flight` flight_time (s). `duration_ms` is the
    difference of the two flight times, each rounded to ms; `sectors` (ms) add up to it, with None where a sector's end
    was missed. `why` says what makes the lap not valid, `missed` which gates. `samples` frames lie in the lap,
    `max_gap_ms` apart at most; `top_speed` is the fastest flight between two of them, m/s.
    """

    kind: ClassVar[str] = "lap"
    number: int
    start: int
    end: int
    start_flight: float
    end_flight: float
    duration_ms: int
    sectors: tuple[int | None, ...]
    valid: bool
    why: tuple[Flaw, ...]
    missed: tuple[int, ...]
    samples: int
    max_gap_ms: int
    top_speed: float


@dataclass(frozen=True)
class Reset(_Seen):
    """A drone's clock falls back: it was reset. `lap` is the running lap that this voids, if there was one.

    `flight_time` is the last before the reset; the voided lap's number is used again.
    """

    kind: ClassVar[str] = "reset"
    flight_time: float
    lap: int | None


Event = Crossing | MissedGate | Sector | Lap | Reset
