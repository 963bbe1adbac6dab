import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.test import AsyncClient, Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from drift_site.pages import FINISHED_A_PAGE, host_name
from races import services
from races.models import Drone, Race
from telemetry.timed_race import time_what_is_recorded
from tests.flown import arena_track, flights, frames_of, record_flight

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html"}


def text(client: Client, path: str = "/") -> str:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def guest(client: Client) -> User:
    user = User.objects.create_user("guest", password="x")
    client.force_login(user)
    return user


def test_the_lobby_shows_an_active_race_with_port_status_drones_and_its_problem(client: Client) -> None:
    race = services.create_race(name="Finale <1>", drift_map="Hannover")
    Drone.objects.create(race=race, number=1, drone_id="10.0.0.1")
    Race.objects.filter(pk=race.pk).update(problem="Port 9001 is taken by another program.")
    page = text(client)
    assert f'href="/races/{race.pk}/" data-field="name">Finale &lt;1&gt;<' in page
    assert f'data-field="port">{race.udp_port}<' in page
    assert 'data-field="map">Hannover<' in page
    assert 'data-field="drones">1<' in page
    assert 'data-field="problem">Port 9001 is taken by another program.<' in page
    assert "Waiting for the first frame" in page


def test_an_empty_lobby_says_how_to_create_a_race_and_where_to_send(client: Client, settings: Settings) -> None:
    settings.DRIFT_UDP_HOST = "192.0.2.7"
    page = text(client)
    assert 'href="/account/sign-in/?next=/races/new/">Sign in and create a race' in page
    assert '"EndPoint": "192.0.2.7:9001"' in page.replace("&quot;", '"')
    assert re.search(r'<section class="empty" id="empty">', page)


def test_a_lobby_with_a_race_hides_that(client: Client) -> None:
    services.create_race()
    assert '<section class="empty" id="empty" hidden>' in text(client)


@pytest.mark.parametrize("races", [1, 10])
def test_the_lobby_costs_three_queries_and_its_list_one(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, races: int
) -> None:
    for number in range(races):
        race = services.create_race(name=f"race {number}")
        Drone.objects.create(race=race, number=1, drone_id="10.0.0.1")
        services.close_race(race=services.create_race(name=f"over {number}"))
    with django_assert_num_queries(3):
        text(client)
    with django_assert_num_queries(1):
        assert len(client.get("/races.json").json()["races"]) == races


