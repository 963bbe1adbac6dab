"""Brings the static files under their hashed names into STATIC_ROOT, when they are not there already.

Whoever serves pages calls `collect_if_outdated` before the ASGI application is made: the middleware that serves the
files reads their list once, then.
"""

import hashlib
import logging
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage
from django.core.management import call_command

logger = logging.getLogger(__name__)

MARK = "collected.sha256"


def collect_if_outdated() -> bool:
    """Collect the static files if one has come, gone or changed since the last time; True when it did.

    Does nothing where the files are served from where they lie (DEBUG, or a storage without a manifest).
    Raises OSError when STATIC_ROOT cannot be written.
    """
    if settings.DEBUG or not isinstance(staticfiles_storage, ManifestFilesMixin):
        return False
    root = Path(settings.STATIC_ROOT)
    mark = root / MARK
    wanted = fingerprint()
    if mark.is_file() and mark.read_text() == wanted and staticfiles_storage.hashed_files:
        return False
    root.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    # Last, so that a collection that was cut off is done again.
    mark.write_text(wanted)
    logger.info("Collected the static files into %s.", root)
    return True


def fingerprint() -> str:
    """Give a hash of the path, size and time of every static file of every app, and of Django's version."""
    digest = hashlib.sha256(django.__version__.encode())
    for finder in finders.get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: str(found[0])):
            state = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
