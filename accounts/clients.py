"""Who is calling, as far as counting tries goes: the client's address, and the name it gives."""

import ipaddress
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest

from accounts.names import fold

NAME_LENGTH = 255  # of django-axes' column


def address(request: HttpRequest) -> str | None:
    """Give the caller's address, as `counted` does; None when unknown."""
    return counted(request.META.get("REMOTE_ADDR") or "", request.META.get("HTTP_X_FORWARDED_FOR", ""))


def counted(remote: str, forwarded_for: str) -> str | None:
    """Give the address under which a client counts; of an IPv6 one its /64 network, since one host has all of it.

    `remote` is the connection's, `forwarded_for` the X-Forwarded-For header: behind DRIFT_PROXIES proxies the client's
    address is the one that the outermost of them wrote there. None when it is no address.
    """
    text = remote
    if settings.DRIFT_PROXIES:
        hops = forwarded_for.split(",")
        text = hops[-min(settings.DRIFT_PROXIES, len(hops))].strip() or text
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)).network_address)
    return str(found)


def username_key(request: HttpRequest, credentials: Mapping[str, object] | None) -> str | None:
    """Give the name under which django-axes counts: folded, so that another spelling is no fresh start."""
    name = (credentials or {}).get("username") or request.POST.get("username")
    return fold(str(name))[:NAME_LENGTH] if name else None
