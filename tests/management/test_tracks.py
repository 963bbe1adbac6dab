from typing import Any

import pytest

from management.course import NotFlyable, arena
from management.simulator import Flight, pilots
from management.tracks import arena_track, flyable
from races.courses import course_of
from races.models import Track
from races.services import create_track
from races.timing import Lap, Timer
from tests.flown import arena_gates, frames_of

pytestmark = pytest.mark.django_db


def test_the_arenas_track_is_made_once_and_times_those_who_fly_the_arena() -> None:
    track = arena_track()
    assert arena_track() == track
    assert Track.objects.count() == 1
    assert course_of(track).ends == (3, 6)
    flown = [Flight(arena(), pilot) for pilot in pilots(2, 1)]
    laps = [event for event in Timer(course_of(track)).feed(frames_of(flown, 45)) if isinstance(event, Lap)]
    assert len(laps) >= 4
    assert all(lap.valid and len(lap.sectors) == 3 for lap in laps)


def test_drones_fly_a_tracks_gates_and_their_laps_are_timed() -> None:
    track = create_track(by=None, name="Odd", drift_map="arena", gates=arena_gates()[::2])
    flown = [Flight(flyable(track), pilot) for pilot in pilots(3, 2)]
    laps = [event for event in Timer(course_of(track)).feed(frames_of(flown, 60)) if isinstance(event, Lap)]
    assert {lap.drone for lap in laps} == {1, 2, 3}
    assert all(lap.valid for lap in laps)


def _turned(gates: list[Any]) -> list[Any]:
    return [{**gates[0], "yaw": gates[0]["yaw"] + 180}, *gates[1:]]


@pytest.mark.parametrize(
    ("gates", "said"),
    [
        (arena_gates()[:2], "at least three"),
        (_turned(arena_gates()), "Gate 1 does not face"),
        ([*arena_gates(), {**arena_gates()[-1], "yaw": 33.0}], "same place"),
    ],
)
def test_gates_that_nobody_can_fly_are_refused_in_words(gates: list[Any], said: str) -> None:
    track = Track.objects.create(name="Odd")
    for order, gate in enumerate(gates, 1):
        track.gates.create(order=order, **gate)
    with pytest.raises(NotFlyable, match=said):
        flyable(track)
