import re
from itertools import chain
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from accounts import resets
from accounts.errors import Conflict, Refused
from accounts.models import AuthToken, User
from accounts.throttles import ScopedThrottle
from tests.accounts.conftest import PASSWORD

NEW = "another horse 8"
ASK = "/api/auth/password/reset/mail/"


@pytest.fixture
def mailing(settings: Any) -> None:
    settings.EMAIL_CONFIGURED = True
    settings.DRIFT_PUBLIC_URL = "https://drift.example.org"


def link(email: str) -> str:
    """Ask for a link, and give the path of the one that was mailed."""
    for sending in resets.send_reset_link(email=email):
        sending.result()
    found = re.search(r"https://drift\.example\.org(/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def test_the_link_is_mailed_whatever_the_case_of_the_address(alice: User, mailing: None) -> None:
    assert link("ALICE@example.org").startswith("/account/reset/")
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.org"]
    assert "Hello alice" in str(sent.body)
    assert "60 minutes" in str(sent.body)


def test_the_answer_does_not_tell_whether_the_address_is_somebodys(alice: User, mailing: None) -> None:
    answers = [APIClient().post(ASK, {"email": email}) for email in ("alice@example.org", "nobody@example.org")]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()


def test_nothing_is_mailed_to_an_inactive_user(alice: User, mailing: None) -> None:
    User.objects.update(is_active=False)
    assert resets.send_reset_link(email="alice@example.org") == []


def test_a_mailbox_gets_no_more_than_its_rate_whoever_asks(
    alice: User, mailing: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = {**ScopedThrottle.THROTTLE_RATES, "password_of_user": "2/hour"}
    monkeypatch.setattr(ScopedThrottle, "THROTTLE_RATES", rates)
    monkeypatch.setattr(ScopedThrottle, "timer", lambda _self: 1_000_000_010.0)
    asked = [resets.send_reset_link(email=email) for email in ("alice@example.org", "ALICE@example.org") * 2]
    for sending in chain.from_iterable(asked):
        sending.result()
    assert len(mail.outbox) == 2
    # Who asks learns nothing of it.
    assert APIClient(REMOTE_ADDR="10.0.0.9").post(ASK, {"email": "alice@example.org"}).status_code == 202
    assert len(mail.outbox) == 2


@pytest.mark.django_db
def test_without_mail_the_call_says_so() -> None:
    answer = APIClient().post(ASK, {"email": "alice@example.org"})
    assert answer.status_code == 409
    assert "sends no mail" in answer.json()["detail"]
    with pytest.raises(Conflict):
        resets.send_reset_link(email="alice@example.org")


def test_a_mail_server_that_is_away_is_logged_and_tells_nothing(
    alice: User, mailing: None, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nothing listens there
    (sending,) = resets.send_reset_link(email="alice@example.org")
    sending.result()
    assert "could not be sent" in caplog.text


def test_the_parts_of_the_link_reset_the_password_once(alice: User, mailing: None) -> None:
    uid, token = link("alice@example.org").strip("/").split("/")[-2:]
    body = {"uid": uid, "token": token, "new_password": NEW}
    weak = APIClient().post("/api/auth/password/reset/link/", {**body, "new_password": "12"})
    assert weak.status_code == 400
    assert APIClient().post("/api/auth/password/reset/link/", body).status_code == 204
    assert APIClient().post("/login", {"username": "alice", "password": NEW}).status_code == 200
    again = APIClient().post("/api/auth/password/reset/link/", body)
    assert (again.status_code, again.json()["detail"][:23]) == (400, "This link does not work")


@pytest.mark.parametrize("uid", ["", "x", "MQ", "LTE", "____", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
@pytest.mark.django_db
def test_a_made_up_link_is_refused(uid: str) -> None:
    with pytest.raises(Refused, match="does not work"):
        resets.reset_password_by_link(uid=uid, token="x-y", new_password=NEW)


def test_the_page_of_the_link_sets_the_password_and_ends_old_devices(alice: User, mailing: None) -> None:
    APIClient().post("/login", {"username": "alice", "password": PASSWORD})
    client = Client()
    page = client.get(link("alice@example.org"), follow=True)
    assert "Set the password" in page.text
    target = page.redirect_chain[-1][0]
    wrong = client.post(target, {"new_password1": NEW, "new_password2": "other"})
    assert "match" in wrong.text
    done = client.post(target, {"new_password1": NEW, "new_password2": NEW}, follow=True)
    assert "Sign in with your new password" in done.text
    assert not AuthToken.objects.exists()
    assert APIClient().post("/login", {"username": "alice", "password": NEW}).status_code == 200


def test_the_page_of_the_link_takes_no_password_that_is_too_long_to_sign_in_with(alice: User, mailing: None) -> None:
    client = Client()
    target = client.get(link("alice@example.org"), follow=True).redirect_chain[-1][0]
    for length, said in ((1001, "at most 1000 characters"), (900_000, "at most 1000 characters"), (1000, "")):
        password = "Correct horse 9 " * (length // 16) + "x" * (length % 16)
        answer = client.post(target, {"new_password1": password, "new_password2": password}, follow=True)
        assert said in answer.text
    assert "Sign in with your new password" in answer.text
    assert APIClient().post("/login", {"username": "alice", "password": password}).status_code == 200


@pytest.mark.django_db
def test_the_page_of_a_dead_link_says_so(client: APIClient) -> None:
    assert "Ask for a new one" in client.get("/account/reset/MQ/x-y/").content.decode()
