"""Whatever is sent to an account call is answered in words with a 4xx, never with a 500."""

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

POSTS = (
    "/create_user",
    "/login",
    "/reset_password",
    "/api/auth/register/",
    "/api/auth/login/",
    "/api/auth/password/reset/",
    "/api/auth/password/reset/mail/",
    "/api/auth/password/reset/link/",
)
SIGNED_IN = ("/api/auth/me/", "/api/auth/password/", "/api/auth/logout/", "/api/auth/ws-ticket/", "/api/auth/devices/")
FIELDS = (
    "username", "password", "security_question", "security_answer", "new_password", "current_password", "email",
    "uid", "token", "device", "session",
)  # fmt: skip
HUGE = "x" * 200_000
VALUES: tuple[Any, ...] = (
    None, 7, True, [], {}, ["a"], {"a": 1}, "", "   ", HUGE, "a\0b", "\ud800", "' OR 1=1 --", "a\r\nSet-Cookie: x=1",
    "\u202e\u200b", 10**400,
)  # fmt: skip


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture(autouse=True)
def _no_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.throttles.ScopedThrottle.count", lambda *_: True)


def said(answer: Any) -> bool:
    """Tell whether the answer is a 4xx in the form that is promised."""
    body = answer.json()
    return 400 <= answer.status_code < 500 and isinstance(body, dict) and bool(body)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("path", POSTS)
@pytest.mark.django_db
def test_a_wrong_value_in_every_field(client: Client, path: str, value: object) -> None:
    answer = client.post(path, json.dumps(dict.fromkeys(FIELDS, value)), "application/json")
    assert said(answer), answer.content
    if not path.startswith("/api/"):
        assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"7", b'"text"', b"[{}]", b"\xff\xfe", b"{'a': 1}", b"NaN",
        b'{"username": NaN}', b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000,
    ],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
@pytest.mark.parametrize("path", POSTS)
@pytest.mark.django_db
def test_a_malformed_body(client: Client, path: str, body: bytes) -> None:
    assert said(client.post(path, body, "application/json"))


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
@pytest.mark.parametrize("path", POSTS)
@pytest.mark.django_db
def test_a_body_past_the_limit(client: Client, path: str, kind: str) -> None:
    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    filler = b"a" * size
    body = {
        "application/json": b'{"username": "' + filler + b'"}',
        "application/x-www-form-urlencoded": b"username=" + filler,
    }.get(kind, b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n' + filler + b"\r\n--x--\r\n")
    answer = client.post(path, body, kind)
    assert said(answer)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.django_db
def test_too_many_form_fields(client: Client, path: str) -> None:
    assert said(client.post(path, "a=1&" * 2000, "application/x-www-form-urlencoded"))


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "nonsense", "application/json; charset=nonsense", ""]
)
@pytest.mark.parametrize("path", POSTS)
@pytest.mark.django_db
def test_another_content_type(client: Client, path: str, kind: str) -> None:
    assert said(client.generic("POST", path, b"<a/>", kind))


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "TRACE"])
@pytest.mark.parametrize("path", POSTS)
@pytest.mark.django_db
def test_another_method(client: Client, path: str, method: str) -> None:
    answer = client.generic(method, path)
    assert said(answer)
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "header",
    [
        "Token",
        "Token ",
        "Token a b",
        "Token nonsense",
        "Token \xe9",
        "Token \0",
        "Bearer x",
        "Token " + HUGE,
        "token" * 9,
    ],
    ids=lambda header: header[:12],
)
@pytest.mark.parametrize("path", SIGNED_IN)
@pytest.mark.django_db
def test_a_wrong_token_is_a_401(client: Client, path: str, header: str) -> None:
    method = "GET" if path.endswith(("me/", "devices/")) else "POST"
    answer = client.generic(method, path, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize(
    "query", ["", "?username=", "?username=%00", "?username=%ff", "?username=" + "x" * 5000, "?user=a"]
)
@pytest.mark.django_db
def test_delete_user_with_a_wrong_name(client: Client, query: str) -> None:
    assert said(client.delete(f"/delete_user{query}"))


@pytest.mark.parametrize("path", ["/api/nothing/", "/api/auth/devices/7/", "/nothing", "/login/x"])
@pytest.mark.django_db
def test_an_unknown_address_is_a_404_in_words(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, list(answer.json())) == (404, ["detail"])


@pytest.mark.django_db
def test_a_person_gets_a_page_for_an_unknown_address(client: Client) -> None:
    answer = client.get("/nothing", headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.django_db
def test_a_wrong_host_is_a_400_in_words(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["drift.example.org"]
    answer = client.post("/login", "{}", "application/json", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()) == (400, {"detail": "The request is malformed."})
