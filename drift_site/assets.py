"""Brings the static files under their hashed names into STATIC_ROOT, when they are not there already.

The ASGI application calls `collect_if_outdated` before its middleware lists the files it serves, so that nobody has
to run collectstatic by hand.
"""

import hashlib
import logging
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from django.core.exceptions import ImproperlyConfigured
from django.core.files import locks
from django.core.management import call_command

logger = logging.getLogger(__name__)

MARK = "collected.sha256"


def collect_if_outdated() -> bool:
    """Collect the static files if one has come, gone or changed since the last time; True when it did.

    Does nothing where the files are served from where they lie (DEBUG, or a storage without a manifest). Where
    several processes start at once, one collects and the others wait. Raises ImproperlyConfigured when nothing was
    ever collected and STATIC_ROOT cannot be written.
    """
    storage = manifest_storage()
    if storage is None:
        return False
    try:
        return _collect_under_lock(Path(settings.STATIC_ROOT), storage)
    except OSError as error:
        if not storage.hashed_files:
            raise ImproperlyConfigured(f"The page's files cannot be written into STATIC_ROOT: {error}") from error
        logger.warning("The static files stay as they were collected before: %s", error)
        return False


def manifest_storage() -> ManifestStaticFilesStorage | None:
    """Give the storage that knows the hashed names; None where files keep their plain ones (DEBUG, or another)."""
    # The default is a lazy object, whose class the type checker cannot see.
    storage: object = staticfiles_storage
    return storage if isinstance(storage, ManifestStaticFilesStorage) and not settings.DEBUG else None


def _collect_under_lock(root: Path, storage: ManifestStaticFilesStorage) -> bool:
    mark = root / MARK
    wanted = fingerprint()
    if _is_marked(mark, wanted) and storage.hashed_files:
        return False
    root.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, since collecting empties it. A process that dies lets go of the lock.
    with root.with_suffix(".lock").open("w") as file:
        locks.lock(file, locks.LOCK_EX)
        if _is_marked(mark, wanted):
            # Another process did it meanwhile.
            manifest: Any = storage.load_manifest()  # the names and their hash; the stubs know an older form
            storage.hashed_files = manifest[0]
            return False
        root.mkdir(exist_ok=True)
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        # Last, so that a collection that was cut off is done again.
        mark.write_text(wanted)
    logger.info("Collected the static files into %s.", root)
    return True


def _is_marked(mark: Path, wanted: str) -> bool:
    return mark.is_file() and mark.read_text() == wanted


def fingerprint() -> str:
    """Give a hash of the path, size and time of every static file of every app, and of Django's version."""
    digest = hashlib.sha256(django.__version__.encode())
    for finder in finders.get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: str(found[0])):
            state = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()
