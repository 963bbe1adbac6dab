"""One ranking, whoever gives it: the live race at its end, its replay, the results, the lobby, the greeting."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from races import results, scoring
from races.models import Drone, Race, RaceTiming, Track
from races.services import create_race, delete_track, update_track
from races.winners import winners
from telemetry import pages, snapshot
from telemetry.frames import FrameArray
from telemetry.recordings import recording_of
from telemetry.replay_timing import TimingReplay, timing_of
from telemetry.retiming import retime_race
from telemetry.timed_race import TimedRace, time_what_is_recorded
from tests.people import client_of, make_user
from tests.races.circuits import GATES, circuit, circuit_gates, flown_to_the_end, rounds
from tests.telemetry.recording import Clock

pytestmark = pytest.mark.django_db


def gate(number: float) -> float:
    """Give how much of a round it is to a little behind gate `number`, start/finish being 0."""
    return (number + 0.1) / GATES


def two_that_do_not_finish() -> list[FrameArray]:
    """Drone 1 closes its lap first and passes one more gate; drone 2 passes six."""
    return [rounds(1, 1 + gate(1), lap_s=10), rounds(2, 1 + gate(6), lap_s=12)]


def of_replay(race: Race) -> list[dict[str, Any]]:
    """Give the ranking with which a replay of the race ends."""
    timing, recording = timing_of(race), recording_of(race)
    assert timing is not None
    replay = TimingReplay(timing, recording.end + 1, Clock())
    latest = pages.latest(race.pk, list(recording.drone_ids))
    found: list[dict[str, Any]] = replay.turn(recording.end + 1, latest)["standings"]
    return found


def everywhere(race: Race) -> dict[str, list[dict[str, Any]]]:
    """Give the ranking of a race that is over from every place that has one."""
    client = client_of(None)
    greeting = snapshot.hello(race.pk)
    assert greeting is not None
    return {
        "standings": client.get(f"/api/races/{race.pk}/standings/").json(),
        "results": client.get(f"/api/races/{race.pk}/results/").json()["standings"],
        "hello": greeting["standings"],
        "replay": of_replay(race),
    }


def need_the_same_everywhere(race: Race, told: list[dict[str, Any]]) -> None:
    """Compare whole lines, save who flies the drone."""
    for place, found in everywhere(race).items():
        assert [{name: line[name] for name in told[0]} for line in found] == told, place
    table = client_of(None).get(f"/api/races/{race.pk}/results.csv").content.decode()
    drones = list(dict.fromkeys(int(row["drone"]) for row in csv.DictReader(io.StringIO(table))))
    assert drones == [line["drone"] for line in told]
    assert winners([race])[race.pk]["drone"] == told[0]["drone"]


def test_who_did_not_finish_goes_by_gates_passed_wherever_the_result_is_told() -> None:
    race, told = flown_to_the_end(circuit(laps=3), *two_that_do_not_finish())
    assert [(line["drone"], line["status"], line["laps"], line["passed"]) for line in told] == [
        (2, "DNF", 1, 6),
        (1, "DNF", 1, 1),
    ]
    need_the_same_everywhere(race, told)


def test_of_the_same_gates_the_longer_way_counts_wherever_the_result_is_told() -> None:
    flights = [rounds(1, 1 + gate(3), lap_s=10), rounds(2, 1 + gate(3.5), lap_s=12)]
    race, told = flown_to_the_end(circuit(laps=3), *flights)
    assert [(line["drone"], line["passed"]) for line in told] == [(2, 3), (1, 3)]
    need_the_same_everywhere(race, told)


def test_a_drone_that_flew_back_is_where_it_ended_up_wherever_the_result_is_told() -> None:
    flights = [rounds(1, 1 + gate(3.7), lap_s=10, back=0.6 / GATES), rounds(2, 1 + gate(3.5), lap_s=12)]
    race, told = flown_to_the_end(circuit(laps=3), *flights)
    assert [(line["drone"], line["passed"]) for line in told] == [(2, 3), (1, 3)]
    need_the_same_everywhere(race, told)


def test_who_stands_on_the_grid_at_the_end_did_not_finish_wherever_that_is_told() -> None:
    flights = [rounds(1, 1 + gate(3), lap_s=10), rounds(2, -0.05, lap_s=10)]
    race, told = flown_to_the_end(circuit(laps=3, start_mode="race_start"), *flights)
    assert [(line["drone"], line["status"]) for line in told] == [(1, "DNF"), (2, "DNF")]
    need_the_same_everywhere(race, told)


def test_a_race_that_was_timed_from_its_recording_is_ranked_alike() -> None:
    race, told = flown_to_the_end(circuit(laps=3), *two_that_do_not_finish())
    for rows in (race.laps, race.crossings, RaceTiming.objects):
        rows.all().delete()
    time_what_is_recorded(race.pk)
    assert [scoring.standing_json(line) for line in scoring.standings_of(race)] == told
    retime_race(race=race, by=None)
    assert [scoring.standing_json(line) for line in scoring.standings_of(race)] == told


def test_a_race_that_goes_on_is_greeted_with_where_the_drones_are() -> None:
    race = create_race(track=circuit(laps=3))
    timed = TimedRace(race.pk, {})
    for part in two_that_do_not_finish():
        timed.step([part])
    timed.write()
    for number in (1, 2):
        Drone.objects.create(race=race, number=number, drone_id=f"10.0.0.{number}")
    greeting = snapshot.hello(race.pk)
    assert greeting is not None
    assert [(line["drone"], line["status"], line["passed"]) for line in greeting["standings"]] == [
        (2, "RUN", 6),
        (1, "RUN", 1),
    ]
    assert greeting["standings"][0]["distance"] == pytest.approx(6.1 / GATES * 245, abs=2)


@pytest.mark.parametrize("count", [1, 3])
def test_many_races_are_ranked_in_as_many_queries_as_one(count: int) -> None:
    track = circuit(laps=3)
    for _ in range(count):
        flown_to_the_end(track, *two_that_do_not_finish())
    races = list(Race.objects.select_related("track"))
    with CaptureQueriesContext(connection) as queries:
        ranked = scoring.rankings(races)
    assert len(ranked) == count
    assert len(queries) == 4


# --- the track may change, and the results stay


def result(race: Race) -> list[Any]:
    race = Race.objects.select_related("track").get(pk=race.pk)
    return [results.standings(race), winners([race]), of_replay(race)]


def test_a_race_that_is_over_keeps_the_format_it_was_flown_by() -> None:
    ann = make_user("ann")
    track = circuit(laps=1)
    race, told = flown_to_the_end(track, *two_that_do_not_finish())
    assert [(line["drone"], line["status"]) for line in told] == [(1, "FIN"), (2, "FIN")]
    before = result(race)
    Track.objects.update(creator=ann)
    track.refresh_from_db()
    update_track(track=track, by=ann, laps=3)
    assert result(race) == before
    update_track(track=track, by=ann, laps=None, time_limit=5, grace=1)  # type: ignore[arg-type]  # as whole seconds
    assert result(race) == before
    update_track(track=track, by=ann, gates=circuit_gates()[:4])
    assert result(race) == before


def test_a_race_that_is_over_keeps_its_result_when_its_track_is_deleted() -> None:
    ann = make_user("ann", staff=True)
    track = circuit(laps=3)
    race, told = flown_to_the_end(track, *two_that_do_not_finish())
    before = result(race)
    delete_track(track=track, by=ann)
    race.refresh_from_db()
    assert race.track is None
    assert result(race) == before
    need_the_same_everywhere(race, told)


def test_timing_again_takes_the_tracks_new_format() -> None:
    ann = make_user("ann", staff=True)
    track = circuit(laps=3)
    race, _ = flown_to_the_end(track, *two_that_do_not_finish())
    update_track(track=track, by=ann, laps=1)
    race.refresh_from_db()
    assert {line["status"] for line in results.standings(race)} == {"DNF"}
    retime_race(race=race, by=ann)
    assert {line["status"] for line in results.standings(race)} == {"FIN"}


def test_the_process_that_takes_a_race_over_goes_on_with_its_format() -> None:
    track = circuit(laps=3)
    race = create_race(track=track)
    first, second = two_that_do_not_finish()
    timed = TimedRace(race.pk, {})
    timed.step([first])
    timed.write()
    Track.objects.update(laps=1)
    again = TimedRace(race.pk, {})
    again.step([second])
    (event,) = again.finish(ended=True)
    assert {line["status"] for line in event["standings"]} == {"DNF"}


def test_a_race_timed_before_formats_were_kept_goes_by_its_track() -> None:
    track = circuit(laps=3)
    race, _ = flown_to_the_end(track, *two_that_do_not_finish())
    RaceTiming.objects.update(terms=None)
    Track.objects.update(laps=1)
    race = Race.objects.select_related("track").get(pk=race.pk)
    assert {line["status"] for line in results.standings(race)} == {"FIN"}
    assert {line["status"] for line in of_replay(race)} == {"FIN"}
    track.delete()
    race.refresh_from_db()
    assert timing_of(race) is None
    assert {line["status"] for line in results.standings(race)} == {"FIN"}, "an open race, as far as anybody knows"


def test_a_state_of_another_version_leaves_a_race_to_its_laps() -> None:
    race, _ = flown_to_the_end(circuit(laps=3), *two_that_do_not_finish())
    RaceTiming.objects.update(state={"version": 0})
    Track.objects.update(laps=1)
    lines = [(line["drone"], line["status"], line["passed"]) for line in results.standings(race)]
    assert lines == [(1, "DNF", 0), (2, "DNF", 0)]
