"""The one error for "the caller asked for something impossible"; drift_site maps it to `{"detail": "..."}`."""


class Refused(Exception):
    """What the caller asked for cannot be done; `detail` says why in their words, `status` is the HTTP status."""

    status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotSignedIn(Refused):
    """The caller must sign in first."""

    status = 401


class WrongPassword(Refused):
    """A signed-in user's present password, asked for again, is another one."""

    def __init__(self) -> None:
        super().__init__("The current password is wrong.")


class Forbidden(Refused):
    """The caller is known, and may not do this."""

    status = 403


class NotFound(Refused):
    """There is no such thing, or none that the caller may know of."""

    status = 404


class Conflict(Refused):
    """It cannot be done in the present state (taken, still saving, already ended)."""

    status = 409


class TryLater(Refused):
    """Not now; `retry_after` is in seconds."""

    status = 429

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class TooManyTries(TryLater):
    """Too many wrong passwords or answers."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"Too many wrong tries. Try again in {in_words(retry_after)}.", retry_after=retry_after)


class TooOften(TryLater):
    """More calls of a kind than the settings allow."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"That was too often. Try again in {in_words(retry_after)}.", retry_after=retry_after)


def in_words(seconds: int) -> str:
    """Give a wait as people say it, in minutes from the second one on."""
    number, unit = (seconds, "second") if seconds < 120 else (seconds // 60, "minute")
    return f"{number} {unit}{'' if number == 1 else 's'}"
