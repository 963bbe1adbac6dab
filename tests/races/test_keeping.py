"""Who is taken off a race, and by whom; and whom a number names in it."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from races.models import Participant, Race
from telemetry.models import TelemetryFrame
from tests.people import let_in, make_race, roles

Clients = Callable[[User | None], APIClient]


def take_off(client: APIClient, race: Race, user: User) -> Any:
    return client.delete(f"/api/races/{race.pk}/participants/{user.pk}/")


@pytest.mark.parametrize("joined", [True, False])
def test_staff_do_not_take_a_races_creator_off(joined: bool, ann: User, staff: User, as_: Clients) -> None:
    race = make_race(ann, flown=True, over=True)
    if joined:
        let_in(race, ann, Participant.Role.PILOT)
    answer = take_off(as_(staff), race, ann)
    assert (answer.status_code, answer.json()) == (
        403,
        {"detail": "A race's creator leaves it of their own accord only."},
    )
    race.refresh_from_db()
    assert race.creator == ann
    assert TelemetryFrame.objects.filter(race=race).count() == 4
    assert roles(race) == ({"ann": "pilot"} if joined else {})


def test_a_creator_who_joined_leaves_of_their_own_accord(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True, over=True)
    let_in(race, ann, Participant.Role.PILOT)
    let_in(race, bob)
    assert take_off(as_(ann), race, ann).status_code == 204
    race.refresh_from_db()
    assert (race.creator, roles(race)) == (None, {"bob": "invited"})


def test_somebody_who_may_no_longer_sign_in_is_taken_off(ann: User, bob: User, staff: User, as_: Clients) -> None:
    for director in (ann, staff):
        race = make_race(ann, flown=True, over=True)
        let_in(race, bob, Participant.Role.PILOT)
        User.objects.filter(pk=bob.pk).update(is_active=False)
        assert take_off(as_(director), race, bob).status_code == 204
        assert roles(race) == {}
        assert take_off(as_(director), race, bob).status_code == 404


# --- a number is no way to a name


def strangers_answer(answer: Any, status: int) -> tuple[int, Any]:
    assert answer.status_code == status, answer.content
    assert "bob" not in answer.content.decode()
    return answer.status_code, answer.json()


def test_a_number_names_a_pilot_only_who_takes_part(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True)
    path = f"/api/races/{race.pk}/drones/1/"
    said = {"detail": "This user takes no part in the race. Invite them by their name."}
    assert strangers_answer(as_(ann).patch(path, {"pilot": bob.pk}), 404) == (404, said)
    assert strangers_answer(as_(ann).patch(path, {"pilot": 987_654}), 404) == (404, said)
    assert roles(race) == {}
    let_in(race, bob, Participant.Role.VIEWER)
    assert as_(ann).patch(path, {"pilot": bob.pk}).json()["pilot"]["username"] == "bob"
    assert roles(race) == {"bob": "pilot"}


def test_the_creator_and_oneself_need_not_have_joined(ann: User, staff: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True)
    path = f"/api/races/{race.pk}/drones/1/"
    assert as_(staff).patch(path, {"pilot": ann.pk}).json()["pilot"]["username"] == "ann"
    assert as_(staff).patch(path, {"pilot": staff.pk}).json()["pilot"]["username"] == "staff"
    assert strangers_answer(as_(staff).patch(path, {"pilot": bob.pk}), 404)
    assert as_(bob).patch(path, {"pilot": staff.pk}).status_code == 403


def test_saving_a_race_names_those_who_take_part_by_number(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True)
    path = f"/api/races/{race.pk}/save/"
    answers = [strangers_answer(as_(ann).post(path, {"participants": [number]}), 400) for number in (bob.pk, 987_654)]
    assert [answer["detail"] for _, answer in answers] == [
        f"User {number} takes no part in this race. Invite them by their name." for number in (bob.pk, 987_654)
    ]
    race.refresh_from_db()
    assert (race.saved, roles(race)) == (False, {})
    let_in(race, bob, Participant.Role.VIEWER)
    assert as_(ann).post(path, {"participants": [bob.pk, ann.pk, -1]}).status_code == 200
    assert roles(race) == {"bob": "invited"}


def test_the_originals_clients_know_numbers_only(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True)
    body = {"race_name": "Final", "drift_map": "arena", "user_id": [bob.pk]}
    assert as_(ann).post(f"/save_race/{race.pk}", body).status_code == 200
    assert roles(race) == {"bob": "invited"}
