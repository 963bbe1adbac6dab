"""Which web pages may use a visitor's session here: this server's own, and those of trusted origins."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.http import is_same_domain

DEFAULT_PORTS = {"http": ":80", "https": ":443", "ws": ":80", "wss": ":443"}


def origin_allowed(origin: str | None, host: str) -> bool:
    """Tell whether a page of `origin` (the header, None when absent) may act as its visitor at `host` (with port).

    Absent passes: only browsers send it, and they always do where it matters. The scheme is not compared, since a
    proxy that ends TLS hides it.
    """
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    default = DEFAULT_PORTS.get(parts.scheme)
    if default is None or not parts.netloc:
        return False
    if parts.netloc.lower().removesuffix(default) == host.lower().removesuffix(default):
        return True
    return any(_matches(parts.scheme, parts.netloc, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS)


def _matches(scheme: str, netloc: str, trusted: str) -> bool:
    # Django's own form of the setting: https://example.org, https://*.example.org
    wanted = urlsplit(trusted)
    return scheme == wanted.scheme and is_same_domain(netloc.lower(), wanted.netloc.lower().removeprefix("*"))
