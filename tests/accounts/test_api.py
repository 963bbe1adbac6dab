from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import services
from accounts.models import AuthToken, User
from tests.accounts.conftest import ANSWER, PASSWORD

NEW = "another horse 8"
ME = "/api/auth/me/"


def with_token(text: str) -> APIClient:
    return APIClient(HTTP_AUTHORIZATION=f"Token {text}")


def login(**more: Any) -> dict[str, Any]:
    answer = APIClient().post("/api/auth/login/", {"username": "alice", "password": PASSWORD, **more})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def browser() -> APIClient:
    """A browser that has fetched a page, and so a CSRF token, and sends it along."""
    client = APIClient(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = token = "x" * 32
    client.defaults["HTTP_X_CSRFTOKEN"] = token
    return client


@pytest.mark.django_db
def test_register_gives_the_account_without_its_secrets(client: APIClient) -> None:
    body = {"username": "bob", "password": PASSWORD, "email": "Bob@EXAMPLE.org", "security_question": "Animal?"}
    answer = client.post("/api/auth/register/", {**body, "security_answer": "Owl"})
    assert answer.status_code == 201
    given = answer.json()
    assert datetime.fromisoformat(given.pop("date_joined")).utcoffset() == timedelta(0)
    assert given == {
        "id": User.objects.get().pk,
        "username": "bob",
        "email": "Bob@example.org",
        "security_question": "Animal?",
        "is_staff": False,
    }


@pytest.mark.django_db
def test_register_makes_nobody_staff(client: APIClient) -> None:
    body = {"username": "bob", "password": PASSWORD, "is_staff": True, "is_superuser": True}
    assert client.post("/api/auth/register/", body).json()["is_staff"] is False
    assert not User.objects.filter(is_superuser=True).exists()


@pytest.mark.parametrize("part", [{"security_question": "Animal?"}, {"security_answer": "Owl"}])
@pytest.mark.django_db
def test_register_wants_question_and_answer_or_neither(client: APIClient, part: dict[str, str]) -> None:
    answer = client.post("/api/auth/register/", {"username": "bob", "password": PASSWORD, **part})
    assert answer.status_code == 400
    assert "question" in answer.json()["detail"]


@pytest.mark.django_db
def test_register_names_the_fields_that_are_wrong(client: APIClient) -> None:
    answer = client.post("/api/auth/register/", {"email": "no address", "password": PASSWORD})
    assert answer.status_code == 400
    assert set(answer.json()) == {"email", "username"}


def test_login_gives_an_expiring_token(alice: User) -> None:
    body = login()
    assert body["user"]["username"] == "alice"
    left = datetime.fromisoformat(body["expires_at"]) - timezone.now()
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert with_token(body["token"]).get(ME).json()["id"] == alice.pk
    alice.refresh_from_db()
    assert alice.last_login is not None


def test_only_the_hash_of_a_token_is_kept(alice: User) -> None:
    text = login()["token"]
    assert text not in str(AuthToken.objects.values().get())


def test_an_expired_token_is_refused(alice: User) -> None:
    text = login()["token"]
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert with_token(text).get(ME).status_code == 401


def test_the_token_of_an_inactive_user_is_refused(alice: User) -> None:
    text = login()["token"]
    User.objects.update(is_active=False)
    assert with_token(text).get(ME).status_code == 401


def test_a_device_has_one_token(alice: User) -> None:
    first, second = login(device="headset")["token"], login(device=" headset ")["token"]
    other = login(device="laptop")["token"]
    assert [with_token(text).get(ME).status_code for text in (first, second, other)] == [401, 200, 200]


def test_programs_without_a_device_name_do_not_end_each_other(alice: User) -> None:
    first, second = login()["token"], login()["token"]
    assert [with_token(text).get(ME).status_code for text in (first, second)] == [200, 200]


def test_past_the_most_devices_the_oldest_gives_way(alice: User, settings: Any) -> None:
    settings.DRIFT_MAX_DEVICES = 2
    texts = [login()["token"] for _ in range(3)]
    assert [with_token(text).get(ME).status_code for text in texts] == [401, 200, 200]


def test_devices_are_listed_newest_first_and_tell_which_one_asks(alice: User, make_user: Callable[..., User]) -> None:
    make_user("bob")
    text = login(device="headset")["token"]
    APIClient(HTTP_USER_AGENT="UnityPlayer/2022.3").post("/login", {"username": "alice", "password": PASSWORD})
    APIClient().post("/login", {"username": "bob", "password": PASSWORD})
    devices = with_token(text).get("/api/auth/devices/").json()
    assert [(device["name"], device["current"]) for device in devices] == [
        ("UnityPlayer/2022.3 at 127.0.0.1", False),
        ("headset", True),
    ]
    assert set(devices[0]) == {"id", "name", "created", "expires_at", "current"}


def test_a_device_is_revoked_by_its_owner_only(alice: User, make_user: Callable[..., User]) -> None:
    make_user("bob")
    text = login(device="headset")["token"]
    mine = with_token(text)
    path = f"/api/auth/devices/{mine.get('/api/auth/devices/').json()[0]['id']}/"
    bobs = APIClient().post("/login", {"username": "bob", "password": PASSWORD}).json()["token"]
    assert with_token(bobs).delete(path).status_code == 404
    assert mine.delete(path).status_code == 204
    assert mine.get(ME).status_code == 401


def test_logout_ends_this_token_and_no_other(alice: User) -> None:
    here, there = login()["token"], login()["token"]
    assert with_token(here).post("/api/auth/logout/").status_code == 204
    assert [with_token(text).get(ME).status_code for text in (here, there)] == [401, 200]


def test_a_browser_signs_in_by_session_and_out_again(alice: User) -> None:
    client = browser()
    body = {"username": "alice", "password": PASSWORD, "session": True}
    answer = client.post("/api/auth/login/", body)
    assert (answer.status_code, answer.json()["token"]) == (200, None)
    assert not AuthToken.objects.exists()
    client.defaults["HTTP_X_CSRFTOKEN"] = client.cookies["csrftoken"].value
    assert client.get(ME).status_code == 200
    assert client.post("/api/auth/logout/").status_code == 204
    assert client.get(ME).status_code == 401


def test_a_session_without_the_csrf_token_changes_nothing_under_api(alice: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.post("/login", {"username": "alice", "password": PASSWORD})
    assert client.get(ME).status_code == 200
    for answer in (client.delete(ME), client.post("/api/auth/logout/"), client.post("/api/auth/ws-ticket/")):
        assert answer.status_code == 403
        assert "CSRF" in answer.json()["detail"]


def test_no_foreign_page_signs_a_browser_in(alice: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    answer = client.post("/api/auth/login/", {"username": "alice", "password": PASSWORD, "session": True})
    assert answer.status_code == 403
    assert "sessionid" not in answer.cookies


def test_a_changed_password_ends_the_other_devices_and_keeps_this_one(alice: User) -> None:
    here, there = login()["token"], login()["token"]
    session = APIClient()
    session.post("/login", {"username": "alice", "password": PASSWORD})
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert with_token(here).post("/api/auth/password/", body).status_code == 204
    assert [with_token(text).get(ME).status_code for text in (here, there)] == [200, 401]
    assert session.get(ME).status_code == 401
    assert APIClient().post("/login", {"username": "alice", "password": NEW}).status_code == 200


def test_a_password_changed_by_session_keeps_the_session(alice: User) -> None:
    client = APIClient()
    client.post("/login", {"username": "alice", "password": PASSWORD})
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert client.post("/api/auth/password/", body).status_code == 204
    assert client.get(ME).status_code == 200


def test_a_token_client_that_changes_its_password_gets_no_session(signed_in: APIClient) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert not signed_in.post("/api/auth/password/", body).cookies


@pytest.mark.parametrize("new", ["short", "12345678901", "alice@example.org"])
def test_a_changed_password_must_pass_the_validators(signed_in: APIClient, new: str) -> None:
    answer = signed_in.post("/api/auth/password/", {"current_password": PASSWORD, "new_password": new})
    assert answer.status_code == 400
    assert "password" in answer.json()["detail"].lower()


def test_me_changes_email_and_question_by_password(signed_in: APIClient, alice: User) -> None:
    body = {"current_password": PASSWORD, "email": "new@example.org"}
    assert signed_in.patch(ME, body).json()["email"] == "new@example.org"
    answer = signed_in.patch(
        ME, {"current_password": PASSWORD, "security_question": "Town?", "security_answer": "Zürich"}
    )
    assert answer.json()["security_question"] == "Town?"
    reset = {"username": "alice", "security_answer": "ZÜRICH", "new_password": NEW}
    assert APIClient().post("/api/auth/password/reset/", reset).status_code == 204


def test_me_changes_nothing_by_a_wrong_password(signed_in: APIClient, alice: User) -> None:
    answer = signed_in.patch(ME, {"current_password": "wrong", "email": "new@example.org", "security_question": ""})
    assert (answer.status_code, answer.json()) == (400, {"detail": "The current password is wrong."})
    alice.refresh_from_db()
    assert (alice.email, alice.security_question) == ("alice@example.org", "Animal?")


def test_me_takes_the_question_away_and_then_no_answer_resets(signed_in: APIClient) -> None:
    body = {"current_password": PASSWORD, "security_question": "", "security_answer": ""}
    assert signed_in.patch(ME, body).json()["security_question"] == ""
    for text in (ANSWER, ""):
        reset = {"username": "alice", "security_answer": text, "new_password": NEW}
        assert APIClient().post("/api/auth/password/reset/", reset).status_code in {400, 401}


def test_a_question_refused_leaves_the_email_as_it_was(signed_in: APIClient, alice: User) -> None:
    body = {"current_password": PASSWORD, "email": "new@example.org", "security_question": "Town?"}
    assert signed_in.patch(ME, body).status_code == 400
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_me_is_deleted_with_its_devices_and_sessions(signed_in: APIClient, alice: User) -> None:
    session = APIClient()
    session.post("/login", {"username": "alice", "password": PASSWORD})
    assert signed_in.delete(ME).status_code == 204
    assert signed_in.get(ME).status_code == session.get(ME).status_code == 401
    assert not AuthToken.objects.exists()
    services.register(username="alice", password=PASSWORD)
    assert session.get(ME).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ME),
        ("PATCH", ME),
        ("DELETE", ME),
        ("POST", "/api/auth/logout/"),
        ("POST", "/api/auth/password/"),
        ("GET", "/api/auth/devices/"),
        ("DELETE", "/api/auth/devices/00000000-0000-4000-8000-000000000000/"),
        ("POST", "/api/auth/ws-ticket/"),
    ],
)
@pytest.mark.django_db
def test_what_is_ones_own_asks_for_a_sign_in(client: APIClient, method: str, path: str) -> None:
    answer = client.generic(method, path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"


def test_a_call_with_a_token_costs_one_query_for_it(
    signed_in: APIClient, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(1):
        signed_in.get(ME)
