"""Proving who one is. Every try counts towards the lockout, and unknown names are answered like known ones."""

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest

from accounts.errors import NotSignedIn, Refused, TooManyTries
from accounts.models import User

WRONG_SIGN_IN = "Wrong username or password."
WRONG_ANSWER = "Wrong username or security answer."


def prove_password(*, request: HttpRequest, username: str, password: str, wrong: Refused | None = None) -> User:
    """Give the active user with this name and password.

    Raises `wrong` (NotSignedIn when None) alike for an unknown name and a wrong password, TooManyTries when the
    name is locked out for this address.
    """
    return _proved(request, wrong or NotSignedIn(WRONG_SIGN_IN), username=username, password=password)


def prove_answer(*, request: HttpRequest, username: str, answer: str) -> User:
    """Give the active user whose security answer this is; raises as `prove_password` does."""
    return _proved(request, NotSignedIn(WRONG_ANSWER), username=username, secret_answer=answer)


def _proved(request: HttpRequest, wrong: Refused, **credentials: str) -> User:
    user = authenticate(request, **credentials)
    if isinstance(user, User):
        return user
    if getattr(request, "axes_locked_out", False):
        raise TooManyTries(retry_after=int(settings.AXES_COOLOFF_TIME.total_seconds()))
    raise wrong
