"""One-use tickets: a token's owner opens a WebSocket with `?ticket=`, so that no token stands in a URL.

They live in the shared cache. Taking one is the cache's `delete`, which is atomic in Redis and in the database:
of two who redeem a ticket at once, in whatever process, one is told that it deleted it.
"""

import hashlib
import secrets

from django.conf import settings
from django.core.cache import cache

from accounts import selectors
from accounts.models import User


def issue(user: User) -> str:
    """Give a ticket for `user`, good once, for DRIFT_TICKET_SECONDS."""
    ticket = secrets.token_urlsafe(32)
    cache.set(_key(ticket), user.pk, settings.DRIFT_TICKET_SECONDS)
    return ticket


def redeem(ticket: str) -> User | None:
    """Take the ticket: its user, or None when it is wrong, used or too old, or the user is no longer active."""
    key = _key(ticket)
    user_id = cache.get(key)
    if user_id is None or not cache.delete(key):
        return None
    return selectors.user_by_id(user_id)


def _key(ticket: str) -> str:
    # Only the hash is kept: who can read the cache gets no ticket.
    return "ticket:" + hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
