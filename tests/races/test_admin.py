from typing import Any

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from races import services
from races.models import Drone, Race
from races.stream_format import DEFAULT_FORMAT
from telemetry.models import TelemetryFrame
from tests.people import let_in, make_race, make_user

pytestmark = pytest.mark.django_db


def ended(name: str = "race", drones: int = 0) -> Race:
    race = services.create_race(name=name)
    for number in range(1, drones + 1):
        Drone.objects.create(race=race, number=number, drone_id=f"10.0.0.{number}", name=f"drone of {number}")
    services.close_race(race=race)
    race.refresh_from_db()
    return race


def form(race: Race, **changes: Any) -> dict[str, Any]:
    drones = list(race.drones.all())
    data: dict[str, Any] = {"name": race.name, "drift_map": race.drift_map, "is_public": "on"}
    data |= {"drones-TOTAL_FORMS": len(drones), "drones-INITIAL_FORMS": len(drones)}
    data |= {"participants-TOTAL_FORMS": 0, "participants-INITIAL_FORMS": 0}
    for index, drone in enumerate(drones):
        data |= {f"drones-{index}-id": drone.pk, f"drones-{index}-race": race.pk, f"drones-{index}-name": drone.name}
    return data | changes


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_of_races_costs_the_same_however_long_it_is(
    admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    for number in range(count):
        ended(f"race {number}", drones=2)
    # The session, its user, the page's count, its rows, and the oldest and newest date of the date hierarchy.
    with django_assert_num_queries(6):
        answer = admin_client.get(reverse("admin:races_race_changelist"))
    assert f"race {count - 1}" in answer.content.decode()


@pytest.mark.parametrize("drones", [1, 12])
def test_a_race_costs_the_same_however_many_drones_it_has(
    admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries, drones: int
) -> None:
    race = ended(drones=drones)
    ContentType.objects.get_for_model(Race)  # kept by the process once asked
    # The session, its user, the race, its drones, its participants.
    with django_assert_num_queries(5):
        answer = admin_client.get(reverse("admin:races_race_change", args=[race.pk]))
    assert answer.content.decode().count("10.0.0.") == drones


@pytest.mark.parametrize("count", [1, 12])
def test_the_list_of_drones_costs_the_same_however_long_it_is(
    admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    ended(drones=count)
    # The session, its user, the page's count, its rows.
    with django_assert_num_queries(4):
        answer = admin_client.get(reverse("admin:races_drone_changelist"))
    assert f"drone of {count}" in answer.content.decode()


def test_an_ended_race_and_its_drones_can_be_renamed_and_nothing_else_changes(admin_client: Client) -> None:
    race = ended(drones=1)
    data = form(race, name="Finale", status="live", udp_port=9009, frame_count=7)
    data["drones-0-name"] = "Red"
    answer = admin_client.post(reverse("admin:races_race_change", args=[race.pk]), data)
    assert answer.status_code == 302, answer.content.decode()
    race.refresh_from_db()
    assert (race.name, race.status, race.udp_port, race.frame_count) == ("Finale", "ended", None, 0)
    assert race.drones.get().name == "Red"


@pytest.mark.parametrize("status", Race.HOLDS_PORT)
def test_an_active_race_is_shown_and_cannot_be_changed(admin_client: Client, status: str) -> None:
    race = services.create_race(name="flying")
    drone = Drone.objects.create(race=race, number=1, drone_id="10.0.0.1")
    Race.objects.filter(pk=race.pk).update(status=status)
    page = reverse("admin:races_race_change", args=[race.pk])
    assert "flying" in admin_client.get(page).content.decode()
    assert admin_client.post(page, form(race, name="other")).status_code == 403
    drone_page = reverse("admin:races_drone_change", args=[drone.pk])
    assert admin_client.get(drone_page).status_code == 200
    assert admin_client.post(drone_page, {"name": "other"}).status_code == 403


def test_races_and_drones_are_not_added_and_drones_not_deleted_here(admin_client: Client) -> None:
    race = ended(drones=1)
    drone = race.drones.get()
    for model in ("race", "drone"):
        assert admin_client.get(reverse(f"admin:races_{model}_add")).status_code == 403
    assert admin_client.post(reverse("admin:races_drone_delete", args=[drone.pk])).status_code == 403
    act(admin_client, "delete_selected", drone, model="drone", post="yes")
    assert Drone.objects.get() == drone


def act(client: Client, action: str, *rows: Race | Drone, model: str = "race", **more: str) -> str:
    """Run an action of the list on `rows`; gives the page that follows."""
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows], **more}
    return client.post(reverse(f"admin:races_{model}_changelist"), data, follow=True).content.decode()


def logged() -> list[tuple[str, str]]:
    return [(entry.object_repr.split(" ")[0], entry.get_change_message()) for entry in LogEntry.objects.order_by("pk")]


