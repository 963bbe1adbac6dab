"""What the analysis page says of a race on the server's side: which state it is in, and to whom."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from races import services
from races.models import Race
from tests.flown import arena_track, flown_race, give_lap
from tests.people import make_user

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html"}


def address(race: Race) -> str:
    return reverse("race_analysis", args=[race.pk])


def text(client: Client, race: Race) -> str:
    answer = client.get(address(race), headers=HTML)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def ann() -> User:
    return make_user("ann")


def test_a_race_with_laps_has_its_addresses_and_its_downloads(client: Client, ann: User) -> None:
    track = arena_track()
    race = flown_race(track, creator=ann, drones=1, seconds=1)
    give_lap(race, track)
    page = text(client, race)
    api = f"/api/races/{race.pk}"
    assert f'data-results="{api}/results/" data-compare="{api}/compare/" data-telemetry="{api}/telemetry/"' in page
    assert f'data-track="/api/tracks/{track.pk}/"' in page
    for href in (f"{api}/export/?format=csv", f"{api}/export/?format=mcap", f"{api}/results.csv"):
        assert f'href="{href}" download' in page


def test_a_race_that_goes_on_can_be_read_again(client: Client) -> None:
    track = arena_track()
    race = flown_race(track, drones=1, seconds=1)
    give_lap(race, track)
    assert "Read the laps again" in text(client, race)
    services.close_race(race=race)
    assert "Read the laps again" not in text(client, race)


def test_a_race_without_frames_says_so(client: Client) -> None:
    page = text(client, services.create_race(name="Empty"))
    assert "Nothing has been recorded" in page
    assert "download>" not in page


def test_a_race_without_a_track_says_how_to_get_one_and_lets_its_director(client: Client, ann: User) -> None:
    race = flown_race(creator=ann, drones=2, seconds=1)
    page = text(client, race)
    assert f"python manage.py track_from_race {race.pk}" in page
    assert "make-track" not in page
    client.force_login(make_user("bob"))
    assert "make-track" not in text(client, race)
    client.force_login(ann)
    page = text(client, race)
    assert 'id="make-track"' in page
    assert '<option value="2">Drone 2</option>' in page


def test_a_race_on_a_track_without_a_lap_says_so_and_lets_its_director_time_it(client: Client, ann: User) -> None:
    race = flown_race(arena_track(name="Oval"), creator=ann, drones=1, seconds=1)
    client.force_login(ann)
    assert "No lap has been closed yet" in text(client, race)
    assert 'id="retime"' not in text(client, race)
    services.close_race(race=race)
    page = text(client, race)
    assert "on the track Oval" in page
    assert 'id="retime"' in page


def test_a_private_race_shows_to_those_who_may_see_it_only(client: Client, ann: User) -> None:
    race = services.create_race(creator=ann, is_public=False)
    assert client.get(address(race), headers=HTML).status_code == 404
    client.force_login(ann)
    assert client.get(address(race), headers=HTML).status_code == 200


def test_the_page_costs_two_queries_however_many_laps_there_are(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    track = arena_track()
    race = flown_race(track, drones=1, seconds=1)
    give_lap(race, track)
    with django_assert_num_queries(2):
        text(client, race)


def test_it_only_reads_is_kept_by_no_cache_and_holds_nothing_inline(client: Client, ann: User) -> None:
    race = flown_race(creator=ann, drones=1, seconds=1)
    client.force_login(ann)
    assert client.post(address(race)).status_code == 405
    answer = client.get(address(race), headers=HTML)
    assert "no-store" in answer["Cache-Control"]
    page = answer.content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in attributes or 'type="importmap"' in attributes for attributes in scripts)
