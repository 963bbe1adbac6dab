"""Forms of pages in another charset than UTF-8."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.drift_site.test_parsers import CHARSETS, FORM, PARTS, bodies
from tests.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db
PAGES = (
    "/account/sign-in/",
    "/account/register/",
    "/account/forgotten/",
    "/account/forgotten/mail/",
    "/account/reset/MQ/set-password/",
    "/account/sign-out/",
    "/account/password/",
    "/races/new/",
    "/admin/login/",
    "/admin/accounts/user/add/",
)
HTML = {"Accept": "text/html"}
# Django takes what Python has no codec for as no charset at all.
FOREIGN = [charset for charset in CHARSETS if charset != "nonsense"]


@pytest.fixture
def browser() -> Client:
    """A browser that has been here, so that the token of its forms is looked for in them."""
    made = Client(enforce_csrf_checks=True, raise_request_exception=False)
    made.get("/account/sign-in/")
    return made


def send(browser: Client, path: str, body: bytes, kind: str, headers: dict[str, str] | None = None) -> Any:
    # Not by `post`, which puts a body into the charset that it is said to have.
    return browser.generic("POST", path, body, kind, headers=headers)


def filled(browser: Client, kind: str) -> bytes:
    token = browser.cookies["csrftoken"].value
    return bodies({"csrfmiddlewaretoken": token, "username": "ann", "password": PASSWORD})[kind]


@pytest.mark.parametrize("charset", FOREIGN)
@pytest.mark.parametrize("kind", [FORM, PARTS])
@pytest.mark.parametrize("path", PAGES)
def test_a_form_in_another_charset_is_refused_in_words(browser: Client, path: str, kind: str, charset: str) -> None:
    answer = send(browser, path, filled(browser, kind), f"{kind}; charset={charset}", headers=HTML)
    assert answer.status_code == 400
    assert "This cannot be read" in answer.text
    assert answer["Content-Security-Policy"]
    told = send(browser, path, filled(browser, kind), f"{kind}; charset={charset}")
    assert (told.status_code, list(told.json())) == (400, ["detail"])


@pytest.mark.parametrize("kind", [FORM, PARTS])
def test_a_broken_form_in_another_charset_is_refused_in_words_too(browser: Client, kind: str) -> None:
    kind = kind.partition(";")[0]  # without the boundary of its parts
    answer = send(browser, "/account/sign-in/", b"\xff", f"{kind}; charset=idna", headers=HTML)
    assert (answer.status_code, "This cannot be read" in answer.text) == (400, True)


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", "Utf_8", "u8", '"utf-8"', "nonsense"])
@pytest.mark.parametrize("kind", [FORM, PARTS])
def test_utf_8_has_many_spellings(browser: Client, kind: str, charset: str) -> None:
    make_user("ann")
    answer = send(browser, "/account/sign-in/", filled(browser, kind), f"{kind}; charset={charset}", headers=HTML)
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("charset", FOREIGN)
def test_what_is_at_no_address_or_host_is_answered_as_ever(browser: Client, charset: str) -> None:
    for kind in (FORM, PARTS):
        answer = send(browser, "/nothing", filled(browser, kind), f"{kind}; charset={charset}", headers=HTML)
        assert (answer.status_code, "There is nothing here" in answer.text) == (404, True)
        wrong = {**HTML, "Host": "a b"}
        answer = send(browser, "/account/sign-in/", filled(browser, kind), f"{kind}; charset={charset}", headers=wrong)
        assert (answer.status_code, "This cannot be read" in answer.text) == (400, True)


def test_a_page_that_is_asked_for_is_shown_whatever_charset_is_named(browser: Client) -> None:
    answer = browser.get("/account/sign-in/", headers={**HTML, "Content-Type": "text/plain; charset=latin-1"})
    assert answer.status_code == 200


def test_a_form_still_needs_its_token(browser: Client) -> None:
    for kind in (FORM, PARTS):
        answer = send(browser, "/account/sign-in/", bodies({"username": "a"})[kind], kind, headers=HTML)
        assert (answer.status_code, "This form is too old" in answer.text) == (403, True)


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=\xff"])
def test_a_form_that_cannot_be_read_at_all_does_not_keep_an_error_from_being_told(browser: Client, kind: str) -> None:
    for path, host, status in (("/nothing", "drift.lan", 404), ("/account/sign-in/", "a b", 400)):
        answer = send(browser, path, b"x", kind, {**HTML, "Host": host})
        assert (answer.status_code, "<h1>" in answer.text) == (status, True)


def test_a_form_that_is_too_large_is_a_413_for_people_too(browser: Client) -> None:
    answer = send(browser, "/account/sign-in/", b"a" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1), FORM, HTML)
    assert (answer.status_code, "This cannot be read" in answer.text) == (413, True)
