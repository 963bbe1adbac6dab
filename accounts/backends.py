"""Proving who one is by the answer to one's security question, under the same lockout as a password."""

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password
from django.http import HttpRequest

from accounts import selectors
from accounts.models import User
from accounts.names import fold


class SecurityAnswerBackend(BaseBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, secret_answer: str | None = None, **_: object
    ) -> User | None:
        """Give the user whose answer this is. An unknown name costs one hash as well, so that time tells nothing."""
        if username is None or secret_answer is None:
            return None
        user = selectors.find_user(username)
        stored = user.security_answer if user is not None and user.is_active else ""
        right = check_password(fold(secret_answer), stored or UNUSABLE_PASSWORD_PREFIX)
        return user if right else None
