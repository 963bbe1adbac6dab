"""What telemetry does when a race ends without an ingest process, or is deleted."""

import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver

from races.models import Race
from races.signals import race_deleting, race_ending
from telemetry import journal, journal_reader, storage
from telemetry.timed_race import time_what_is_recorded
from telemetry.transfer import RaceGone, Transfer

logger = logging.getLogger(__name__)


def journal_directory() -> Path:
    """Give where this host's journals are."""
    directory: Path = settings.DRIFT_DATA_DIR / "journal"
    return directory


@receiver(race_ending, sender=Race)
def record_what_is_left(*, race: Race, **_: Any) -> None:
    """Record what the race's journal on this host still holds, and time it.

    The journal stays: an ingest process that only seemed dead may be writing it. The next one to start removes it.
    What cannot be recorded is left in it, and the race ends all the same. Raises RaceGone, and what a database that is
    away raises.
    """
    directory = journal_directory()
    limit = journal_reader.tail(directory, race.pk)
    if limit == journal.START:
        return
    transfer = Transfer(directory, race.pk, most=settings.DRIFT_RECORD_BATCH)
    try:
        while not transfer.step(limit).drained:
            pass
    except (OperationalError, InterfaceError, RaceGone):
        raise
    except Exception:
        logger.exception(
            "Frames of race %s behind %s of its journal cannot be recorded; the journal keeps them.",
            race.pk, transfer.committed,
        )  # fmt: skip
    time_what_is_recorded(race.pk)


@receiver(race_deleting, sender=Race)
def delete_what_was_recorded(*, race: Race, **_: Any) -> None:
    """Delete the race's frames in bounded steps, and its journal on this host."""
    try:
        journal.remove(journal_directory(), race.pk, is_deleted=True)
    except OSError as error:
        logger.warning(
            "The journal of the deleted race %s cannot be removed yet; the next start of the ingest does it: %s",
            race.pk, error,
        )  # fmt: skip
    frames = storage.delete_frames(race.pk)
    logger.info("Deleted the %s frames of race %s", frames, race.pk)
