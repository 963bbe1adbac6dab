"""The project's own settings, with test values for what would touch the machine or take long.

TEST_DATABASE_URL and TEST_REDIS_URL choose the backends; without them, SQLite and the in-memory layer.
"""

import os
import tempfile

os.environ["DRIFT_ENV_FILE"] = os.devnull
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL", "")
os.environ["SECRET_KEY"] = "only-for-tests"
os.environ["ALLOWED_HOSTS"] = "*"
os.environ.setdefault("DRIFT_DATA_DIR", tempfile.mkdtemp(prefix="drift-test-"))
for name in ("DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DEBUG", "DRIFT_PUBLIC_URL"):
    os.environ.pop(name, None)

from drift_site.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one is slow on purpose
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
