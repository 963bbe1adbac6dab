"""Tracks made by flying them."""

from typing import Any

import numpy as np
import pytest

from accounts.errors import Conflict, NotFound, Refused
from races import scoring
from races.courses import course_of, line_of
from races.models import Race, Track
from races.services import close_race, create_race, update_track
from races.timing import Lap, Timer
from telemetry.retiming import retime_race
from telemetry.track_making import make_track
from tests.flown import arena_track, flights, flown_race, frames_of
from tests.people import make_user

pytestmark = pytest.mark.django_db


def test_a_flown_lap_becomes_a_track_that_times_the_flight_and_the_race_gets_it() -> None:
    race = flown_race(drones=1, seconds=55)
    made = make_track(race=race, drone=1, by=None, name="Flown", gates=5)
    race.refresh_from_db()
    assert (made.bound, race.track, made.track.gates.count()) == (True, made.track, 5)
    course = course_of(made.track)
    laps = [event for event in Timer(course).feed(frames_of(flights(1), 55)) if isinstance(event, Lap)]
    assert len(laps) >= 2
    assert all(lap.valid for lap in laps)
    assert line_of(made.track, course).length == pytest.approx(280, rel=0.2)
    assert made.track.line is not None


def test_a_race_that_is_over_is_timed_on_the_track_made_of_it_at_once() -> None:
    ann = make_user("ann")
    race = flown_race(creator=ann, drones=2, seconds=55)
    close_race(race=race)
    race.refresh_from_db()
    made = make_track(race=race, drone=1, by=ann, name="Flown", gates=5)
    race.refresh_from_db()
    assert (made.bound, race.track) == (True, made.track)
    assert set(race.laps.values_list("drone", "source")) == {(1, "recalc"), (2, "recalc")}
    assert {line.status for line in scoring.standings_of(race)} == {"FIN"}
    assert (race.rulings.get().kind, race.rulings.get().by) == ("retime", ann)
    before = laps(race)
    assert not any(lap.is_one for lap in retime_race(race=race, by=ann).laps), "as the page does once more"
    assert laps(race) == before


def test_a_race_that_goes_on_is_left_to_the_ingest() -> None:
    race = flown_race(drones=1, seconds=55)
    assert make_track(race=race, drone=1, by=None, name="Flown").bound
    assert not race.laps.exists()
    assert not race.rulings.exists()


def test_a_race_that_is_over_and_keeps_its_track_is_not_timed_again() -> None:
    race = flown_race(arena_track(), drones=1, seconds=55)
    close_race(race=race)
    race.refresh_from_db()
    assert not make_track(race=race, drone=1, by=None, name="Flown").bound
    assert not race.rulings.exists()


def laps(race: Race) -> list[Any]:
    return list(race.laps.order_by("drone", "number").values_list("drone", "number", "start", "end", "valid"))


def test_gates_are_put_where_the_drone_was_at_given_times() -> None:
    race = flown_race(drones=1, seconds=55)
    made = make_track(race=race, drone=1, by=None, name="Flown", times=[25.0, 30.0])
    assert made.track.gates.count() == 3
    flown = frames_of(flights(1), 55)
    at = flown[np.isclose(flown["flight_time"], 25.0)]["position"][0]
    nearest = min(np.hypot(gate.x - at[0], gate.z - at[2]) for gate in made.track.gates.all())
    assert nearest < 5


def test_a_race_that_has_a_track_keeps_it() -> None:
    track = arena_track()
    race = flown_race(track, drones=1, seconds=55)
    made = make_track(race=race, drone=1, by=None, name="Flown")
    race.refresh_from_db()
    assert (made.bound, race.track) == (False, track)


def test_who_does_not_direct_the_race_makes_a_track_and_leaves_the_race_alone() -> None:
    race = flown_race(creator=make_user("ann"), drones=1, seconds=55)
    made = make_track(race=race, drone=1, by=make_user("bob"), name="Flown")
    race.refresh_from_db()
    assert (made.bound, race.track) == (False, None)


def test_a_flight_without_a_lap_makes_no_track() -> None:
    race = flown_race(drones=1, seconds=10)
    with pytest.raises(Refused, match="no closed lap"):
        make_track(race=race, drone=1, by=None, name="Flown")
    assert not Track.objects.exists()


def test_no_drone_no_frames_and_gates_twice_are_refused_in_words() -> None:
    race = create_race()
    with pytest.raises(NotFound, match="no such drone"):
        make_track(race=race, drone=1, by=None, name="Flown")
    race.drones.create(number=1, drone_id="10.0.0.1")
    with pytest.raises(NotFound, match="no recorded frames"):
        make_track(race=race, drone=1, by=None, name="Flown")
    with pytest.raises(Refused, match="either"):
        make_track(race=race, drone=1, by=None, name="Flown", gates=3, times=[1.0])


def test_a_taken_name_is_a_conflict() -> None:
    arena_track(name="Flown")
    race = flown_race(drones=1, seconds=55)
    with pytest.raises(Conflict, match="name already"):
        make_track(race=race, drone=1, by=None, name="Flown")


def test_new_gates_take_the_flown_line_away() -> None:
    ann = make_user("ann")
    race = flown_race(creator=ann, drones=1, seconds=55)
    track = make_track(race=race, drone=1, by=ann, name="Flown").track
    race.status = race.Status.ENDED
    race.save()
    changed = update_track(track=track, by=ann, gates=[_values(gate) for gate in track.gates.all()][:3])
    assert (changed.line, changed.gates.count()) == (None, 3)


def _values(gate: object) -> Any:
    names = ("x", "y", "z", "yaw", "pitch", "width", "height", "label")
    return {name: getattr(gate, name) for name in names}
