"""TimescaleDB, where it is: the table of frames as a hypertable, compressed once it is old.

Everything works without it too, on a plain table. So a database that cannot have a hypertable is no error for a
migration, and `manage.py timescale_enable` does the same later.
"""

import logging
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from accounts.errors import Refused

logger = logging.getLogger(__name__)

TABLE: Final = "telemetry_telemetryframe"
CHUNK: Final = "1 day"
COMPRESS_AFTER: Final = "7 days"
# A race's drone is what is read and deleted together; within it, time is the replay's order.
SEGMENT_BY: Final = "race_id, drone"
ORDER_BY: Final = "time"
_OF_TABLE: Final = (
    "FROM timescaledb_information.hypertables"
    " WHERE format('%%I.%%I', hypertable_schema, hypertable_name)::regclass = %s::regclass"
)


class Unavailable(Refused):
    """This database cannot have a hypertable; the detail says why, and what to do."""

    status = 409


@dataclass(frozen=True, slots=True)
class Status:
    """How frames are stored: sizes in bytes; before and after concern the compressed chunks."""

    version: str
    chunks: int
    compressed_chunks: int
    total_bytes: int
    before_bytes: int
    after_bytes: int
    compress_after: str  # as PostgreSQL writes an interval; empty: there is no policy
    drop_after: str

    @property
    def ratio(self) -> float | None:
        """How many bytes have become one by compression."""
        return self.before_bytes / self.after_bytes if self.after_bytes else None


def enable(connection: BaseDatabaseWrapper) -> str:
    """Make the table of frames a hypertable, with what it holds, and set its policies; give what was done, in words.

    May be called again. Raises Unavailable where it cannot be.
    """
    _create_extension(connection)
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        was_plain = not _is_hypertable(cursor)
        cursor.execute(
            "SELECT create_hypertable(%s::regclass, by_range('time', %s::interval),"
            " create_default_indexes => false, if_not_exists => true, migrate_data => true)",
            [TABLE, CHUNK],
        )
        done = [f"{TABLE} {'is a hypertable now' if was_plain else 'was a hypertable already'}"]
        try:
            with transaction.atomic(using=connection.alias):
                done += _set_policies(cursor)
        except DatabaseError as error:
            # The Apache edition has hypertables, and neither compression nor policies.
            done.append(f"without compression and retention: {_first_line(error)}")
    return "; ".join(done) + "."


def _set_policies(cursor: Any) -> list[str]:
    cursor.execute(
        f"ALTER TABLE {TABLE} SET (timescaledb.compress, timescaledb.compress_segmentby = '{SEGMENT_BY}',"
        f" timescaledb.compress_orderby = '{ORDER_BY}')"
    )
    cursor.execute(
        "SELECT add_compression_policy(%s::regclass, %s::interval, if_not_exists => true)", [TABLE, COMPRESS_AFTER]
    )
    cursor.execute("SELECT remove_retention_policy(%s::regclass, if_exists => true)", [TABLE])
    done = [f"compressed after {COMPRESS_AFTER}"]
    if days := settings.DRIFT_RETENTION_DAYS:
        cursor.execute("SELECT add_retention_policy(%s::regclass, %s::interval)", [TABLE, f"{days} days"])
        done.append(f"dropped after {days} days")
    return done


def _create_extension(connection: BaseDatabaseWrapper) -> None:
    if reason := _why_not_loaded(connection):
        raise Unavailable(f"{reason} Then run manage.py timescale_enable.")
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except DatabaseError as error:
        raise Unavailable(
            f"The extension cannot be created ({_first_line(error)}). Have an administrator run"
            " CREATE EXTENSION timescaledb in this database. Then run manage.py timescale_enable."
        ) from error


def why_plain(connection: BaseDatabaseWrapper) -> str:
    """Give why the table of frames is a plain one, and what to do; empty for a hypertable."""
    if reason := _why_not_loaded(connection):
        return reason
    with connection.cursor() as cursor:
        if not _is_hypertable(cursor):
            return "TimescaleDB is there, and not in use: run manage.py timescale_enable."
    return ""


def _why_not_loaded(connection: BaseDatabaseWrapper) -> str:
    if connection.vendor != "postgresql":
        return f"TimescaleDB is an extension of PostgreSQL, and this is {connection.display_name}: use PostgreSQL."
    with connection.cursor() as cursor:
        # An extension that is installed and not preloaded must not even be tried: CREATE EXTENSION would be fatal.
        cursor.execute("SELECT current_setting('timescaledb.disable_load', true)")
        if cursor.fetchone()[0] is None:
            return (
                "This PostgreSQL does not load TimescaleDB: install it, put timescaledb into shared_preload_libraries,"
                " and restart PostgreSQL."
            )
    return ""


def _is_hypertable(cursor: Any) -> bool:
    cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'")
    if cursor.fetchone() is None:
        return False
    cursor.execute(f"SELECT 1 {_OF_TABLE}", [TABLE])
    return cursor.fetchone() is not None


def status(connection: BaseDatabaseWrapper) -> Status:
    """Give how the hypertable stores frames. Raises Unavailable for a plain table, with the reason."""
    if reason := why_plain(connection):
        raise Unavailable(reason)
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
        (version,) = cursor.fetchone()
        cursor.execute(
            f"SELECT num_chunks, hypertable_size(%s::regclass), compression_enabled {_OF_TABLE}", [TABLE] * 2
        )
        chunks, total, is_compressing = cursor.fetchone()
        compression = None
        if is_compressing:
            cursor.execute(
                "SELECT number_compressed_chunks, before_compression_total_bytes, after_compression_total_bytes"
                " FROM hypertable_compression_stats(%s::regclass)",
                [TABLE],
            )
            compression = cursor.fetchone()
        cursor.execute(
            "SELECT proc_name, coalesce(config->>'compress_after', config->>'drop_after')"
            " FROM timescaledb_information.jobs WHERE hypertable_name = %s",
            [TABLE],
        )
        policies = dict(cursor.fetchall())
    compressed, before, after = (count or 0 for count in compression or (0, 0, 0))
    return Status(
        version, chunks, compressed, total, before, after,
        policies.get("policy_compression", ""), policies.get("policy_retention", ""),
    )  # fmt: skip


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


class Hypertable(Operation):
    """The migration's step: a hypertable where the database can have one, and a line in the log that says which way.

    Backwards nothing is done: a hypertable answers as a plain table does, and is dropped like one.
    """

    reversible = True
    reduces_to_sql = False

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change nothing: to Django the table is the same."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        try:
            logger.info("Frames: %s", enable(schema_editor.connection))
        except Unavailable as reason:
            # On SQLite that is as it should be, and not worth a line at everybody's first start.
            level = logging.INFO if schema_editor.connection.vendor == "postgresql" else logging.DEBUG
            logger.log(level, "Frames are in a plain table. %s", reason.detail)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Leave the hypertable."""

    def describe(self) -> str:
        return "Make the table of frames a hypertable, where TimescaleDB is"
