"""Lap timing: frames in, events out. Pure: arrays and plain values, no database, no sockets. See docs/timing.md."""

from races.timing.events import Crossing, Event, Flaw, Lap, MissedGate, Reset, Sector
from races.timing.gates import Course, CourseError, Gate, StartMode
from races.timing.timer import StateError, Timer, Whereabouts

__all__ = [
    "Course",
    "CourseError",
    "Crossing",
    "Event",
    "Flaw",
    "Gate",
    "Lap",
    "MissedGate",
    "Reset",
    "Sector",
    "StartMode",
    "StateError",
    "Timer",
    "Whereabouts",
]
