"""The secret key of a host who was not asked for one: made once, and kept in the data directory."""

import os
import secrets
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured

LEAST: Final = 50  # characters; Django warns of less


def kept_in(directory: Path) -> str:
    """Give the key that is kept in a directory, where the first start makes it.

    Raises ImproperlyConfigured, with what to do, where nothing can be kept or what is kept is no key.
    """
    kept = directory / "secret_key"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not kept.exists():
            _make(kept)
        key = kept.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"The secret key cannot be kept: {error}. Let DRIFT write there.") from None
    if len(key) < LEAST:
        # Not made anew unasked: the key that is lost may be in a backup.
        raise ImproperlyConfigured(
            f"{kept} holds no secret key: it would have at least {LEAST} characters. Restore the file, or delete it: "
            "the next start makes a new one, and everybody has to sign in again."
        )
    return key


def _make(kept: Path) -> None:
    # The file is there under its name only once it is whole, and of several who make it at once, one does.
    written = kept.with_name(f"{kept.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(LEAST))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(written, kept)
        except FileExistsError:
            pass
        except OSError:
            # A file system without hard links. Where this takes the place of another's, it does so whole.
            if not kept.exists():
                written.replace(kept)
    finally:
        written.unlink(missing_ok=True)
