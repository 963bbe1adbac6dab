import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache, caches
from django.db import connection
from rest_framework.test import APIClient, APIRequestFactory

from accounts.models import User
from accounts.throttles import AddressThrottle, ScopedThrottle
from tests.accounts.conftest import PASSWORD


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(**rates: str) -> None:
        given = {**ScopedThrottle.THROTTLE_RATES, **rates}
        monkeypatch.setattr(ScopedThrottle, "THROTTLE_RATES", given)

    monkeypatch.setattr(ScopedThrottle, "timer", lambda _self: 1_000_000_010.0)
    return use


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/create_user", "register"),
        ("/api/auth/register/", "register"),
        ("/login", "sign_in"),
        ("/api/auth/login/", "sign_in"),
        ("/reset_password", "password"),
        ("/api/auth/password/reset/", "password"),
        ("/api/auth/password/reset/mail/", "password"),
        ("/api/auth/password/reset/link/", "password"),
    ],
)
@pytest.mark.django_db
def test_a_call_past_its_rate_is_a_429_that_says_when(rates: Callable[..., None], path: str, scope: str) -> None:
    rates(**{scope: "2/minute"})
    client = APIClient()
    assert [client.post(path, {}).status_code for _ in range(3)] == [400, 400, 429]
    answer = client.post(path, {})
    assert answer.headers["Retry-After"] == "10"  # the minute of the clock began 50 s ago
    assert list(answer.json()) == ["detail"]
    assert APIClient(REMOTE_ADDR="10.9.9.9").post(path, {}).status_code == 400


@pytest.mark.django_db
def test_a_new_window_counts_anew(rates: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    rates(sign_in="1/minute")
    client = APIClient()
    assert [client.post("/login", {}).status_code for _ in range(2)] == [400, 429]
    monkeypatch.setattr(ScopedThrottle, "timer", lambda _self: 1_000_000_021.0)
    assert client.post("/login", {}).status_code == 400


def test_answers_for_one_name_are_counted_over_all_addresses(rates: Callable[..., None], alice: User) -> None:
    rates(password_of_user="2/hour")
    statuses = []
    for number, name in enumerate(("alice", "ALICE", "alice")):
        body = {"username": name, "security_answer": "x", "new_password": "another horse 8"}
        statuses.append(APIClient(REMOTE_ADDR=f"10.0.0.{number}").post("/reset_password", body).status_code)
    assert statuses == [401, 401, 429]


def test_a_name_that_arrives_as_a_number_is_counted_as_that_name(
    rates: Callable[..., None], make_user: Callable[..., User]
) -> None:
    make_user("1984")
    rates(password_of_user="2/hour")
    statuses = []
    for number, name in enumerate((1984, "1984", 1984)):
        body = {"username": name, "security_answer": "x", "new_password": "another horse 8"}
        api = APIClient(REMOTE_ADDR=f"10.0.0.{number}")
        statuses.append(api.post("/reset_password", body, format="json").status_code)
    assert statuses == [401, 401, 429]


def test_tickets_are_counted_by_user_not_by_address(rates: Callable[..., None], signed_in: APIClient) -> None:
    rates(ws_ticket="1/minute")
    path = "/api/auth/ws-ticket/"
    assert signed_in.post(path).status_code == 201
    assert signed_in.post(path, REMOTE_ADDR="10.0.0.1").status_code == 429


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_are_all_counted(rates: Callable[..., None]) -> None:
    rates(sign_in="10/hour")
    allowed: list[bool] = []
    start = threading.Barrier(8)

    def use() -> None:
        throttle = ScopedThrottle()
        throttle.scope = "sign_in"
        start.wait()
        allowed.extend(throttle.count("address of them all") for _ in range(5))
        connection.close()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(allowed), sum(allowed)) == (40, 10)
    cache.clear()


@pytest.mark.django_db
def test_a_counter_that_is_not_there_is_a_value_error_as_of_any_cache() -> None:
    with pytest.raises(ValueError, match="not found"):
        cache.incr("nothing")


@pytest.mark.django_db
def test_a_count_that_a_full_cache_threw_out_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    # It was there when it was to be added, and is not when one is to be added to it.
    monkeypatch.setattr(type(caches["default"]), "add", lambda *_: False)
    throttle = ScopedThrottle()
    throttle.scope = "sign_in"
    assert throttle.count("somebody")


@pytest.mark.django_db
def test_a_counter_keeps_its_value_for_readers() -> None:
    cache.set("counter", 4, 60)
    assert cache.incr("counter", 3) == 7
    assert cache.decr("counter") == 6
    assert cache.get("counter") == 6


def test_a_visitor_with_no_address_is_counted_too() -> None:
    request = APIRequestFactory().get("/")
    request.META["REMOTE_ADDR"] = ""
    request.user = AnonymousUser()
    assert AddressThrottle().identity(request) == "address None"


def test_signing_in_with_another_account_is_no_fresh_start(alice: User, rates: Callable[..., None]) -> None:
    rates(sign_in="1/minute")
    client = APIClient()
    body = {"username": "alice", "password": PASSWORD}
    assert [client.post("/login", body).status_code for _ in range(2)] == [200, 429]
