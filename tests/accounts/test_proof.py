"""Guessing: unknown names are answered like known ones, and too many wrong tries lock the name for the address."""

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from rest_framework.test import APIClient

from accounts import services
from accounts.models import User
from tests.accounts.conftest import ANSWER, PASSWORD

SIGN_INS = ("/login", "/api/auth/login/")
RESETS = ("/reset_password", "/api/auth/password/reset/")
LIMIT = settings.AXES_FAILURE_LIMIT


def wrong(path: str, name: str) -> dict[str, str]:
    if path in SIGN_INS:
        return {"username": name, "password": "wrong horse 9"}
    return {"username": name, "security_answer": "wrong", "new_password": "another horse 8"}


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collects what is hashed: each hash is what takes the time."""
    done: list[str] = []
    real = MD5PasswordHasher.encode

    def encode(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        done.append(password)
        return real(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    return done


@pytest.mark.parametrize("path", [*SIGN_INS, *RESETS])
def test_known_unknown_and_questionless_names_are_answered_alike_for_the_same_work(
    make_user: Callable[..., User], hashes: list[str], path: str
) -> None:
    make_user("alice")
    make_user("quiet", security_question="", security_answer="")
    User.objects.filter(pk=make_user("gone").pk).update(is_active=False)
    seen = set()
    for name in ("alice", "quiet", "gone", "nobody"):
        hashes.clear()
        answer = APIClient().post(path, wrong(path, name))
        seen.add((answer.status_code, answer.content, answer.headers["WWW-Authenticate"], len(hashes)))
    assert len(seen) == 1
    status, _body, _scheme, work = seen.pop()
    assert (status, work) == (401, 1)


@pytest.mark.parametrize("name", ["alice", "nobody"])
@pytest.mark.parametrize("path", [*SIGN_INS, *RESETS])
def test_too_many_wrong_tries_lock_known_and_unknown_names_alike(alice: User, path: str, name: str) -> None:
    client = APIClient()
    statuses = [client.post(path, wrong(path, name)).status_code for _ in range(LIMIT + 1)]
    assert statuses == [401] * (LIMIT - 1) + [429, 429]
    answer = client.post(path, wrong(path, name))
    assert answer.json() == {"detail": "Too many wrong tries. Try again in 15 minutes."}
    assert answer.headers["Retry-After"] == "900"


@pytest.mark.parametrize("path", SIGN_INS)
def test_a_locked_name_is_refused_its_right_password_from_that_address_only(alice: User, path: str) -> None:
    right = {"username": "alice", "password": PASSWORD}
    for _ in range(LIMIT):
        APIClient().post(path, wrong(path, "alice"))
    assert APIClient().post(path, right).status_code == 429
    assert APIClient(REMOTE_ADDR="10.1.2.3").post(path, right).status_code == 200


def test_other_spellings_and_programs_of_a_name_count_together(alice: User) -> None:
    for spelling in ("alice", "ALICE", " Alice ", "ａlice", "aLiCe")[:LIMIT]:
        APIClient(HTTP_USER_AGENT=spelling.encode().hex()).post("/login", wrong("/login", spelling))
    assert APIClient().post("/login", {"username": "alice", "password": PASSWORD}).status_code == 429


def test_wrong_answers_and_wrong_passwords_count_together(alice: User) -> None:
    client = APIClient()
    for path in ("/login", "/reset_password", "/api/auth/login/", "/api/auth/password/reset/", "/login"):
        client.post(path, wrong(path, "alice"))
    body = {"username": "alice", "security_answer": ANSWER, "new_password": "another horse 8"}
    assert client.post("/reset_password", body).status_code == 429


def test_neighbours_in_one_ipv6_network_count_together(alice: User) -> None:
    for host in range(LIMIT):
        APIClient(REMOTE_ADDR=f"2001:db8::{host + 1:x}").post("/login", wrong("/login", "alice"))
    right = {"username": "alice", "password": PASSWORD}
    assert APIClient(REMOTE_ADDR="2001:db8::ffff").post("/login", right).status_code == 429
    assert APIClient(REMOTE_ADDR="2001:db8:0:1::1").post("/login", right).status_code == 200


def test_a_forwarded_address_counts_only_behind_a_proxy(alice: User, settings: Any) -> None:
    for number in range(LIMIT):
        APIClient(HTTP_X_FORWARDED_FOR=f"10.0.0.{number}").post("/login", wrong("/login", "alice"))
    right = {"username": "alice", "password": PASSWORD}
    spoofed = APIClient(HTTP_X_FORWARDED_FOR="10.0.0.99")
    assert spoofed.post("/login", right).status_code == 429
    settings.DRIFT_PROXIES = 1
    assert spoofed.post("/login", right).status_code == 200


def test_signing_in_forgets_the_wrong_tries(alice: User) -> None:
    for _ in range(LIMIT - 1):
        APIClient().post("/login", wrong("/login", "alice"))
    for path in SIGN_INS:
        assert APIClient().post(path, {"username": "ALICE", "password": PASSWORD}).status_code == 200
        assert not AccessAttempt.objects.exists()


def test_unlock_lets_the_user_in_again(alice: User) -> None:
    for _ in range(LIMIT):
        APIClient().post("/login", wrong("/login", "alice"))
    assert services.unlock(user=alice) == 1
    assert APIClient().post("/login", {"username": "alice", "password": PASSWORD}).status_code == 200


def test_no_password_or_answer_is_kept_with_the_wrong_tries(alice: User) -> None:
    form = "application/x-www-form-urlencoded"
    APIClient().post("/login", "username=alice&password=hidden-1", content_type=form)
    APIClient().post(
        "/reset_password", "username=alice&security_answer=hidden-2&new_password=hidden-3x", content_type=form
    )
    (attempt,) = AccessAttempt.objects.all()
    assert attempt.failures_since_start == 2
    assert "hidden" not in attempt.post_data + attempt.get_data


def test_the_current_password_cannot_be_guessed_by_a_borrowed_session(signed_in: APIClient) -> None:
    body = {"current_password": "wrong", "new_password": "another horse 8"}
    statuses = [signed_in.post("/api/auth/password/", body).status_code for _ in range(LIMIT)]
    assert statuses == [400] * (LIMIT - 1) + [429]