def test_a_signed_in_viewer_costs_the_session_and_the_user_more(
    client: Client, guest: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    race = services.create_race(creator=guest, is_public=False)
    with django_assert_num_queries(4):
        assert str(race.pk) in text(client)


def test_the_list_gives_what_a_card_shows(client: Client, guest: User) -> None:
    race = services.create_race(name="Finale", creator=guest)
    answer = client.get("/races.json").json()
    assert answer["server_time"] > 1_700_000_000_000_000
    assert answer["races"] == [
        {
            "race_id": str(race.pk),
            "race_name": "Finale",
            "drift_map": "arena",
            "track": None,
            "status": "waiting",
            "public": True,
            "saved": False,
            "creator": "guest",
            "may_direct": True,
            "udp_port": race.udp_port,
            "drones": 0,
            "frame_count": 0,
            "problem": "",
            "created_at": race.created_at.isoformat(),
            "started_at": None,
            "ended_at": None,
            "url": f"/races/{race.pk}/",
        }
    ]


def test_finished_races_come_in_pages_the_last_to_end_first(client: Client) -> None:
    ended = [services.create_race(name=f"heat {number}") for number in range(FINISHED_A_PAGE + 1)]
    for race in ended:
        services.close_race(race=race)
    first, second = (client.get(f"/races.json?page={page}").json() for page in (1, 2))
    assert (first["page"], first["pages"], len(first["finished"])) == (1, 2, FINISHED_A_PAGE)
    assert {card["race_id"] for card in first["finished"] + second["finished"]} == {str(race.pk) for race in ended}
    times = [card["ended_at"] for card in first["finished"] + second["finished"]]
    assert times == sorted(times, reverse=True)
    assert 'href="?page=2#finished-heading" rel="next"' in text(client)
    for page in ("3", "-1", "x", "9" * 400, "\0"):
        assert client.get("/races.json", {"page": page}).status_code == 200


def test_a_finished_race_names_its_winner_and_leads_to_replay_and_analysis(client: Client) -> None:
    race = services.create_race(name="Finale", track=arena_track(laps=2))
    record_flight(race, frames_of(flights(2), 45))
    time_what_is_recorded(race.pk)
    services.close_race(race=race)
    (card,) = client.get("/races.json?page=1").json()["finished"]
    assert card["winner"]["laps"] == 2
    page = text(client)
    assert f'data-field="winner">{card["winner"]["label"]}<' in page
    assert f'href="/races/{race.pk}/replay/"' in page
    assert f'href="/races/{race.pk}/analysis/"' in page


def test_a_race_that_waits_says_where_to_send_and_gives_the_games_file(client: Client, settings: Settings) -> None:
    settings.DRIFT_UDP_HOST = "192.0.2.7"
    race = services.create_race(keys=["Timestamp", "Position"])
    assert f"192.0.2.7:{race.udp_port}</code>" in text(client, f"/races/{race.pk}/")
    answer = client.get(f"/races/{race.pk}/TelemetryConfiguration.json")
    assert answer["Content-Disposition"] == 'attachment; filename="TelemetryConfiguration.json"'
    assert answer.json() == {"EndPoint": f"192.0.2.7:{race.udp_port}", "StreamFormat": ["Timestamp", "Position"]}
    services.close_race(race=race)
    assert client.get(f"/races/{race.pk}/TelemetryConfiguration.json").status_code == 404
    assert 'id="waiting"' not in text(client, f"/races/{race.pk}/")


def test_nobody_gets_the_file_of_a_private_race_that_is_not_theirs(client: Client) -> None:
    race = services.create_race(is_public=False)
    assert client.get(f"/races/{race.pk}/TelemetryConfiguration.json").status_code == 404


def test_only_who_may_direct_a_race_gets_what_that_takes(client: Client, guest: User) -> None:
    own, other = services.create_race(creator=guest), services.create_race()
    assert re.search(r'id="race"[^>]* data-may-direct', text(client, f"/races/{own.pk}/"))
    assert not re.search(r'id="race"[^>]* data-may-direct', text(client, f"/races/{other.pk}/"))


@pytest.mark.parametrize("path", ["/", "/races.json", "race"])
def test_no_cache_keeps_what_a_viewer_may_see(client: Client, path: str) -> None:
    race = services.create_race()
    answer = client.get(f"/races/{race.pk}/" if path == "race" else path)
    assert {"no-store", "private"} <= set(answer["Cache-Control"].replace(" ", "").split(","))


def test_a_private_race_shows_to_those_who_may_see_it_only(client: Client) -> None:
    creator = User.objects.create_user("creator", password="x")
    race = services.create_race(creator=creator, is_public=False, name="secret")
    page = reverse("race", args=[race.pk])

    def seen() -> tuple[bool, bool, int]:
        listed = client.get("/races.json").json()["races"]
        return "secret" in text(client), bool(listed), client.get(page, headers=HTML).status_code

    assert seen() == (False, False, 404)
    client.force_login(User.objects.create_user("stranger", password="x"))
    assert seen() == (False, False, 404)
    client.force_login(creator)
    assert seen() == (True, True, 200)


def test_a_race_page_costs_two_queries(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    race = services.create_race(name="Finale")
    with django_assert_num_queries(2):
        page = text(client, f"/races/{race.pk}/")
    assert "<title>Finale · DRIFT</title>" in page


def test_an_overlay_has_the_parts_that_were_asked_for_and_no_others(client: Client) -> None:
    race = services.create_race(name="Finale")
    parts = {"leaderboard": 'id="leaderboard"', "hud": 'id="hud"', "scene": 'id="stage"'}
    for query, wanted in {
        "": {"leaderboard", "hud"},
        "&show=scene": {"scene"},
        "&show=hud,scene,nonsense": {"hud", "scene"},
        "&show=nonsense": {"leaderboard", "hud"},
    }.items():
        page = text(client, f"/races/{race.pk}/?overlay=1{query}")
        assert {name for name, mark in parts.items() if mark in page} == wanted
        assert "<title>Finale · DRIFT</title>" in page
        assert 'class="top"' not in page
    assert 'class="top"' in text(client, f"/races/{race.pk}/?overlay=0")
    private = services.create_race(is_public=False)
    assert client.get(f"/races/{private.pk}/?overlay=1").status_code == 404


def test_a_race_that_has_ended_says_so(client: Client) -> None:
    race = services.create_race()
    services.close_race(race=race)
    page = text(client, f"/races/{race.pk}/")
    assert 'data-status="ended"' in page
    assert 'data-field="state">Ended<' in page


def test_a_page_that_is_not_there_is_answered_in_words(client: Client) -> None:
    answer = client.get(f"/races/{uuid4()}/", headers=HTML)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


@pytest.mark.parametrize("path", ["/", "/races.json"])
def test_pages_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_an_ipv6_host_keeps_its_brackets(client: Client) -> None:
    assert host_name(RequestFactory().get("/", headers={"host": "[::1]:8000"})) == "[::1]"


@pytest.mark.django_db(transaction=True)
async def test_the_pages_are_served_under_asgi(async_client: AsyncClient) -> None:
    for path in ("/", "/races.json"):
        assert (await async_client.get(path)).status_code == 200


def test_pages_hold_no_inline_script_or_style_and_load_nothing_from_elsewhere(client: Client) -> None:
    race = services.create_race()
    for path in ("/", f"/races/{race.pk}/", f"/races/{race.pk}/?overlay=1&show=scene,hud,leaderboard"):
        page = text(client, path)
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)
        scripts = re.findall(r"<script([^>]*)>", page)
        assert all("src=" in attributes or 'type="importmap"' in attributes for attributes in scripts)


def test_every_field_that_the_scripts_write_is_in_the_template(client: Client) -> None:
    services.create_race()
    lobby = Path(__file__).parent.parent.parent / "drift_site" / "static" / "drift" / "lobby"
    scripts = "".join(path.read_text(encoding="utf-8") for path in lobby.glob("*.js"))
    written = set(re.findall(r'\.set\("([\w-]+)"', scripts))
    assert written
    page = text(client)
    assert {name for name in written if f'data-field="{name}"' not in page} == set()


def test_every_field_that_the_live_page_looks_for_is_in_its_template(client: Client) -> None:
    race = services.create_race()
    live = Path(__file__).parent.parent.parent / "drift_site" / "static" / "drift" / "live"
    scripts = "".join(path.read_text(encoding="utf-8") for path in live.glob("*.js"))
    looked_for = set(re.findall(r'data-field="([\w-]+)"\]', scripts)) | set(
        re.findall(r'#field\("([\w-]+)"\)', scripts)
    )
    assert len(looked_for) > 10
    page = text(client, f"/races/{race.pk}/")
    assert {name for name in looked_for if f'data-field="{name}"' not in page} == set()
