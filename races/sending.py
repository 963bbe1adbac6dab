"""Where a race's pilots send to, and what their game's TelemetryConfiguration.json says."""

import ipaddress
import json
import socket
from collections.abc import Sequence

from django.conf import settings


def configuration(host: str, port: int, keys: Sequence[str]) -> str:
    """Give the text that makes the game send `keys` to `host` (an IP address) and `port`."""
    return json.dumps({"EndPoint": end_point(host, port), "StreamFormat": list(keys)}, indent=2) + "\n"


def end_point(host: str, port: int) -> str:
    """Give `host:port` as the game writes it, with an IPv6 address in brackets."""
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"{shown}:{port}"


def lan_address() -> str:
    """Give this machine's address in its network, or 127.0.0.1 where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: connecting a datagram socket only makes the system choose the way out.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def receiving_address() -> str | None:
    """Give the address on which this host's ingest listens; None where it listens on all."""
    try:
        listens = ipaddress.ip_address(settings.DRIFT_UDP_HOST)
    except ValueError:
        return None
    return None if listens.is_unspecified else str(listens)


def address_for(reached_at: str) -> str:
    """Give the address that pilots send to, for somebody who reached this server under the host `reached_at`.

    That is what the ingest listens on, where it is one address. Else, in one process, the IP address by which the
    server was reached, or its own in its network. Where web and ingest run apart, only the name is known.
    """
    only = receiving_address()
    if only is not None:
        return only
    if settings.REDIS_URL:
        return reached_at
    try:
        reached = ipaddress.ip_address(reached_at.strip("[]"))
    except ValueError:
        reached = None
    if reached is not None and not reached.is_loopback:
        return str(reached)
    own = lan_address()
    return reached_at if own == "127.0.0.1" else own
