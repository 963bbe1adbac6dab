"""What happened in a race, over HTTP: crossings, resets, and the standings as they were at a moment."""

import json
from typing import Any

import pytest

from races.models import Race
from races.services import rule_on_drone
from telemetry import history
from telemetry.recordings import recording_of
from telemetry.timed_race import time_what_is_recorded
from tests.flown import flights, flown_race, frames_of
from tests.people import client_of, make_user
from tests.telemetry.replays import timed_race

pytestmark = pytest.mark.django_db
SECONDS = 45.0


@pytest.fixture(scope="module")
def flown() -> Any:
    return frames_of(flights(3, resets=(20.0,)), SECONDS)


@pytest.fixture
def race(flown: Any) -> Race:
    return timed_race(flown, laps=2)


def get(race: Race, rest: str, **query: Any) -> Any:
    return client_of(None).get(f"/api/races/{race.pk}/{rest}", query)


def moments(race: Race) -> list[dict[str, Any]]:
    chunks = recording_of(race).duration // 10_000_000 + 1
    return [
        moment for chunk in range(chunks) for moment in get(race, "timeline/standings/", chunk=chunk).json()["moments"]
    ]


def test_the_timeline_has_every_crossing_and_reset_in_order(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    start = recording_of(race).start
    whole = get(race, "timeline/").json()
    assert whole["next"] is None
    rows = list(race.crossings.order_by("time", "id"))
    assert [(each["drone"], each["gate"], each["lap"], each["counted"]) for each in whole["crossings"]] == [
        (row.drone, row.gate, row.lap, row.counted) for row in rows
    ]
    assert [each["time_s"] for each in whole["crossings"]] == [(row.race_time - start) / 1e6 for row in rows]
    assert {each["drone"] for each in whole["resets"]} == {1, 2, 3}
    assert all(19 < each["time_s"] < 24 for each in whole["resets"])
    own = get(race, "timeline/", drone="2").json()
    assert own["crossings"] == [each for each in whole["crossings"] if each["drone"] == 2]

    monkeypatch.setattr(history, "PAGE", 7)
    pages, url = [], f"/api/races/{race.pk}/timeline/"
    while url:
        pages.append(client_of(None).get(url).json())
        url = pages[-1]["next"]
    assert len(pages) == -(-len(rows) // 7)
    for name in ("crossings", "resets"):
        assert [each for page in pages for each in page[name]] == whole[name]
    assert get(race, "timeline/", cursor="x").status_code == 400


def test_standings_of_each_ten_seconds_join_into_the_whole_race_and_never_know_the_future(race: Race) -> None:
    start = recording_of(race).start
    told = moments(race)
    times = [moment["time_s"] for moment in told]
    assert times == sorted(times)
    assert times[0] == 0
    laps = list(race.laps.filter(valid=True))
    for moment in told:
        for line in moment["standings"]:
            ends = [(lap.time - start) / 1e6 for lap in laps if lap.drone == line["drone"]]
            assert line["laps"] == min(2, sum(end <= moment["time_s"] for end in ends))
    passed = [(row.time - start) / 1e6 for row in race.crossings.filter(counted=True, lap__lte=2)]
    assert set(passed) <= set(times)
    result = get(race, "standings/").json()
    last = {line["drone"]: line for line in told[-1]["standings"]}
    assert [(line["drone"], line["place"], line["status"]) for line in result] == [
        (line["drone"], line["place"], line["status"]) for line in told[-1]["standings"]
    ]
    assert all(last[line["drone"]]["best_ms"] == line["best_ms"] for line in result)


def test_ten_seconds_alone_give_what_they_give_after_those_before(race: Race) -> None:
    for chunk in (1, 3):
        found = get(race, "timeline/standings/", chunk=chunk).json()["moments"]
        assert found[0]["time_s"] == chunk * 10
        assert 1 < len(found) <= 10 * 5 + race.crossings.count() + 2


def test_the_standings_change_with_a_ruling_and_so_does_their_etag(race: Race) -> None:
    first = get(race, "timeline/standings/", chunk=4)
    again = client_of(None).get(
        f"/api/races/{race.pk}/timeline/standings/?chunk=4", headers={"if-none-match": first["ETag"]}
    )
    assert again.status_code == 304
    rule_on_drone(
        race=race, by=make_user("boss", staff=True), kind="penalty", drone=1, milliseconds=5, reason="contact"
    )
    assert get(race, "timeline/standings/", chunk=4)["ETag"] != first["ETag"]


def test_a_race_without_timing_has_no_moments_and_one_without_frames_no_chunks() -> None:
    bare = flown_race(drones=1, seconds=12)
    assert get(bare, "timeline/standings/", chunk=1).json() == {"moments": []}
    assert get(bare, "timeline/").json() == {"next": None, "crossings": [], "resets": []}
    answer = get(bare, "timeline/standings/", chunk=2)
    assert (answer.status_code, json.loads(answer.content)["detail"]) == (404, "The race has 2 chunks of 10 s.")
    assert get(bare, "timeline/standings/").status_code == 400
    assert get(bare, "timeline/standings/", chunk="-1").status_code == 400
    time_what_is_recorded(bare.pk)
    assert get(bare, "timeline/standings/", chunk=0).json() == {"moments": []}
