"""Who the `user_id` of the original's calls may be."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.apps import AccountsConfig
from accounts.authentication import acting_user
from accounts.errors import Forbidden, NotFound, NotSignedIn, Refused
from accounts.models import User


def request_of(user: User | None) -> Request:
    request = Request(APIRequestFactory().post("/create_race"))
    request.user = user or AnonymousUser()
    return request


@pytest.mark.parametrize("form", [int, str])
def test_the_signed_in_users_own_number_is_taken(alice: User, form: Callable[[int], object]) -> None:
    assert acting_user(request_of(alice), form(alice.pk)) == alice


def test_without_a_number_it_is_the_signed_in_user(alice: User) -> None:
    assert acting_user(request_of(alice), None) == alice


def test_anothers_number_is_forbidden(alice: User, make_user: Callable[..., User]) -> None:
    bob = make_user("bob")
    with pytest.raises(Forbidden):
        acting_user(request_of(alice), bob.pk)
    with pytest.raises(Forbidden):
        acting_user(request_of(alice), bob.pk, anonymous=True)


@pytest.mark.parametrize("user_id", [-1, "-1", None, 1, "7"])
@pytest.mark.django_db
def test_nobody_signed_in_is_a_401(user_id: object) -> None:
    with pytest.raises(NotSignedIn):
        acting_user(request_of(None), user_id)


@pytest.mark.parametrize("user_id", [-1, "-1", None])
@pytest.mark.django_db
def test_nobody_is_anonymous_where_that_is_allowed(user_id: object) -> None:
    assert acting_user(request_of(None), user_id, anonymous=True) is None


def test_somebody_may_watch_as_nobody_but_not_act_so(alice: User) -> None:
    assert acting_user(request_of(alice), -1, anonymous=True) is None
    with pytest.raises(Forbidden):
        acting_user(request_of(alice), -1)


@pytest.mark.parametrize(
    "user_id", ["", "x", "1.0", 1.5, "1_0", "٣", True, [], {}, "9" * 40, "1\n", " 1", float("nan"), b"1"]
)
@pytest.mark.django_db
def test_what_is_no_number_is_refused(user_id: object) -> None:
    with pytest.raises(Refused, match="whole number"):
        acting_user(request_of(None), user_id)


@pytest.mark.usefixtures("trusting")
class TestTakenAtItsWord:
    @pytest.fixture
    def trusting(self, settings: Any) -> None:
        settings.DRIFT_TRUST_CLIENT_USER_ID = True

    def test_any_users_number_is_taken(self, alice: User) -> None:
        assert acting_user(request_of(None), alice.pk) == alice

    @pytest.mark.parametrize("user_id", [0, -2, 10**18, "9999999999999999999"])
    @pytest.mark.django_db
    def test_a_number_of_nobody_is_not_found(self, user_id: object) -> None:
        with pytest.raises(NotFound):
            acting_user(request_of(None), user_id)

    def test_a_number_makes_nobody_staff(self, alice: User) -> None:
        User.objects.update(is_staff=True)
        with pytest.raises(Forbidden, match="Staff must sign in"):
            acting_user(request_of(None), alice.pk)
        assert acting_user(request_of(User.objects.get()), alice.pk) == alice

    @pytest.mark.django_db
    def test_nobody_still_has_to_say_who_acts(self) -> None:
        with pytest.raises(NotSignedIn):
            acting_user(request_of(None), -1)

    def test_the_start_says_it_loudly(self, caplog: pytest.LogCaptureFixture) -> None:
        AccountsConfig.create("accounts").ready()
        assert "DRIFT_TRUST_CLIENT_USER_ID is on" in caplog.text
        assert caplog.records[0].levelname == "WARNING"
