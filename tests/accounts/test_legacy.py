"""The original's account calls, row by row of the table in the design."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from tests.accounts.conftest import ANSWER, PASSWORD

NEW = "another horse 8"


@pytest.mark.django_db
def test_create_user_gives_success_and_the_user_can_sign_in(client: APIClient) -> None:
    body = {"username": "bob", "password": PASSWORD, "security_question": "Animal?", "security_answer": "Owl"}
    answer = client.post("/create_user", body)
    assert answer.status_code == 200
    assert answer.json() == {"status": "success", "message": "User created."}
    assert client.post("/login", {"username": "bob", "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("name", ["alice", "ALICE", " alice ", "ａｌｉｃｅ"])
def test_create_user_with_a_taken_name_in_any_spelling_is_a_conflict(client: APIClient, alice: User, name: str) -> None:
    body = {"username": name, "password": PASSWORD, "security_question": "?", "security_answer": "x"}
    answer = client.post("/create_user", body)
    assert (answer.status_code, answer.json()) == (409, {"detail": "This username is taken."})


@pytest.mark.parametrize("password", ["short", "12345678901", "password123", "zebrafish-bob"])
@pytest.mark.django_db
def test_create_user_with_a_weak_password_is_refused_in_words(client: APIClient, password: str) -> None:
    body = {
        "username": "zebrafish-bobby",
        "password": password,
        "security_question": "?",
        "security_answer": "x",
    }
    answer = client.post("/create_user", body)
    assert answer.status_code == 400
    assert "password" in answer.json()["detail"].lower()
    assert not User.objects.exists()


def test_login_gives_user_id_token_and_session_cookie(client: APIClient, alice: User) -> None:
    answer = client.post("/login", {"username": "Alice", "password": PASSWORD})
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["status", "message", "user_id", "token"]
    assert (body["status"], body["user_id"]) == ("success", alice.pk)
    cookie = answer.cookies["sessionid"]
    assert cookie["samesite"] == "Lax"
    assert cookie["httponly"]
    by_token = APIClient(HTTP_AUTHORIZATION=f"Token {body['token']}")
    assert by_token.get("/api/auth/me/").json()["username"] == "alice"


def test_login_takes_a_form_body_as_well(alice: User) -> None:
    assert Client().post("/login", {"username": "alice", "password": PASSWORD}).status_code == 200


def test_reset_password_ignores_case_and_outer_blanks_of_the_answer(client: APIClient, alice: User) -> None:
    body = {"username": "alice", "security_answer": f"  {ANSWER.upper()} ", "new_password": NEW}
    answer = client.post("/reset_password", body)
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "message": "Password changed."})
    assert client.post("/login", {"username": "alice", "password": PASSWORD}).status_code == 401
    assert client.post("/login", {"username": "alice", "password": NEW}).status_code == 200


def test_reset_password_ends_every_session_and_token(signed_in: APIClient, client: APIClient) -> None:
    client.post("/login", {"username": "alice", "password": PASSWORD})
    assert client.get("/api/auth/me/").status_code == 200
    APIClient().post("/reset_password", {"username": "alice", "security_answer": ANSWER, "new_password": NEW})
    assert client.get("/api/auth/me/").status_code == 401
    assert signed_in.get("/api/auth/me/").status_code == 401


def test_reset_password_to_a_weak_one_is_refused_before_the_answer_counts(client: APIClient, alice: User) -> None:
    right = client.post("/reset_password", {"username": "alice", "security_answer": ANSWER, "new_password": "12"})
    wrong = client.post("/reset_password", {"username": "nobody", "security_answer": "x", "new_password": "12"})
    assert right.status_code == wrong.status_code == 400
    assert right.json() == wrong.json()


def test_delete_user_by_the_session_cookie_alone_without_a_csrf_token(alice: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.post("/login", {"username": "alice", "password": PASSWORD})
    answer = client.delete("/delete_user?username=alice")
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "message": "User deleted."})
    assert not User.objects.exists()


def test_delete_user_by_token(signed_in: APIClient) -> None:
    assert signed_in.delete("/delete_user?username=ALICE").status_code == 200
    assert not User.objects.exists()


def test_delete_user_asks_for_a_sign_in(client: APIClient, alice: User) -> None:
    answer = client.delete("/delete_user?username=alice")
    assert (answer.status_code, answer.json()) == (401, {"detail": "Sign in first."})


def test_delete_user_of_another_looks_the_same_whether_they_exist_or_not(
    signed_in: APIClient, make_user: Callable[..., User]
) -> None:
    make_user("bob")
    bob, nobody = (signed_in.delete(f"/delete_user?username={name}") for name in ("bob", "nobody"))
    assert bob.status_code == nobody.status_code == 403
    assert bob.json() == nobody.json()


def test_staff_delete_others_but_no_administrator(make_user: Callable[..., User]) -> None:
    staff, _bob, root = make_user("staff"), make_user("bob"), make_user("root")
    User.objects.filter(pk=staff.pk).update(is_staff=True)
    User.objects.filter(pk=root.pk).update(is_staff=True, is_superuser=True)
    client = APIClient()
    client.post("/login", {"username": "staff", "password": PASSWORD})
    assert client.delete("/delete_user?username=bob").status_code == 200
    assert client.delete("/delete_user?username=nobody").status_code == 404
    assert client.delete("/delete_user?username=root").status_code == 403
    assert set(User.objects.values_list("username", flat=True)) == {"staff", "root"}


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example", "nonsense", "http://["]
)
def test_a_foreign_origin_is_refused(alice: User, origin: str) -> None:
    client = APIClient()
    client.post("/login", {"username": "alice", "password": PASSWORD})
    assert client.delete("/delete_user?username=alice", headers={"Origin": origin}).status_code == 403
    body = {"username": "alice", "password": PASSWORD}
    assert client.post("/login", body, headers={"Origin": origin}).status_code == 403
    assert User.objects.exists()


@pytest.mark.parametrize("origin", ["http://testserver", "http://testserver:80", "https://a.friend.example"])
def test_the_own_and_a_trusted_origin_pass(alice: User, origin: str, settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.friend.example"]
    client = APIClient()
    client.post("/login", {"username": "alice", "password": PASSWORD})
    assert client.delete("/delete_user?username=alice", headers={"Origin": origin}).status_code == 200
