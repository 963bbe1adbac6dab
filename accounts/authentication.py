"""How a REST call shows who makes it, and who the `user_id` of the original's calls may be."""

import re

from django.conf import settings
from knox.crypto import hash_token
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts import selectors
from accounts.errors import Forbidden, NotFound, NotSignedIn, Refused
from accounts.models import AuthToken, User
from accounts.origins import origin_allowed

ANONYMOUS = -1
SCHEME = "Token"
SIGN_IN = "Sign in first."


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Token …`, where the token is one that a sign-in gave and that has not expired.

    It looks the token's hash up; knox's own class goes through all tokens of the user at every request.
    """

    def authenticate(self, request: Request) -> tuple[User, AuthToken] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != SCHEME.lower().encode():
            return None
        if len(words) != 2:
            raise AuthenticationFailed("The Authorization header must be: Token, a blank, the token.")
        token = selectors.token_by_digest(hash_token(words[1].decode("latin-1")))
        if token is None:
            raise AuthenticationFailed("This token is not valid, or no longer. Sign in again.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class OriginCheckedSession(BaseAuthentication):
    """The session cookie alone, as the original's clients send it: no CSRF token, but no foreign page either.

    SameSite=Lax keeps the cookie from other sites' POST and DELETE; a foreign Origin header is refused there,
    and makes a GET anonymous.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        if not origin_allowed(request.headers.get("Origin"), request.get_host()):
            if request.method in SAFE_METHODS:
                return None
            raise PermissionDenied("A page of another site may not do this.")
        user = request._request.user  # noqa: SLF001  the session's user: Request.user would ask this class
        return (user, None) if isinstance(user, User) and user.is_active else None


def acting_user(request: Request, user_id: object, *, anonymous: bool = False) -> User | None:
    """Give the user in whose name a call of the original's acts.

    `user_id` is the call's parameter (int or text; None when absent). It must be the signed-in user. −1 and nobody
    signed in give None where `anonymous` is allowed. With DRIFT_TRUST_CLIENT_USER_ID it is taken at its word,
    except for staff: a number must not make an admin.

    Raises Refused when it is no number, NotSignedIn, Forbidden for somebody else's, NotFound for nobody's.
    """
    signed_in = request.user if isinstance(request.user, User) else None
    number = _whole_number(user_id) if user_id is not None else None
    if number == ANONYMOUS or (number is None and signed_in is None):
        if anonymous:
            return None
        if signed_in is not None:
            raise Forbidden("user_id must be your own.")
        raise NotSignedIn(SIGN_IN)
    if number is None or (signed_in is not None and signed_in.pk == number):
        return signed_in
    if settings.DRIFT_TRUST_CLIENT_USER_ID:
        return _at_its_word(number)
    if signed_in is None:
        raise NotSignedIn(SIGN_IN)
    raise Forbidden("user_id must be your own.")


def _at_its_word(number: int) -> User:
    user = selectors.user_by_id(number)
    if user is None:
        raise NotFound("There is no such user.")
    if user.is_staff:
        raise Forbidden("Staff must sign in.")
    return user


def _whole_number(value: object) -> int:
    # Not `int`'s own rules: they take True, 1.9, "1_0" and texts of any length.
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,19}", str(value), re.ASCII):
        raise Refused("user_id must be a whole number.")
    return int(str(value))
