"""Which ingest process owns this database: a heartbeat row, in the database's own time."""

import os
import socket
import uuid
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from races.models import IngestHost

BEAT_SECONDS = 1.0
SILENT_AFTER = timedelta(seconds=5)


def alive() -> IngestHost | None:
    """Give the ingest process that has shown itself in the last five seconds, if there is one."""
    return IngestHost.objects.filter(beat_at__gt=Now() - SILENT_AFTER).first()


def claim(token: uuid.UUID) -> IngestHost | None:
    """Take the database for the process `token`; give None when taken, else the living owner."""
    mine = {"token": token, "host": socket.gethostname(), "pid": os.getpid(), "started_at": Now(), "beat_at": Now()}
    if IngestHost.objects.exclude(beat_at__gt=Now() - SILENT_AFTER).update(**mine):
        return None
    try:
        with transaction.atomic():
            IngestHost.objects.create(**mine)
    except IntegrityError:
        return IngestHost.objects.first()
    return None


def beat(token: uuid.UUID) -> bool:
    """Show that `token` is alive; False when another process owns the database by now."""
    return bool(IngestHost.objects.filter(token=token).update(beat_at=Now()))


def release(token: uuid.UUID) -> None:
    """Leave the database to the next process at once."""
    IngestHost.objects.filter(token=token).delete()
