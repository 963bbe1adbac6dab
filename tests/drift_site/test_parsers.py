"""Bodies of REST calls are UTF-8, whatever their Content-Type says of them."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db
JSON, FORM, PARTS = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
# Codecs of Python's, of characters or of bytes, some of which refuse to read over errors; and what it knows nothing of.
CHARSETS = (
    "punycode", "idna", "undefined", "utf-16", "utf-7", "hex", "bz2_codec", "rot13", "unicode_escape", "latin-1",
    "utf-8-sig", "nonsense",
)  # fmt: skip


def parts(body: dict[str, str]) -> bytes:
    fields = (f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in body.items())
    return "".join([*fields, "--x--\r\n"]).encode()


def bodies(body: dict[str, str]) -> dict[str, bytes]:
    """Give a body in UTF-8 for each kind that the calls take."""
    plain = "&".join(f"{name}={text}" for name, text in body.items()).encode()
    return {JSON: json.dumps(body, ensure_ascii=False).encode(), FORM: plain, PARTS: parts(body)}


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("kind", [JSON, FORM, PARTS])
def test_a_body_is_read_as_utf_8_whatever_charset_it_names(kind: str, charset: str) -> None:
    make_user("Zoë")
    body = bodies({"username": "Zoë", "password": PASSWORD})[kind]
    answer = Client(raise_request_exception=False).generic("POST", "/login", body, f"{kind}; charset={charset}")
    assert (answer.status_code, answer.json()["status"]) == (200, "success")


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("kind", [JSON, FORM, PARTS])
def test_bytes_that_are_no_utf_8_are_refused_or_a_wrong_name(kind: str, charset: str) -> None:
    body = bodies({"username": "Zoë", "password": "x"})[kind].replace("ë".encode(), b"\xeb")
    answer = Client(raise_request_exception=False).generic("POST", "/login", body, f"{kind}; charset={charset}")
    assert (answer.status_code, list(answer.json())) == (400 if kind == JSON else 401, ["detail"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/races/", {"stream_format": ["\ud800"]}),
        ("/api/tracks/", {"name": "a", "drift_map": "b", "gates": [], "start_mode": "\ud800"}),
    ],
)
@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-32"])
def test_half_of_a_character_does_not_hide_behind_a_charset(path: str, body: dict[str, Any], charset: str) -> None:
    visitor = Client(raise_request_exception=False)
    visitor.force_login(make_user("ann"), "django.contrib.auth.backends.ModelBackend")
    for encoded, kind in ((json.dumps(body).encode(charset), f"{JSON}; charset={charset}"), (json.dumps(body), JSON)):
        answer = visitor.generic("POST", path, encoded, kind)
        assert (answer.status_code, list(answer.json())) == (400, ["detail"])


@pytest.mark.parametrize("kind", [FORM, PARTS])
def test_so_is_the_csrf_token_of_a_form(kind: str) -> None:
    make_user("ann")
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.get("/account/sign-in/")
    token = browser.cookies["csrftoken"].value
    body = {"username": "ann", "password": PASSWORD, "session": "true", "csrfmiddlewaretoken": token}
    answer = browser.generic("POST", "/api/auth/login/", bodies(body)[kind], f"{kind}; charset=punycode")
    assert (answer.status_code, answer.json()["user"]["username"]) == (200, "ann")
