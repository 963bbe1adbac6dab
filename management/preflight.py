"""What a command that runs for long looks at first, so that what is missing is one clear line and not a traceback."""

import sqlite3

import redis
from django.conf import settings
from django.core.files import locks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from management.command import wrong_use


def need_database() -> None:
    """Make the embedded database ready; of another one, only see that it answers and is migrated."""
    try:
        if settings.EMBEDDED:
            _migrate_embedded()
            return
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, sqlite3.Error, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise wrong_use(f"The database cannot be used: {reason}. Check DATABASE_URL.") from None
    if behind:
        raise wrong_use(f"The database lacks {len(behind)} migrations. Run: python manage.py migrate")


def _migrate_embedded() -> None:
    settings.DRIFT_DATA_DIR.mkdir(parents=True, exist_ok=True)
    # Two commands typed at once must not both make the tables. A process that dies lets go of the lock.
    with (settings.DRIFT_DATA_DIR / "migrate.lock").open("w") as file:
        locks.lock(file, locks.LOCK_EX)
        call_command("migrate", verbosity=0, interactive=False)


def need_channel_layer(*, across_processes: bool) -> None:
    """See that Redis answers where there is one; `across_processes` says that there has to be one."""
    if not settings.REDIS_URL:
        if across_processes:
            raise wrong_use(
                "Without REDIS_URL no web process can hear the ingest. Run `python manage.py serve` (everything in one "
                "process), set REDIS_URL, or record without viewers: ingest_udp --record-only."
            )
        return
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5, socket_timeout=5)
        try:
            client.ping()
        finally:
            client.close()
    except (redis.RedisError, ValueError, OSError) as error:
        raise wrong_use(f"REDIS_URL cannot be used: {error}.") from None


def taken(what: str, error: OSError, advice: str) -> CommandError:
    """Give the error of a port that cannot be opened."""
    return wrong_use(f"{what} cannot be opened: {error.strerror or error}. {advice}")
