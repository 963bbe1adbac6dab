"""The pages of accounts, without scripts."""

import re
from uuid import uuid4

import pytest
from django.core import mail
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from pytest_django import Settings

from accounts import resets
from accounts.models import AuthToken, User
from accounts.services import register
from accounts.throttles import ScopedThrottle
from races import services
from tests.people import PASSWORD, let_in, make_race, make_user

pytestmark = pytest.mark.django_db
NEW = "another horse 8"
HTML = {"Accept": "text/html"}


@pytest.fixture
def ann() -> User:
    return register(
        username="ann",
        password=PASSWORD,
        security_question="First drone?",
        security_answer="Tiny Whoop",
        email="a@b.org",
    )


@pytest.fixture
def browser(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT"] = "text/html"
    return client


@pytest.fixture
def signed_in(browser: Client, ann: User) -> Client:
    browser.force_login(ann, "django.contrib.auth.backends.ModelBackend")
    return browser


def errors(answer: HttpResponseBase) -> list[str]:
    assert isinstance(answer, HttpResponse)
    page = answer.content.decode()
    beside = re.findall(r'<ul class="errorlist" id="id_(\w+)_error"><li>(.*?)</li>', page)
    above = re.findall(r'<div class="refusal" role="alert"><p>(.*?)</p>', page)
    for name, _ in beside:
        field = re.search(rf'<input[^>]* id="id_{name}"[^>]*>', page)
        assert field
        assert f"id_{name}_error" in field[0]
        assert 'aria-invalid="true"' in field[0]
    assert not (beside or above) or "<title>Error: " in page
    return [f"{name}: {text}" for name, text in beside] + above


def who(client: Client) -> str | None:
    found = re.search(r"Account of </span>([^<]*)<", client.get("/").content.decode())
    return found[1] if found else None


def test_somebody_registers_and_is_signed_in_at_once(browser: Client) -> None:
    body = {"username": "zoe", "password": PASSWORD, "security_question": "Q?", "security_answer": "a", "email": ""}
    answer = browser.post("/account/register/?next=/races/new/", body | {"next": "/races/new/"})
    assert (answer.status_code, answer["Location"]) == (302, "/races/new/")
    assert who(browser) == "zoe"
    assert User.objects.get().security_question == "Q?"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"username": "ANN"}, "username: This username is taken."),
        ({"username": ""}, "username: This field is required."),
        ({"username": "a\u200bb"}, "username: A username must not contain invisible characters."),
        ({"password": "Qx7#b"}, "password: This password is too short. It must contain at least 8 characters."),
        ({"security_answer": ""}, "security_answer: A security question needs an answer, and an answer its question."),
        ({"email": "x"}, "email: Enter a valid email address."),
    ],
)
def test_what_will_not_do_is_said_beside_its_field(
    browser: Client, ann: User, body: dict[str, str], wrong: str
) -> None:
    good = {"username": "zoe", "password": PASSWORD, "security_question": "Q?", "security_answer": "a", "email": ""}
    assert wrong in errors(browser.post("/account/register/", good | body))
    assert User.objects.count() == 1


def test_a_wrong_password_and_an_unknown_name_look_alike_and_end_in_a_lockout(browser: Client, ann: User) -> None:
    for name in ("ann", "nobody"):
        answer = browser.post("/account/sign-in/", {"username": name, "password": "wrong"})
        assert (answer.status_code, errors(answer)) == (200, ["Wrong username or password."])
    for _ in range(5):
        answer = browser.post("/account/sign-in/", {"username": "Ann", "password": "wrong"})
    assert answer.status_code == 429
    assert answer["Retry-After"] == "900"
    assert errors(answer) == ["Too many wrong tries. Try again in 15 minutes."]
    answer = browser.post("/account/sign-in/", {"username": "ann", "password": PASSWORD})
    assert (answer.status_code, who(browser)) == (429, None)


