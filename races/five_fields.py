"""The five fields by which the original's REST answers describe an active race."""

from typing import Any

from django.conf import settings

from races.models import Race

NOBODY = -1


def five_fields(race: Race) -> dict[str, Any]:
    """Give race_id, race_creator (−1: nobody), udp_port, ws_port and status as the original's client reads them."""
    return {
        "race_id": str(race.pk),
        "race_creator": race.creator_id if race.creator_id is not None else NOBODY,
        "udp_port": race.udp_port,
        "ws_port": settings.DRIFT_LEGACY_PORT,
        "status": "started",
    }
