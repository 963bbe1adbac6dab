"""Frames into the database: binary COPY on PostgreSQL, executemany on SQLite; and out of it again, in bounded steps."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from telemetry.frames import BLOCKS, MAX_MOTORS, FrameArray
from telemetry.models import TelemetryFrame

DELETE_STEP: Final = 10_000  # frames a transaction


class Column(NamedTuple):
    """A float column of the table, and where FRAME holds it."""

    name: str
    field: str
    axis: int | None  # None: the field is one value


def _measured() -> Iterator[Column]:
    yield Column("flight_time", "flight_time", None)
    for field, axes in (
        ("position", "xyz"),
        ("attitude", "xyzw"),
        ("velocity", "xyz"),
        ("gyro", ("pitch", "roll", "yaw")),
        ("input", ("throttle", "yaw", "pitch", "roll")),
        ("battery", ("percentage", "voltage")),
        ("motor_rpm", tuple(str(motor) for motor in range(1, MAX_MOTORS + 1))),
    ):
        for index, axis in enumerate(axes):
            yield Column(f"{field}_{axis}", field, index)


# In the order of the table. What is NaN in memory is NULL there.
MEASURED: Final = tuple(_measured())
TABLE: Final = "telemetry_telemetryframe"
_KEYS: Final = ("race_id", "drone", "time", "seq", "motor_count")
POSTGRES_EPOCH_US: Final = 946_684_800_000_000  # 2000-01-01, from which PostgreSQL counts
COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END: Final = b"\xff\xff"


def values(frames: FrameArray, column: Column) -> NDArray[np.float32]:
    """Give one measured column of `frames`, as a view."""
    field = frames[column.field]
    return field if column.axis is None else field[:, column.axis]


class Ready(NamedTuple):
    """Frames of a race made ready to be written: on PostgreSQL `columns` and `rows` are those of a COPY."""

    race_id: UUID
    frames: FrameArray
    columns: str = ""
    rows: bytes = b""


def ready(race_id: UUID, frames: FrameArray) -> Ready:
    """Make `frames` (numbers and times set) ready to be written; asks no database."""
    if connection.vendor != "postgresql" or not len(frames):
        return Ready(race_id, frames)
    # Columns that the stream does not carry are left out, so that the rest mostly is one fixed layout.
    is_carried = (~np.isnan(measured(frames))).any(axis=0)
    carried = [MEASURED[index] for index in np.flatnonzero(is_carried).tolist()]
    columns = ", ".join((*_KEYS, *(column.name for column in carried)))
    return Ready(race_id, frames, columns, copy_rows(race_id, frames, carried))


def write_frames(race_id: UUID, frames: FrameArray) -> None:
    """Insert `frames` (numbers and times set) for a race, in the caller's transaction.

    Raises IntegrityError when one of them is there already: a drone has one frame at one time. Values come back equal
    to the bit, but for SQLite, which has no negative zero.
    """
    write(ready(race_id, frames))


def write(made_ready: Ready, *, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Insert frames likewise.

    `meanwhile` is called where a database server works on them and the caller would wait; it must not ask the database.
    """
    if not len(made_ready.frames):
        return
    if connection.vendor == "postgresql":
        _copy(made_ready, meanwhile)
    else:
        _insert(made_ready.race_id, made_ready.frames)


