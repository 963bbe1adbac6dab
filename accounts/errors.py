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


class Forbidden(Refused):
    """The caller is known, and may not do this."""

    status = 403


class NotFound(Refused):
    """There is no such thing, or none that the caller may know of."""

    status = 404


class Conflict(Refused):
    """It cannot be done in the present state (taken, still saving, already ended)."""

    status = 409


class TooManyTries(Refused):
    """Too many wrong passwords or answers; `retry_after` is in seconds."""

    status = 429

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(f"Too many wrong tries. Try again in {max(1, retry_after // 60)} minutes.")
        self.retry_after = retry_after
