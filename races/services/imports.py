"""Races that come out of files: hidden while they are filled, ended from the beginning."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from races import announce, names, stream_format
from races.models import Drone, Race


def begin_import(*, name: str, drift_map: str) -> Race:
    """Create an ended race without a port or a creator, which only staff see until finish_import.

    Raises Refused for a bad name.
    """
    return Race.objects.create(
        name=names.race_name(name),
        drift_map=names.map_name(drift_map),
        is_public=False,
        status=Race.Status.ENDED,
        stream_format=list(stream_format.DEFAULT_FORMAT),
    )


def finish_import(
    *,
    race: Race,
    drones: Sequence[Drone],
    stream_format: Sequence[str],
    started_at: datetime,
    last_frame_at: datetime,
    frame_count: int,
    byte_count: int,
) -> None:
    """Show a race to everybody, now that all of its frames are recorded."""
    with transaction.atomic():
        Drone.objects.bulk_create(drones)
        race.stream_format = list(stream_format)
        race.started_at, race.last_frame_at = started_at, last_frame_at
        race.ended_at = timezone.now()
        race.frame_count, race.byte_count = frame_count, byte_count
        race.is_public = race.saved = True
        race.save()
        announce.race_status(race.pk, race.status)
