"""docs/api.md, run as written: each of its lines for an account call gives what the page says."""

import json
import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts import services, urls
from tests import api_page
from tests.api_page import Call

# No mail is set up here, and the link on the page is made up.
NOT_THERE = {"/api/auth/password/reset/mail/": 409, "/api/auth/password/reset/link/": 400}


def calls() -> list[Call]:
    """Give the lines for account calls."""
    original = {"/create_user", "/login", "/reset_password", "/delete_user"}
    lines = api_page.calls()
    return [line for line in lines if line.path.startswith("/api/auth/") or line.path.split("?")[0] in original]


@pytest.mark.parametrize(("method", "path", "body", "signed_in"), calls())
@pytest.mark.django_db
def test_a_line_of_the_page_works(method: str, path: str, body: Any, signed_in: bool) -> None:
    client = APIClient()
    if not path.endswith(("register/", "create_user")):
        services.register(
            username="zoe", password="correct horse 9", security_question="Drone?", security_answer="Tiny Whoop"
        )
    if signed_in:
        token = client.post("/login", {"username": "zoe", "password": "correct horse 9"}).json()["token"]
        client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
        if "/devices/" in path and method == "DELETE":
            path = f"/api/auth/devices/{client.get('/api/auth/devices/').json()[0]['id']}/"
    answer = client.generic(method, path, json.dumps(body), "application/json")
    expected = NOT_THERE.get(path)
    assert answer.status_code == expected if expected else answer.status_code < 300, answer.content


def test_every_account_call_has_a_line() -> None:
    written = {re.sub(r"[0-9a-f-]{36}", "<uuid:device_id>", path.split("?")[0]) for _, path, *_ in calls()}
    patterns = [str(pattern.pattern) for pattern in urls.urlpatterns]
    paths = {f"/{pattern}" for pattern in patterns if not pattern.startswith("account/")}  # those are pages
    assert paths == written
