"""The project's own settings, with test values for what would touch the machine or take long.

TEST_DATABASE_URL and TEST_REDIS_URL choose the backends; without them, SQLite and the in-memory layer.
"""

import atexit
import os
import shutil
import tempfile
from urllib.parse import urlsplit

# One of several pytest processes, or empty: each has files, a database and channels of its own.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
os.environ["DRIFT_ENV_FILE"] = os.devnull
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL", "")
if WORKER and os.environ["REDIS_URL"]:
    # Some tests empty their cache, which is all of a Redis database.
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{1 + int(WORKER[2:])}").geturl()
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ["ALLOWED_HOSTS"] = "*"
if WORKER or "DRIFT_DATA_DIR" not in os.environ:
    os.environ["DRIFT_DATA_DIR"] = tempfile.mkdtemp(prefix="drift-test-")
    atexit.register(shutil.rmtree, os.environ["DRIFT_DATA_DIR"], ignore_errors=True)
for name in ("DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DEBUG", "DRIFT_PUBLIC_URL"):
    os.environ.pop(name, None)

from drift_site.settings import *  # noqa: E402, F403
from drift_site.settings import CHANNEL_LAYERS, DATABASES, DRIFT_DATA_DIR, REDIS_URL  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in life: Django's in-memory test database has no WAL, and other threads find its tables locked.
    DATABASES["default"]["TEST"] = {"NAME": str(DRIFT_DATA_DIR / "test.sqlite3")}

if REDIS_URL:
    CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = f"test{WORKER}"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Every test client makes the middleware anew, and listing all static files would be most of a test's time.
SERVESTATIC_USE_MANIFEST = SERVESTATIC_USE_FINDERS = SERVESTATIC_USE_STATIC_ROOT = False
