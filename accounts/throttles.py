"""How often a scope may be used: counters that count exactly, across threads, processes and hosts."""

import hashlib
import math

from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from accounts import clients
from accounts.errors import TooOften
from accounts.models import User
from accounts.names import fold


class ScopedThrottle(SimpleRateThrottle):
    """At most the rate of the view's `throttle_scope` for a user, or for an address when nobody is signed in.

    REST framework's own reads a list of times, then writes it: requests at once count as one. Here a window of
    the clock has one counter.
    """

    seconds_left = 0.0

    def __init__(self) -> None:
        """Wait for the view: it names the scope, and so the rate."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.scope = getattr(view, "throttle_scope", "")
        return self.count(self.identity(request))

    def identity(self, request: HttpRequest) -> str:
        if isinstance(request.user, User):
            return f"user {request.user.pk}"
        return f"address {clients.address(request)}"

    def count(self, identity: str) -> bool:
        """Count one use by `identity`; False when its window is full."""
        most, seconds = self.parse_rate(self.get_rate())
        if most is None or seconds is None:
            return True
        now = self.timer()
        self.seconds_left = seconds - now % seconds
        # A name may hold any character and any length, a cache's key may not.
        digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
        key = f"throttle {self.scope} {int(now // seconds)} {digest}".replace(" ", ":")
        # The entry outlives its window by a little: clocks of several hosts are not quite the same.
        if cache.add(key, 1, seconds + 60):
            return True
        try:
            return cache.incr(key) <= most
        except ValueError:  # a cache that is full has thrown it out just now
            return True

    def wait(self) -> float:
        """Give the seconds until the window ends."""
        return self.seconds_left


class AddressThrottle(ScopedThrottle):
    """The same for what proves who one is: by address, signed in or not, since anybody may have many accounts."""

    def identity(self, request: HttpRequest) -> str:
        return f"address {clients.address(request)}"


class PasswordOfUserThrottle(ScopedThrottle):
    """Counts by the name in the body, whatever the address: many addresses get no more guesses than one."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        self.scope = "password_of_user"
        name = request.data.get("username") if isinstance(request.data, dict) else None
        # A number is a name as well, as far as a serializer goes.
        return not isinstance(name, str | int | float) or self.count_name(request, str(name))

    def count_name(self, request: HttpRequest, name: str) -> bool:
        key = clients.username_key(request, {"username": name})
        return key is None or self.count(f"name {key}")


def room_for_mail(mailbox: str) -> bool:
    """Count a mail that somebody has sent to a mailbox, whose owner may know nothing of it; False past its rate."""
    throttle = ScopedThrottle()
    throttle.scope = "password_of_user"
    return throttle.count(f"mailbox {fold(mailbox)}")


def need_room(request: HttpRequest, scope: str, *, username: str | None = None) -> None:
    """Count a form that a person sent like a call of the same scope; raises TooOften past its rate.

    A signed-in person counts by themselves, a visitor by their address, and a `username` whose password is to be
    proved in another way by that name as well.
    """
    throttle = ScopedThrottle()
    throttle.scope = scope
    free = throttle.count(throttle.identity(request))
    if free and username is not None:
        throttle = of_user = PasswordOfUserThrottle()
        of_user.scope = "password_of_user"
        free = of_user.count_name(request, username)
    if not free:
        raise TooOften(retry_after=math.ceil(throttle.wait()))