def test_end_ends_each_race_and_is_kept_in_the_log(admin_client: Client) -> None:
    flown, empty, over = make_race(None, flown=True), services.create_race(), ended("over")
    page = act(admin_client, "end", flown, empty, over)
    assert page.count("Race: Ended.") == 2
    assert "Over: This race has already ended." in page
    assert set(Race.objects.values_list("status", flat=True)) == {"ended"}
    assert logged() == [("race", "Ended.")] * 2


def test_save_keeps_a_race_with_frames(admin_client: Client) -> None:
    flown, empty = make_race(None, flown=True), ended("empty")
    page = act(admin_client, "save_races", flown, empty)
    assert "Race: Saved." in page
    assert "Empty: No frame of this race has been recorded yet" in page
    assert list(Race.objects.filter(saved=True)) == [flown]
    assert logged() == [("race", "Saved.")]


@pytest.mark.django_db(transaction=True)
def test_delete_counts_the_frames_first_and_takes_them_along(admin_client: Client) -> None:
    races = [make_race(None, flown=True, over=True) for _ in range(2)]
    kept = make_race(None, flown=True, over=True)
    page = act(admin_client, "delete_selected", *races)
    assert "Frames: 8" in page
    assert "4 frames" in page
    assert Race.objects.count() == 3
    act(admin_client, "delete_selected", *races, post="yes")
    assert list(Race.objects.all()) == [kept]
    assert set(TelemetryFrame.objects.values_list("race", flat=True)) == {kept.pk}
    assert [entry.action_flag for entry in LogEntry.objects.all()] == [DELETION, DELETION]
    path = reverse("admin:races_race_delete", args=[kept.pk])
    assert "Frames: 4" in admin_client.get(path).content.decode()
    assert admin_client.post(path, {"post": "yes"}).status_code == 302
    assert not TelemetryFrame.objects.exists()


def test_a_race_that_is_not_over_is_not_deleted(admin_client: Client) -> None:
    race = make_race(None, flown=True)
    assert "End it first." in act(admin_client, "delete_selected", race)
    assert "End it first." in act(admin_client, "delete_selected", race, post="yes")
    assert admin_client.post(reverse("admin:races_race_delete", args=[race.pk]), {"post": "yes"}).status_code == 403
    assert Race.objects.get() == race


def test_a_name_that_the_services_refuse_is_a_message(admin_client: Client) -> None:
    race = ended()
    path = reverse("admin:races_race_change", args=[race.pk])
    answer = admin_client.post(path, form(race, name="a\u2028b"), follow=True)
    assert "must not hold control characters" in answer.content.decode()
    race.refresh_from_db()
    assert race.name == "race"


def test_a_user_with_an_active_race_is_not_deleted_and_the_admin_says_why(admin_client: Client) -> None:
    ann = make_user("ann")
    race = make_race(ann)
    path = reverse("admin:accounts_user_delete", args=[ann.pk])
    for page in (
        admin_client.post(path, {"post": "yes"}, follow=True),
        admin_client.post(
            reverse("admin:accounts_user_changelist"),
            {"action": "delete_selected", "_selected_action": [str(ann.pk)], "post": "yes"},
            follow=True,
        ),
    ):
        assert "This user has an active race. End it first." in page.content.decode()
    race.refresh_from_db()
    assert race.creator == ann


def test_a_race_shows_its_participants_and_links_to_its_page(admin_client: Client) -> None:
    ann, bob = make_user("ann"), make_user("bob")
    race = make_race(ann, over=True)
    let_in(race, bob)
    page = admin_client.get(reverse("admin:races_race_change", args=[race.pk])).content.decode()
    assert "bob" in page
    assert f'href="/races/{race.pk}/"' in page
    assert f'href="/races/{race.pk}/"' in admin_client.get(reverse("admin:races_race_changelist")).content.decode()


def test_ten_thousand_races_cost_as_many_queries_as_one(
    admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keys = list(DEFAULT_FORMAT)
    many = [Race(name=f"race {n}", stream_format=keys, status="ended", frame_count=n) for n in range(10_000)]
    Race.objects.bulk_create(many, batch_size=500)
    for query in ("", "?q=race+99", "?status__exact=ended", "?o=8", "?o=-7.1"):
        with django_assert_num_queries(6):
            assert admin_client.get(reverse("admin:races_race_changelist") + query).status_code == 200
    client = APIClient()
    for query in ("", "?search=99", "?status=ended&ordering=-frame_count&page=200"):
        with django_assert_num_queries(2):
            assert client.get(f"/api/races/{query}").status_code == 200


def test_a_race_is_found_by_its_id_its_name_or_its_map(admin_client: Client) -> None:
    wanted, _ = ended("wanted"), ended("else")
    for term in (str(wanted.pk), f" {wanted.pk.hex} ", "want"):
        answer = admin_client.get(reverse("admin:races_race_changelist"), {"q": term})
        found = answer.context["cl"].queryset
        assert list(found) == [wanted], term


def test_a_drone_is_found_by_its_address(admin_client: Client) -> None:
    ended(drones=3)
    answer = admin_client.get(reverse("admin:races_drone_changelist"), {"q": "10.0.0.2"})
    assert [drone.number for drone in answer.context["cl"].queryset] == [2]
