from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from races import services
from races.models import Drone, Race

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
    # The session, its user, the race, its drones.
    with django_assert_num_queries(4):
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


def test_races_and_drones_are_neither_added_nor_deleted_here(admin_client: Client) -> None:
    race = ended(drones=1)
    for model, pk in (("race", race.pk), ("drone", race.drones.get().pk)):
        assert admin_client.get(reverse(f"admin:races_{model}_add")).status_code == 403
        assert admin_client.post(reverse(f"admin:races_{model}_delete", args=[pk])).status_code == 403
        changelist = reverse(f"admin:races_{model}_changelist")
        admin_client.post(changelist, {"action": "delete_selected", "_selected_action": [str(pk)], "post": "yes"})
    assert Race.objects.count() == Drone.objects.count() == 1


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
