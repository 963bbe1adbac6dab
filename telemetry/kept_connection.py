"""The database connection of a thread that asks again and again."""

from django.db import connection


def keep_connection() -> None:
    """Before the thread asks: let its connection live on, where Django would close it after each use.

    One that is of no use any more, after an error or because the server has dropped it, is made anew.
    """
    connection.close_at = None
    connection.close_if_unusable_or_obsolete()
