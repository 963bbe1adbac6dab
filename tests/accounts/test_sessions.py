"""What a session cookie may hold."""

from importlib import import_module

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from accounts.sessions import KEY, SessionStore
from drift_site.asgi import application
from tests.people import leave_the_database, make_user

# Between quotes, a cookie may name any character by its number.
COOKIES = [
    '"\\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
    '"aaaaaaaaaaaaaaaa\\000aaaaaaaaaaaaaaa"',
    "\xff" * 32,
    "a" * 20_000,
    "a" * 33,
    "a" * 31,
    '"' + "\\012" * 32 + '"',
    '"' + "a" * 32 + '\\012"',
    "",
]


@pytest.mark.parametrize("path", ["/", "/account/", "/api/races/", "/list_races", "/metrics", "/account/sign-in/"])
@pytest.mark.parametrize("cookie", COOKIES, ids=lambda cookie: cookie[:20])
@pytest.mark.django_db
def test_a_cookie_that_is_no_key_is_nobodys(path: str, cookie: str) -> None:
    visitor = Client(raise_request_exception=False)
    nobody = visitor.get(path)
    answer = visitor.get(path, headers={"Cookie": f"sessionid={cookie}"})
    assert answer.status_code == nobody.status_code < 500


@pytest.mark.django_db(transaction=True)
async def test_nor_of_a_web_socket() -> None:
    cookie = (b"cookie", f"sessionid={COOKIES[0]}".encode())
    client = WebsocketCommunicator(application, "/ws/lobby/", headers=[cookie])
    connected, _ = await client.connect()
    assert connected
    await client.disconnect()
    await leave_the_database()


@pytest.mark.django_db
def test_a_new_session_has_such_a_key() -> None:
    assert import_module(settings.SESSION_ENGINE).SessionStore is SessionStore
    browser = Client()
    browser.force_login(make_user("ann"), "django.contrib.auth.backends.ModelBackend")
    key = browser.cookies["sessionid"].value
    assert KEY.fullmatch(key)
    assert SessionStore(key).exists(key)