def _copy(made_ready: Ready, meanwhile: Callable[[], None]) -> None:
    # COPY is the driver's own, so its errors are still to be made Django's.
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {TABLE} ({made_ready.columns}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        for part in (COPY_HEAD, made_ready.rows, COPY_END):
            copy.write(part)
        meanwhile()


def copy_rows(race_id: UUID, frames: FrameArray, carried: list[Column]) -> bytes:
    """Give `frames` as rows of PostgreSQL's binary COPY format: the key columns, then the `carried` ones.

    A row is the number of its values, then for each value its length in bytes and itself, all big-endian; NULL is the
    length −1 and nothing. Source: PostgreSQL's documentation of COPY, "Binary Format".
    """
    layout: list[tuple[Any, ...]] = [("count", ">i2")]
    for name, kind in zip(_KEYS, ("V16", ">i2", ">i8", ">i4", ">i2"), strict=True):
        layout += [(f"{name} length", ">i4"), (name, kind)]
    layout.append(("floats", [("length", ">i4"), ("value", ">f4")], (len(carried),)))
    row = np.zeros(1, layout)  # what all rows have in common
    row["count"] = len(_KEYS) + len(carried)
    for name in _KEYS:
        row[f"{name} length"] = row.dtype[name].itemsize
    row["race_id"] = np.void(race_id.bytes)
    row["floats"]["length"] = 4
    rows = np.repeat(row, len(frames))
    rows["time"] = frames["time"] - POSTGRES_EPOCH_US
    for name in ("drone", "seq", "motor_count"):
        rows[name] = frames[name]
    floats = measured(frames, carried)
    rows["floats"]["value"] = floats
    absent = np.isnan(floats)
    if not absent.any():
        return rows.tobytes()
    rows["floats"]["length"][absent] = -1
    sent = np.ones((len(rows), rows.dtype.itemsize), bool)
    of_floats = sent[:, -8 * len(carried) :].reshape(len(rows), len(carried), 8)
    of_floats[:, :, 4:] = ~absent[:, :, np.newaxis]
    sent[:, -8 * len(carried) :] = of_floats.reshape(len(rows), -1)
    return rows.view("u1").reshape(sent.shape)[sent].tobytes()


def measured(frames: FrameArray, columns: Sequence[Column] = MEASURED) -> NDArray[np.float32]:
    """Give some measured columns of `frames` side by side (frames, columns)."""
    blocks = frames.view(BLOCKS)
    whole = np.concatenate((blocks["flight_time"], blocks["body"], blocks["motor_rpm"]), axis=1)
    return whole if len(columns) == len(MEASURED) else whole[:, [MEASURED.index(column) for column in columns]]


def _insert(race_id: UUID, frames: FrameArray) -> None:
    names = (*_KEYS, *(column.name for column in MEASURED))
    columns: list[Any] = [
        [race_id.hex] * len(frames),
        frames["drone"].tolist(),
        sqlite_times(frames["time"]),
        frames["seq"].tolist(),
        frames["motor_count"].tolist(),
        # SQLite makes NaN NULL.
        *(values(frames, column).tolist() for column in MEASURED),
    ]
    statement = f"INSERT INTO {TABLE} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"  # noqa: S608  our own names
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*columns, strict=True)))


def sqlite_times(times: NDArray[np.int64]) -> list[str]:
    """Give times (µs since 1970) as Django writes them to SQLite, so that its range queries find them."""
    texts: list[str] = np.datetime_as_string(times.astype("M8[us]")).tolist()
    return [text.replace("T", " ").removesuffix(".000000") for text in texts]


def last_sample(race_id: UUID, drone: int) -> tuple[float, tuple[float, float, float]] | None:
    """Give the flight time (s) and the position (m) of a drone's last recorded frame; None where one is absent."""
    row = (
        TelemetryFrame.objects.filter(race_id=race_id, drone=drone)
        .order_by("-time")
        .values_list("flight_time", "position_x", "position_y", "position_z")
        .first()
    )
    if row is None:
        return None
    flight_time, x, y, z = row
    if flight_time is None or x is None or y is None or z is None:
        return None
    return flight_time, (x, y, z)


def delete_frames(race_id: UUID, *, step: int = DELETE_STEP) -> int:
    """Delete a race's frames, at most `step` in one statement; give how many they were.

    Each step names drone and time, so that a compressed chunk unpacks no more than what goes.
    """
    deleted = 0
    while first := TelemetryFrame.objects.filter(race_id=race_id).order_by("drone").values_list("drone").first():
        of_drone = TelemetryFrame.objects.filter(race_id=race_id, drone=first[0])
        cut = of_drone.order_by("time").values_list("time", flat=True)[step - 1 : step].first()
        part = of_drone if cut is None else of_drone.filter(time__lte=cut)
        deleted += part.delete()[0]
    return deleted


def commit_lazily() -> None:
    """Let the commit of the present transaction return before it is on the disk.

    For what the journal still holds: a database that loses the commit loses the journal's offset with it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")


@contextmanager
def durable_commits() -> Iterator[None]:
    """Make commits wait until they, and all before them, are on the disk. Not within a transaction."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA synchronous").fetchone()
        cursor.execute("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA synchronous = {before}")
