"""Sessions in the database, which is asked only for what may be the key of one."""

import re
from typing import Final

from django.contrib.sessions.backends import db

KEY: Final = re.compile(r"[a-z0-9]{32}")  # as Django makes them


class SessionStore(db.SessionStore):
    """Django's own, for the settings' SESSION_ENGINE.

    A cookie may hold any text, also characters with which PostgreSQL refuses the question.
    """

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key if session_key and KEY.fullmatch(session_key) else None)
