"""Lap timing: frames in, events out. Pure: arrays and plain values, no database, no sockets. See docs/timing.md."""

from races.timing.compare import CHANNELS, FlownLap, Resampled, marks, resampled
from races.timing.events import Crossing, Event, Flaw, Lap, MissedGate, Reset, Sector
from races.timing.findlap import FoundLap, NoLapError, find_lap, gates_along
from races.timing.follower import Follower
from races.timing.gates import Course, CourseError, Gate, StartMode
from races.timing.line import Passes, ReferenceLine
from races.timing.standings import Bests, Entry, RaceFormat, Standing, Status, best_laps, standings
from races.timing.timer import StateError, Timer, Whereabouts

__all__ = [
    "CHANNELS",
    "Bests",
    "Course",
    "CourseError",
    "Crossing",
    "Entry",
    "Event",
    "Flaw",
    "FlownLap",
    "Follower",
    "FoundLap",
    "Gate",
    "Lap",
    "MissedGate",
    "NoLapError",
    "Passes",
    "RaceFormat",
    "ReferenceLine",
    "Resampled",
    "Reset",
    "Sector",
    "Standing",
    "StartMode",
    "StateError",
    "Status",
    "Timer",
    "Whereabouts",
    "best_laps",
    "find_lap",
    "gates_along",
    "marks",
    "resampled",
    "standings",
]
