"""Tracks and the courses that simulated drones fly, one as the other."""

from typing import Final

from management.course import Course, CourseGate, arena, through
from races.models import Track
from races.services import create_track

ARENA: Final = "Simulated arena"
MAP: Final = "arena"


def flyable(track: Track) -> Course:
    """Give the course through a track's gates; raises NotFlyable."""
    return through(
        [
            CourseGate((gate.x, gate.y, gate.z), gate.yaw, gate.pitch, gate.width, gate.height)
            for gate in track.gates.order_by("order")
        ]
    )


def arena_track() -> Track:
    """Give the track of the arena that drones fly unless told otherwise, made where it is not there yet."""
    known = Track.objects.filter(name=ARENA, drift_map=MAP).first()
    return known or create_track(
        by=None,
        name=ARENA,
        drift_map=MAP,
        gates=[
            {
                "x": gate.centre[0],
                "y": gate.centre[1],
                "z": gate.centre[2],
                "yaw": gate.yaw,
                "pitch": gate.pitch,
                "width": gate.width,
                "height": gate.height,
                "label": "" if number else "start/finish",
                "sector_end": number % 3 == 0,
            }
            for number, gate in enumerate(arena().gates)
        ],
    )
