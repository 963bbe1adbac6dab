"""The headers of every page."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from races import services
from tests.people import make_user

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html"}
PAGES = [
    "/", "/races.json", "/races/{race}/", "/races/{race}/TelemetryConfiguration.json", "/races/new/", "/nothing",
    "/account/", "/account/password/", "/account/delete/", "/admin/", "/api/docs/", "/api/docs/?script=", "/api/races/",
    "/list_races", "/account/reset/MQ/x-y/", "/account/reset/done/",
]  # fmt: skip
VISITORS = [
    "/",
    "/account/sign-in/",
    "/account/register/",
    "/account/forgotten/",
    "/account/forgotten/mail/",
    "/admin/login/",
]


@pytest.fixture
def asked(client: Client) -> Client:
    client.raise_request_exception = False
    return client


def directives(policy: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in policy.split(";"))}


def check(client: Client, path: str) -> None:
    answer = client.get(path, headers={**HTML, "host": "drift.lan:8000"})
    policy = directives(answer["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"], path
    assert policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["style-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'", "ws://drift.lan:8000", "wss://drift.lan:8000"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    nonces = re.findall(r'nonce="([^"]+)"', answer.content.decode())
    assert policy["script-src"] == ["'self'", *(f"'nonce-{nonce}'" for nonce in nonces)]
    assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    if "text/html" in answer["Content-Type"] and "/admin/" not in path:
        page = answer.content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", page)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_policy_and_keeps_to_it(asked: Client, path: str) -> None:
    user = make_user("ann", staff=True)
    asked.force_login(user, "django.contrib.auth.backends.ModelBackend")
    check(asked, path.format(race=services.create_race(creator=user).pk))


@pytest.mark.parametrize("path", VISITORS)
def test_so_has_every_page_of_a_visitor(asked: Client, path: str) -> None:
    check(asked, path)


def test_every_page_has_a_nonce_of_its_own(client: Client) -> None:
    nonces = {re.findall(r'nonce="([^"]+)"', client.get("/").content.decode())[0] for _ in range(3)}
    assert len(nonces) == 3


def test_a_host_that_is_not_ours_gets_no_word_of_it_into_the_policy(asked: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["drift.lan"]
    answer = asked.get("/", headers={**HTML, "host": "evil.example"})
    assert answer.status_code == 400
    assert directives(answer["Content-Security-Policy"])["connect-src"] == ["'self'"]


def test_a_form_without_its_token_is_refused_in_words() -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/account/sign-in/", {"username": "a", "password": "b"}, headers=HTML)
    assert answer.status_code == 403
    assert "This form is too old" in answer.content.decode()
    assert directives(answer["Content-Security-Policy"])["default-src"] == ["'none'"]
