"""A contract test for each of the original's race calls, row by row of docs/api.md."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.conf import settings
from pytest_django import Settings
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from accounts.models import User
from races.models import Participant, Race
from telemetry.models import TelemetryFrame
from tests.people import browser_of, let_in, make_race, record, roles

Clients = Callable[[User | None], APIClient]
FIVE = {"race_id", "race_creator", "udp_port", "ws_port", "status"}
SAVED = {"race_id", "race_name", "drift_map", "created_at", "user_id", "race_size_bytes"}


# --- create_race


def test_create_race_gives_the_five_fields_under_the_races_id(ann: User, as_: Clients) -> None:
    answer = as_(ann).post(f"/create_race?user_id={ann.pk}")
    race = Race.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {
        str(race.pk): {
            "race_id": str(race.pk),
            "race_creator": ann.pk,
            "udp_port": race.udp_port,
            "ws_port": 8765,
            "status": "started",
        }
    }
    assert race.udp_port in settings.DRIFT_UDP_PORTS


def test_create_race_by_a_session_cookie_without_csrf_token(ann: User) -> None:
    assert browser_of(ann).post(f"/create_race?user_id={ann.pk}").status_code == 200


def test_create_race_from_a_foreign_page_is_refused(ann: User) -> None:
    answer = browser_of(ann).post(f"/create_race?user_id={ann.pk}", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not Race.objects.exists()


def test_create_race_of_a_signed_out_client_is_a_401(as_: Clients, db: None) -> None:
    assert as_(None).post("/create_race?user_id=-1").status_code == 401
    assert as_(None).post("/create_race").status_code == 401


def test_create_race_in_anothers_name_is_a_403(ann: User, bob: User, as_: Clients) -> None:
    assert as_(ann).post(f"/create_race?user_id={bob.pk}").status_code == 403
    assert as_(ann).post("/create_race?user_id=-1").status_code == 403


def test_create_race_over_the_limit_is_a_409_unless_for_staff(
    ann: User, staff: User, as_: Clients, settings: Settings
) -> None:
    settings.DRIFT_MAX_ACTIVE_RACES = 1
    codes = [as_(user).post("/create_race").status_code for user in (ann, ann, staff, staff)]
    assert codes == [200, 409, 200, 200]


def test_create_race_without_a_free_port_is_a_409(ann: User, as_: Clients, settings: Settings) -> None:
    settings.DRIFT_UDP_PORTS = range(9001, 9002)
    assert [as_(ann).post("/create_race").status_code for _ in range(2)] == [200, 409]


def test_create_race_at_the_clients_word_where_that_is_set(
    ann: User, staff: User, as_: Clients, settings: Settings
) -> None:
    settings.DRIFT_TRUST_CLIENT_USER_ID = True
    assert as_(None).post(f"/create_race?user_id={ann.pk}").status_code == 200
    assert Race.objects.get().creator == ann
    assert as_(None).post(f"/create_race?user_id={staff.pk}").status_code == 403


# --- list_races


def test_list_races_gives_objects_of_one_key(ann: User, as_: Clients) -> None:
    race = make_race(ann)
    make_race(None, over=True)
    listed = as_(None).get("/list_races").json()["races"]
    assert [list(one) for one in listed] == [[str(race.pk)]]
    assert set(listed[0][str(race.pk)]) == FIVE


def test_list_races_shows_a_private_race_to_those_it_is_for(ann: User, bob: User, staff: User, as_: Clients) -> None:
    race = make_race(ann, is_public=False)
    seen = [len(as_(user).get("/list_races").json()["races"]) for user in (None, bob, ann, staff)]
    assert seen == [0, 0, 1, 1]
    let_in(race, bob)
    assert len(as_(bob).get("/list_races").json()["races"]) == 1


def test_list_races_of_nobodys_race_names_the_creator_minus_one(as_: Clients, db: None) -> None:
    race = make_race(None)
    assert as_(None).get("/list_races").json()["races"][0][str(race.pk)]["race_creator"] == -1


# --- watch_race


def test_watch_race_gives_the_five_fields_flat_and_notes_the_viewer(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann)
    answer = as_(bob).get(f"/watch_race/{race.pk}/{bob.pk}")
    assert (answer.status_code, set(answer.json())) == (200, FIVE)
    assert as_(bob).get(f"/watch_race/{race.pk}/{bob.pk}").status_code == 200
    assert roles(race) == {"bob": "viewer"}


def test_watch_race_by_nobody_notes_nobody(ann: User, as_: Clients) -> None:
    race = make_race(ann)
    assert as_(None).get(f"/watch_race/{race.pk}/-1").status_code == 200
    assert as_(ann).get(f"/watch_race/{race.pk}/{ann.pk}").status_code == 200
    assert roles(race) == {}


def test_watch_race_in_anothers_name(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann)
    assert as_(None).get(f"/watch_race/{race.pk}/{bob.pk}").status_code == 401
    assert as_(ann).get(f"/watch_race/{race.pk}/{bob.pk}").status_code == 403


def test_watch_race_of_a_private_race_is_for_the_invited_and_notes_nobody(
    ann: User, bob: User, staff: User, as_: Clients
) -> None:
    race = make_race(ann, is_public=False)
    assert as_(bob).get(f"/watch_race/{race.pk}/{bob.pk}").status_code == 404
    assert as_(None).get(f"/watch_race/{race.pk}/-1").status_code == 404
    let_in(race, bob)
    assert as_(bob).get(f"/watch_race/{race.pk}/{bob.pk}").status_code == 200
    assert as_(staff).get(f"/watch_race/{race.pk}/{staff.pk}").status_code == 200
    assert roles(race) == {"bob": "invited"}


def test_watch_race_without_a_cookie_at_the_clients_word(
    ann: User, bob: User, as_: Clients, settings: Settings
) -> None:
    settings.DRIFT_TRUST_CLIENT_USER_ID = True
    race = make_race(ann)
    assert as_(None).get(f"/watch_race/{race.pk}/{bob.pk}").status_code == 200
    assert roles(race) == {"bob": "viewer"}


def test_watch_race_that_is_over_or_is_none_is_a_404(as_: Clients, db: None) -> None:
    race = make_race(None, over=True)
    assert as_(None).get(f"/watch_race/{race.pk}/-1").status_code == 404
    assert as_(None).get(f"/watch_race/{uuid4()}/-1").status_code == 404


# --- save_race


def save(name: str = "Final", *users: int) -> dict[str, object]:
    return {"race_name": name, "drift_map": "Hannover", "user_id": list(users)}


def test_save_race_names_it_and_adds_who_took_part(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True)
    answer = as_(ann).post(f"/save_race/{race.pk}", save("Finale 🏁", ann.pk, bob.pk, -1))
    assert answer.status_code == 200
    assert answer.json()["status"] == "success"
    assert answer.json()["race_size_bytes"] == 4 * 97
    race.refresh_from_db()
    assert (race.saved, race.name, race.drift_map, roles(race)) == (True, "Finale 🏁", "Hannover", {"bob": "invited"})


def test_save_race_without_frames_is_a_404(ann: User, as_: Clients) -> None:
    assert as_(ann).post(f"/save_race/{make_race(ann).pk}", save()).status_code == 404


def test_save_race_with_an_unknown_user_saves_nothing(ann: User, as_: Clients) -> None:
    race = make_race(ann, flown=True)
    answer = as_(ann).post(f"/save_race/{race.pk}", save("Final", 987654))
    assert (answer.status_code, answer.json()) == (400, {"detail": "There is no user 987654."})
    race.refresh_from_db()
    assert (race.name, race.saved) == ("race", False)


def test_save_race_is_for_its_creator_and_staff(ann: User, bob: User, staff: User, as_: Clients) -> None:
    race = make_race(ann, flown=True)
    codes = [as_(user).post(f"/save_race/{race.pk}", save()).status_code for user in (None, bob, staff)]
    assert codes == [401, 403, 200]


def test_save_and_end_without_a_cookie_where_clients_are_taken_at_their_word(
    ann: User, as_: Clients, settings: Settings
) -> None:
    settings.DRIFT_TRUST_CLIENT_USER_ID = True
    race, nobodys = make_race(ann, flown=True), make_race(None, flown=True)
    assert as_(None).post(f"/save_race/{race.pk}", save()).status_code == 200
    assert as_(None).put(f"/update_race/{race.pk}", save()).status_code == 200
    assert as_(None).delete(f"/end_race/{race.pk}").status_code == 200
    assert as_(None).delete(f"/end_race/{nobodys.pk}").status_code == 401


# --- end_race


def test_end_race_saves_it_and_frees_its_port(ann: User, as_: Clients) -> None:
    race = make_race(ann, flown=True)
    answer = as_(ann).delete(f"/end_race/{race.pk}")
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "message": "Race ended."})
    race.refresh_from_db()
    assert (race.status, race.saved, race.udp_port) == ("ended", True, None)
    assert race.ended_at is not None


def test_end_race_without_frames_ends_it_unsaved(ann: User, as_: Clients) -> None:
    race = make_race(ann)
    assert as_(ann).delete(f"/end_race/{race.pk}").status_code == 200
    assert not Race.objects.get().saved


def test_end_race_is_for_its_creator_and_staff(ann: User, bob: User, staff: User, as_: Clients) -> None:
    race = make_race(ann)
    codes = [as_(user).delete(f"/end_race/{race.pk}").status_code for user in (None, bob, staff)]
    assert codes == [401, 403, 200]


def test_end_race_twice_is_a_400_in_words(ann: User, as_: Clients) -> None:
    race = make_race(ann, over=True)
    answer = as_(ann).delete(f"/end_race/{race.pk}")
    assert (answer.status_code, answer.json()) == (400, {"detail": "This race has already ended."})


# --- saved_races GET /user_races/{user_id}


def test_saved_races_and_user_races_give_the_six_fields(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True, over=True)
    make_race(ann, over=True)
    let_in(race, bob)
    answer = as_(None).get("/saved_races").json()
    assert answer["status"] == "success"
    (saved,) = answer["races"]
    assert set(saved) == SAVED
    assert saved["user_id"] == [ann.pk, bob.pk]
    assert saved["race_size_bytes"] == 4 * 97
    assert saved["created_at"] == race.created_at.isoformat()
    for user in (ann, bob):
        assert as_(user).get(f"/user_races/{user.pk}").json() == answer


def test_saved_races_shows_a_private_one_to_those_who_took_part(
    ann: User, bob: User, staff: User, as_: Clients
) -> None:
    race = make_race(ann, flown=True, over=True, is_public=False)
    let_in(race, bob, Participant.Role.VIEWER)  # watched it while it was public
    seen = [len(as_(user).get("/saved_races").json()["races"]) for user in (None, bob, ann, staff)]
    assert seen == [0, 0, 1, 1]
    Participant.objects.update(role=Participant.Role.PILOT)
    assert len(as_(bob).get("/saved_races").json()["races"]) == 1


def test_user_races_is_for_that_user(ann: User, bob: User, as_: Clients) -> None:
    make_race(ann, flown=True, over=True)
    assert as_(bob).get(f"/user_races/{bob.pk}").json()["races"] == []
    assert as_(bob).get(f"/user_races/{ann.pk}").status_code == 403
    assert as_(None).get(f"/user_races/{ann.pk}").status_code == 401


def test_saved_races_asks_the_database_as_often_for_many_as_for_one(
    ann: User, bob: User, as_: Clients, django_assert_num_queries: Callable[..., object]
) -> None:
    for _ in range(5):
        let_in(make_race(ann, flown=True, over=True), bob)
    client = as_(None)
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        assert len(client.get("/saved_races").json()["races"]) == 5


# --- update_race


@pytest.mark.parametrize("user_id", ["own", "list", "none"])
def test_update_race_changes_name_and_map(ann: User, as_: Clients, user_id: str) -> None:
    race = make_race(ann, flown=True, over=True)
    forms: dict[str, dict[str, object]] = {"own": {"user_id": ann.pk}, "list": {"user_id": [ann.pk]}, "none": {}}
    answer = as_(ann).put(
        f"/update_race/{race.pk}", {"race_name": " Übung ", "drift_map": "Pine Valley", **forms[user_id]}
    )
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "message": "Race updated."})
    race.refresh_from_db()
    assert (race.name, race.drift_map) == ("Übung", "Pine Valley")


def test_update_race_is_for_its_creator_and_staff(ann: User, bob: User, staff: User, as_: Clients) -> None:
    race = make_race(ann, flown=True)
    codes = [as_(user).put(f"/update_race/{race.pk}", save()).status_code for user in (None, bob, staff)]
    assert codes == [401, 403, 200]
    assert as_(bob).put(f"/update_race/{race.pk}", {**save(), "user_id": ann.pk}).status_code == 403


# --- delete_race


def test_delete_race_takes_one_off_and_the_last_takes_it_all(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True, over=True)
    kept = make_race(None, flown=True, over=True)
    let_in(race, bob)
    answer = as_(ann).delete(f"/delete_race/{race.pk}/{ann.pk}")
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    race.refresh_from_db()
    assert race.creator is None
    assert TelemetryFrame.objects.filter(race=race).count() == 4
    assert as_(bob).delete(f"/delete_race/{race.pk}/{bob.pk}").status_code == 200
    assert list(Race.objects.all()) == [kept]
    assert set(TelemetryFrame.objects.values_list("race", flat=True)) == {kept.pk}


def test_delete_race_of_ones_own_only_and_once(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, flown=True, over=True)
    assert as_(None).delete(f"/delete_race/{race.pk}/{ann.pk}").status_code == 401
    assert as_(bob).delete(f"/delete_race/{race.pk}/{ann.pk}").status_code == 403
    assert as_(bob).delete(f"/delete_race/{race.pk}/{bob.pk}").status_code == 404
    assert as_(ann).delete(f"/delete_race/{race.pk}/{ann.pk}").status_code == 200
    assert as_(ann).delete(f"/delete_race/{race.pk}/{ann.pk}").status_code == 404


def test_delete_race_that_is_active_is_a_409(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann)
    let_in(race, bob)
    answer = as_(ann).delete(f"/delete_race/{race.pk}/{ann.pk}")
    assert (answer.status_code, answer.json()) == (409, {"detail": "This race is not over. End it first."})
    assert as_(bob).delete(f"/delete_race/{race.pk}/{bob.pk}").status_code == 200
    race.refresh_from_db()
    assert race.creator == ann


def test_a_viewer_of_a_race_since_made_private_can_leave_it(ann: User, bob: User, as_: Clients) -> None:
    race = make_race(ann, over=True, is_public=False)
    let_in(race, bob, Participant.Role.VIEWER)
    assert as_(bob).delete(f"/delete_race/{race.pk}/{bob.pk}").status_code == 200


# --- delete_user


def test_delete_user_takes_the_races_of_nobody_else_along(
    ann: User,
    bob: User,
    as_: Clients,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    alone, shared, bobs = (make_race(user, flown=True, over=True) for user in (ann, ann, bob))
    let_in(shared, bob)
    let_in(bobs, ann)
    with django_capture_on_commit_callbacks(execute=True):
        assert as_(ann).delete("/delete_user?username=ann").status_code == 200
    assert dict(Race.objects.values_list("pk", "creator")) == {shared.pk: None, bobs.pk: bob.pk}
    assert set(TelemetryFrame.objects.values_list("race", flat=True)) == {shared.pk, bobs.pk}
    assert alone.pk not in {shared.pk, bobs.pk}
    listed = {one["race_id"]: one["user_id"] for one in as_(None).get("/saved_races").json()["races"]}
    assert listed == {str(shared.pk): [bob.pk], str(bobs.pk): [bob.pk]}


def test_delete_user_with_an_active_race_is_a_409(ann: User, as_: Clients) -> None:
    record(make_race(ann))
    answer = as_(ann).delete("/delete_user?username=ann")
    assert (answer.status_code, answer.json()) == (409, {"detail": "This user has an active race. End it first."})
    assert User.objects.filter(pk=ann.pk).exists()
