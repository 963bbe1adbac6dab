"""The way into the admin leads over the site's own pages, where tries are counted."""

from urllib.parse import quote

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import AsyncClient, Client

from accounts.models import AuthToken, User
from tests.people import PASSWORD, leave_the_database, make_user

pytestmark = pytest.mark.django_db
HTML = {"Accept": "text/html"}
SIGN_IN = "/account/sign-in/"


@pytest.fixture
def browser(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT"] = "text/html"
    return client


def signed_in(browser: Client, name: str, *, staff: bool) -> User:
    user = make_user(name, staff=staff)
    browser.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return user


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/accounts/user/?q=a%26b&o=1"])
def test_staff_sign_in_and_arrive_where_they_wanted_to_go(browser: Client, path: str) -> None:
    make_user("chief", staff=True)
    asked = browser.get(path, follow=True)
    last, _ = asked.redirect_chain[-1]
    assert last.startswith(SIGN_IN)
    assert "<h1>Sign in</h1>" in asked.text
    given = asked.context["next"]
    answer = browser.post(last, {"username": "chief", "password": PASSWORD, "next": given}, follow=True)
    assert answer.redirect_chain == [(path, 302)]
    assert answer.status_code == 200


def test_who_opens_the_sign_in_of_the_admin_itself_arrives_in_the_admin(browser: Client) -> None:
    assert browser.get("/admin/login/")["Location"] == f"{SIGN_IN}?next=/admin/"
    signed_in(browser, "chief", staff=True)
    assert browser.get("/admin/login/")["Location"] == "/admin/"
    assert browser.get("/admin/login/?next=/admin/races/race/")["Location"] == "/admin/races/race/"


@pytest.mark.parametrize(
    "foreign", ["//evil.example/", "https://evil.example/", "javascript:x", "/\\evil.example", "\0"]
)
def test_it_leads_to_this_server_only(browser: Client, foreign: str) -> None:
    assert browser.get(f"/admin/login/?next={quote(foreign)}")["Location"] == f"{SIGN_IN}?next=/admin/"
    signed_in(browser, "chief", staff=True)
    assert browser.get(f"/admin/login/?next={quote(foreign)}")["Location"] == "/admin/"


def test_somebody_who_is_not_staff_is_told_so(browser: Client) -> None:
    signed_in(browser, "<ann>", staff=False)
    answer = browser.get("/admin/races/race/", follow=True)
    assert answer.redirect_chain == [("/admin/login/?next=/admin/races/race/", 302)]
    assert answer.status_code == 403
    assert "The admin is for staff, and &lt;ann&gt; is not. Sign out, then sign in as staff." in answer.text
    assert 'action="/account/sign-out/"' in answer.text


def test_no_password_is_tried_there(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_user("chief", staff=True)
    monkeypatch.setattr(MD5PasswordHasher, "encode", None)
    answer = browser.post("/admin/login/", {"username": "chief", "password": PASSWORD, "next": "/admin/"})
    assert (answer.status_code, answer["Location"]) == (302, f"{SIGN_IN}?next=/admin/")
    assert "_auth_user_id" not in browser.session


def test_staff_change_their_password_where_its_devices_end_with_it(browser: Client) -> None:
    chief = signed_in(browser, "chief", staff=True)
    AuthToken.objects.create(user=chief, device="headset")
    asked = browser.get("/admin/password_change/", follow=True)
    assert asked.redirect_chain == [("/account/password/", 302)]
    browser.post("/account/password/", {"current_password": PASSWORD, "new_password": "another horse 8"})
    assert not AuthToken.objects.exists()
    body = {"old_password": "another horse 8", "new_password1": "third horse 7", "new_password2": "third horse 7"}
    assert browser.post("/admin/password_change/", body)["Location"] == "/account/password/"
    chief.refresh_from_db()
    assert chief.check_password("another horse 8")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SIGN_IN, {"password": "wrong"}),
        ("/account/forgotten/", {"security_answer": "wrong", "new_password": "another horse 8"}),
    ],
)
@pytest.mark.django_db(transaction=True)
async def test_a_lockout_is_told_on_the_page_as_the_server_runs_it(path: str, body: dict[str, str]) -> None:
    # Under ASGI, where the middleware of django-axes fails over it.
    browser = AsyncClient(raise_request_exception=False)
    for _ in range(6):
        answer = await browser.post(path, {"username": "ann", **body}, headers=HTML)
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    assert "Too many wrong tries. Try again in 15 minutes." in answer.content.decode()
    await leave_the_database()