def test_too_many_of_a_kind_from_one_address_are_told_to_wait(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScopedThrottle, "THROTTLE_RATES", {**ScopedThrottle.THROTTLE_RATES, "sign_in": "1/minute"})
    monkeypatch.setattr(ScopedThrottle, "timer", lambda _self: 1_000_000_010.0)
    for _ in range(2):
        answer = browser.post("/account/sign-in/", {"username": "ann", "password": "wrong"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "10")
    assert errors(answer) == ["That was too often. Try again in 10 seconds."]


@pytest.mark.parametrize(
    ("given", "then"),
    [
        ("/races/new/", "/races/new/"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("javascript:x", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_on_within_this_server_only(browser: Client, ann: User, given: str, then: str) -> None:
    answer = browser.post("/account/sign-in/", {"username": "ann", "password": PASSWORD, "next": given})
    assert (answer.status_code, answer["Location"]) == (302, then)
    assert browser.get("/account/sign-in/", {"next": given})["Location"] == then


def test_signing_out_takes_a_form_of_this_page(signed_in: Client) -> None:
    assert signed_in.get("/account/sign-out/").status_code == 405
    assert signed_in.post("/account/sign-out/")["Location"] == "/"
    assert who(signed_in) is None


@pytest.mark.parametrize("path", ["", "password/", "question/", "email/", "delete/"])
def test_an_account_is_its_owners(browser: Client, path: str) -> None:
    answer = browser.get(f"/account/{path}")
    assert answer["Location"] == f"/account/sign-in/?next=/account/{path}"


def test_a_forgotten_password_is_set_by_the_answer(browser: Client, ann: User) -> None:
    wrong = browser.post("/account/forgotten/", {"username": "ann", "security_answer": "x", "new_password": NEW})
    assert errors(wrong) == ["Wrong username or security answer."]
    assert "security_question" not in wrong.content.decode()
    right = {"username": "ann", "security_answer": " tiny whoop ", "new_password": NEW}
    answer = browser.post("/account/forgotten/", right, follow=True)
    assert answer.redirect_chain == [("/account/sign-in/", 302)]
    assert "Your new password is set." in answer.content.decode()
    browser.post("/account/sign-in/", {"username": "ann", "password": NEW})
    assert who(browser) == "ann"


def test_a_link_is_mailed_where_the_server_sends_mail(browser: Client, ann: User, settings: Settings) -> None:
    assert "This server sends no mail" in browser.get("/account/forgotten/").content.decode()
    assert "sends no mail" in errors(browser.post("/account/forgotten/mail/", {"email": "a@b.org"}))[0]
    settings.EMAIL_CONFIGURED = True
    assert 'href="/account/forgotten/mail/"' in browser.get("/account/forgotten/").content.decode()
    for email in ("nobody@b.org", "a@b.org"):
        answer = browser.post("/account/forgotten/mail/", {"email": email}, follow=True)
        assert "If an account has this address, a link is on its way to it." in answer.content.decode()
    for sending in resets.send_reset_link(email="a@b.org"):
        sending.result()
    link = re.search(r"http://localhost:8000(/\S+)", str(mail.outbox[-1].body))
    assert link
    page = browser.get(link[1], follow=True)
    assert 'autocomplete="new-password"' in page.content.decode()
    path = page.redirect_chain[-1][0]
    done = browser.post(path, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Sign in with your new password" in done.content.decode()
    ann.refresh_from_db()
    assert ann.check_password(NEW)


def test_the_password_is_changed_and_other_devices_sign_in_again(signed_in: Client, ann: User) -> None:
    AuthToken.objects.create(user=ann, device="headset")
    wrong = signed_in.post("/account/password/", {"current_password": "x", "new_password": NEW})
    assert errors(wrong) == ["current_password: The current password is wrong."]
    signed_in.post("/account/password/", {"current_password": PASSWORD, "new_password": NEW})
    ann.refresh_from_db()
    assert ann.check_password(NEW)
    assert not AuthToken.objects.exists()
    assert who(signed_in) == "ann"


def test_question_and_address_are_changed_with_the_password(signed_in: Client, ann: User) -> None:
    asked = {"security_question": "Which club?", "security_answer": ""}
    answer = signed_in.post("/account/question/", asked | {"current_password": PASSWORD})
    assert errors(answer)[0].startswith("security_answer: A security question needs an answer")
    for path, body in (
        ("question", asked | {"security_answer": "Rotor"}),
        ("email", {"email": "new@example.org"}),
    ):
        assert errors(signed_in.post(f"/account/{path}/", body | {"current_password": "x"}))
        assert signed_in.post(f"/account/{path}/", body | {"current_password": PASSWORD})["Location"] == "/account/"
    ann.refresh_from_db()
    assert (ann.security_question, ann.email) == ("Which club?", "new@example.org")
    page = signed_in.get("/account/").content.decode()
    assert "Which club?" in page
    assert "Your e-mail address is changed." in page


def test_a_device_is_signed_out_by_its_owner_alone(signed_in: Client, ann: User) -> None:
    mine, _ = AuthToken.objects.create(user=ann, device="headset")
    foreign, _ = AuthToken.objects.create(user=make_user("bob"), device="rig")
    assert "headset" in signed_in.get("/account/").content.decode()
    for device in (mine, foreign):
        signed_in.post(f"/account/devices/{device.id}/revoke/")
    assert [token.device for token in AuthToken.objects.all()] == ["rig"]
    answer = signed_in.post(f"/account/devices/{uuid4()}/revoke/", follow=True)
    assert "You have no such device." in answer.content.decode()
    assert signed_in.get(f"/account/devices/{mine.id}/revoke/").status_code == 405


def test_own_races_are_those_made_and_those_invited_to(signed_in: Client, ann: User) -> None:
    own = services.create_race(creator=ann, name="mine", is_public=False)
    invited = make_race(make_user("bob"), is_public=False)
    let_in(invited, ann)
    foreign = services.create_race(name="foreign")
    page = signed_in.get("/account/").content.decode()
    assert f"/races/{own.pk}/" in page
    assert f"/races/{invited.pk}/" in page
    assert f"/races/{foreign.pk}/" not in page


def test_an_account_is_deleted_with_its_password_once_its_races_are_over(signed_in: Client, ann: User) -> None:
    race = services.create_race(creator=ann)
    assert errors(signed_in.post("/account/delete/", {"current_password": "x"}))
    refused = signed_in.post("/account/delete/", {"current_password": PASSWORD})
    assert errors(refused) == ["This user has an active race. End it first."]
    services.close_race(race=race)
    answer = signed_in.post("/account/delete/", {"current_password": PASSWORD}, follow=True)
    assert "Your account is deleted." in answer.content.decode()
    assert not User.objects.exists()
    assert who(signed_in) is None


def test_a_race_is_created_by_somebody_signed_in(signed_in: Client, ann: User) -> None:
    assert Client().get("/races/new/")["Location"] == "/account/sign-in/?next=/races/new/"
    for body, wrong in (
        ({"name": " "}, "name: This field is required."),
        ({"drift_map": "a\x07b"}, "drift_map: A map&#x27;s name must not hold control characters."),
    ):
        answer = signed_in.post("/races/new/", {"name": "Finale", "drift_map": "arena", "is_public": "yes", **body})
        assert wrong in errors(answer)
    answer = signed_in.post("/races/new/", {"name": "Finale", "drift_map": "Hannover", "is_public": "no"})
    race = ann.created_races.get()
    assert answer["Location"] == f"/races/{race.pk}/"
    assert (race.name, race.drift_map, race.is_public) == ("Finale", "Hannover", False)
    for _ in range(3):
        signed_in.post("/races/new/", {"name": "Finale", "drift_map": "arena", "is_public": "yes"})
    full = signed_in.post("/races/new/", {"name": "Finale", "drift_map": "arena", "is_public": "yes"})
    assert errors(full) == ["You have 4 active races, which is the most allowed. End one first."]
