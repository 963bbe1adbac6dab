import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from rest_framework.test import APIClient

from accounts import services, tickets
from accounts.models import User
from tests.accounts.conftest import PASSWORD


def test_a_ticket_is_good_once(alice: User) -> None:
    ticket = tickets.issue(alice)
    assert tickets.redeem(ticket) == alice
    assert tickets.redeem(ticket) is None


def test_the_call_gives_a_ticket_for_the_tokens_user(signed_in: APIClient, alice: User) -> None:
    answer = signed_in.post("/api/auth/ws-ticket/")
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 30)
    assert tickets.redeem(answer.json()["ticket"]) == alice


def test_a_ticket_ends_with_its_time(alice: User, settings: Any) -> None:
    settings.DRIFT_TICKET_SECONDS = 0
    assert tickets.redeem(tickets.issue(alice)) is None


@pytest.mark.parametrize("ticket", ["", "x", "\0", "\ud800", "x" * 100_000, "' OR 1=1 --", "é"])
@pytest.mark.django_db
def test_a_made_up_ticket_is_nobodys(ticket: str) -> None:
    assert tickets.redeem(ticket) is None


def test_a_ticket_of_a_user_who_is_gone_or_inactive_is_nobodys(alice: User) -> None:
    ticket, other = tickets.issue(alice), tickets.issue(alice)
    User.objects.update(is_active=False)
    assert tickets.redeem(ticket) is None
    alice.delete()
    assert tickets.redeem(other) is None


def test_the_cache_does_not_hold_the_ticket_itself(alice: User) -> None:
    ticket = tickets.issue(alice)
    assert cache.get(f"ticket:{ticket}") is None


@pytest.mark.django_db(transaction=True)
def test_of_many_who_redeem_a_ticket_at_once_one_gets_it() -> None:
    user = services.register(username="alice", password=PASSWORD)
    got: list[User | None] = []
    start = threading.Barrier(6)
    held = [tickets.issue(user) for _ in range(5)]

    def take() -> None:
        start.wait()
        got.extend(tickets.redeem(ticket) for ticket in held)
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), got.count(user)) == (30, 5)
