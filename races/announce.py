"""What the web processes tell the ingest process and the viewers of a race, through the channel layer.

Every announcement is a hint: the ingest looks into the database once a second anyway and viewers get a fresh
snapshot when they reconnect. So a layer that is away is logged, and never fails the caller's request.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

INGEST_GROUP = "ingest"
LOBBY_GROUP = "lobby"
TIMEOUT = 1.0


def race_group(race_id: UUID) -> str:
    return f"race.{race_id}"


def to_ingest() -> None:
    """After the transaction, tell the ingest process that races have come or are to end."""
    _after_commit(INGEST_GROUP, {"type": "ingest.look"})


def race_status(race_id: UUID, status: str) -> None:
    """After the transaction, tell the race's viewers and the lobby of its status."""
    event = status_event(race_id, status)
    to_race(race_id, event)
    _after_commit(LOBBY_GROUP, {"type": "lobby.event", "event": event})


def to_lobby(race_id: UUID) -> None:
    """After the transaction, have the lobby look at a race that was changed: renamed, saved, left."""
    _after_commit(LOBBY_GROUP, {"type": "lobby.event", "event": {"type": "changed", "race_id": str(race_id)}})


def hidden(race_id: UUID, *, was_public: bool, people: Collection[int]) -> None:
    """After the transaction, have the lobby take a race away from those who can no longer see it, or that is no more.

    `was_public` and `people` (users' numbers) say who could see it.
    """
    event = {"type": "hidden", "race_id": str(race_id), "public": was_public, "people": sorted(people)}
    _after_commit(LOBBY_GROUP, {"type": "lobby.event", "event": event})


def to_race(race_id: UUID, event: dict[str, Any]) -> None:
    """After the transaction, hand an event of docs/protocol.md to everybody who watches the race."""
    _after_commit(race_group(race_id), {"type": "race.event", "event": event})


def race_anew(race_id: UUID) -> None:
    """After the transaction, have everybody who watches the race told of it anew: it has another track."""
    _after_commit(race_group(race_id), {"type": "race.anew"})


def status_event(race_id: UUID, status: str) -> dict[str, Any]:
    return {"type": "race", "race_id": str(race_id), "status": str(status)}


def _after_commit(group: str, message: dict[str, Any]) -> None:
    transaction.on_commit(lambda: async_to_sync(_send)(group, message))


async def _send(group: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        await asyncio.wait_for(layer.group_send(group, message), TIMEOUT)
    except Exception as error:  # noqa: BLE001  a hint: whatever the layer's client raises, the caller's work is done
        logger.warning("The channel layer did not take a message for %s: %s", group, error or type(error).__name__)
