"""Single queries for recorded frames, as arrays of FRAME: telemetry.reading puts races together from them.

PostgreSQL gives frames in COPY's binary format, which numpy reads as it is; SQLite gives rows of Python values.
Every query names the race, the drones and the times it is about: that is the table's key.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from telemetry import storage, timescale
from telemetry.clock import from_epoch_us
from telemetry.frames import FrameArray, empty
from telemetry.storage import MEASURED, Column

FIELDS: Final = tuple(dict.fromkeys(column.field for column in MEASURED))
_NUMBERS: Final = (("time", ">i8"), ("drone", ">i2"), ("seq", ">i4"), ("motor_count", ">i2"))


@dataclass(frozen=True, slots=True)
class Thinning:
    """What stays of each `bucket` (µs; one of them begins at `origin`, µs since 1970): its first frame.

    With `extremes_of`, a column of the table such as position_y: the frames that hold its least and greatest value,
    so that a plot of it keeps every peak. Buckets without a value then give none.
    """

    bucket: int
    extremes_of: str | None = None
    origin: int = 0

    def __post_init__(self) -> None:
        if self.bucket < 1:
            raise ValueError(f"A bucket of {self.bucket} µs holds nothing.")
        if self.extremes_of is not None and self.extremes_of not in {column.name for column in MEASURED}:
            raise ValueError(f"There is no column {self.extremes_of}.")

    @property
    def shift(self) -> int:
        """How long after 1970 the first bucket begins (µs)."""
        return self.origin % self.bucket

    def start_of(self, time: int) -> int:
        """Give the beginning of the bucket in which `time` (both µs since 1970) lies."""
        return time - (time - self.shift) % self.bucket


def columns_of(fields: Collection[str] | None) -> list[Column]:
    """Give the columns of some fields of FRAME (None: all); raises ValueError for a name that is none."""
    if fields is None:
        return list(MEASURED)
    unknown = [name for name in fields if name not in FIELDS]
    if unknown:
        raise ValueError(f"There is no field {unknown[0]}; there are {', '.join(FIELDS)}.")
    return [column for column in MEASURED if column.field in fields]


def page(
    race_id: UUID, drone: int, *, first: int | None, end: int | None, size: int, columns: Sequence[Column] = MEASURED
) -> FrameArray:
    """Give a drone's first `size` frames from the time `first` on and before `end` (µs since 1970; None: no bound)."""
    where, values = _where(race_id, [drone], first, end)
    return _frames(f"FROM {storage.TABLE} WHERE {where} ORDER BY time LIMIT %s", [*values, size], columns)


def window(
    race_id: UUID, drones: Collection[int], *, first: int, end: int, columns: Sequence[Column] = MEASURED
) -> FrameArray:
    """Give all frames of some drones from `first` on and before `end` (µs since 1970), by time, then by drone."""
    if not drones:
        return empty(0)
    where, values = _where(race_id, drones, first, end)
    frames = _frames(f"FROM {storage.TABLE} WHERE {where}", values, columns)
    return frames[np.lexsort((frames["drone"], frames["time"]))]


def thinned(
    race_id: UUID, drone: int, thinning: Thinning, *, first: int, end: int, columns: Sequence[Column] = MEASURED
) -> FrameArray:
    """Give what stays of a drone's frames from `first` on and before `end` (µs since 1970), in order.

    The database reads all frames between the two: how many those are is the caller's to bound.
    """
    where, values = _where(race_id, [drone], first, end)
    bucket, bucket_values = _bucket(thinning)
    column = thinning.extremes_of
    if column is None:
        ranks, kept = "row_number() OVER (PARTITION BY bucket ORDER BY time) AS one", "one = 1"
    else:
        where += f" AND {column} IS NOT NULL"
        ranks = (
            f"row_number() OVER (PARTITION BY bucket ORDER BY {column}, time) AS least,"
            f" row_number() OVER (PARTITION BY bucket ORDER BY {column} DESC, time) AS greatest"
        )
        kept = "least = 1 OR greatest = 1"
    table = f"(SELECT *, {bucket} AS bucket FROM {storage.TABLE} WHERE {where}) AS bucketed"  # noqa: S608  our own names
    source = f"FROM (SELECT *, {ranks} FROM {table}) AS ranked WHERE {kept} ORDER BY time"  # noqa: S608  likewise
    return _frames(source, [*bucket_values, *values], columns)


def first_time(race_id: UUID, drone: int, *, first: int | None, end: int | None) -> int | None:
    """Give the time (µs since 1970) of a drone's first frame from `first` on and before `end`; None without one."""
    frames = page(race_id, drone, first=first, end=end, size=1, columns=())
    return int(frames["time"][0]) if len(frames) else None


def latest(race_id: UUID, drones: Collection[int], *, until: int | None = None) -> FrameArray:
    """Give the last frame of each of some drones, up to the time `until` (µs since 1970, inclusive), by time."""
    found = [empty(0)]
    for drone in drones:
        where, values = _where(race_id, [drone], None, None if until is None else until + 1)
        found.append(_frames(f"FROM {storage.TABLE} WHERE {where} ORDER BY time DESC LIMIT 1", values, MEASURED))
    frames = np.concatenate(found)
    return frames[np.lexsort((frames["drone"], frames["time"]))]


def _where(race_id: UUID, drones: Collection[int], first: int | None, end: int | None) -> tuple[str, list[Any]]:
    on_sqlite = connection.vendor == "sqlite"
    conditions = ["race_id = %s", f"drone IN ({', '.join(['%s'] * len(drones))})"]
    values: list[Any] = [race_id.hex if on_sqlite else race_id, *drones]
    for bound, condition in ((first, "time >= %s"), (end, "time < %s")):
        if bound is not None:
            conditions.append(condition)
            values.append(storage.sqlite_times(np.array([bound]))[0] if on_sqlite else from_epoch_us(bound))
    return " AND ".join(conditions), values


def _bucket(thinning: Thinning) -> tuple[str, list[Any]]:
    """Give the expression that tells the bucket of a frame, and its values."""
    if connection.vendor == "sqlite":
        # Django's text: seconds, and six digits behind a point unless they are all 0.
        microseconds = "strftime('%%s', time) * 1000000 + CAST(substr(time, 21) AS INTEGER)"
        return f"({microseconds} - %s) / %s", [thinning.shift, thinning.bucket]
    origin = from_epoch_us(thinning.shift)
    return f"{_bucket_function()}(make_interval(secs => %s / 1e6), time, %s::timestamptz)", [thinning.bucket, origin]


@cache
def _bucket_function() -> str:
    """Give PostgreSQL's function for buckets, TimescaleDB's where it is: asked for once, since both give the same."""
    return "date_bin" if timescale.why_plain(connection) else "time_bucket"


def _frames(source: str, values: list[Any], columns: Sequence[Column]) -> FrameArray:
    if connection.vendor == "postgresql":
        return _copied(source, values, columns)
    names = ", ".join([*(name for name, _ in _NUMBERS), *(column.name for column in columns)])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} {source}", values)
        rows = cursor.fetchall()
    frames = empty(len(rows))
    if rows:
        found: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
        frames["time"] = np.array(found[0], "M8[us]").astype("i8")
        for (name, _), numbers in zip(_NUMBERS[1:], found[1:4], strict=True):
            frames[name] = numbers
        for column, floats in zip(columns, found[4:], strict=True):
            storage.values(frames, column)[:] = np.array(floats, "f4")  # None becomes NaN
    return frames


def _copied(source: str, values: list[Any], columns: Sequence[Column]) -> FrameArray:
    """Give frames through COPY: rows of one fixed layout, since NULL comes as NaN, which no recorded value is."""
    taken = [*(name for name, _ in _NUMBERS), *(f"coalesce({column.name}, 'NaN')" for column in columns)]
    statement = f"COPY (SELECT {', '.join(taken)} {source}) TO STDOUT (FORMAT BINARY)"
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.cursor.copy(statement, values) as copy,  # the driver's: Django's own for DEBUG takes no values
    ):
        data = b"".join(copy)
    kinds = [*(kind for _, kind in _NUMBERS), *(">f4" for _ in columns)]
    values_and_lengths = (((f"l{at}", ">i4"), (f"v{at}", kind)) for at, kind in enumerate(kinds))
    layout = [("count", ">i2"), *chain.from_iterable(values_and_lengths)]
    body = data[len(storage.COPY_HEAD) : -len(storage.COPY_END)]
    rows: NDArray[Any] = np.frombuffer(body, layout)
    frames = empty(len(rows))
    frames["time"] = rows["v0"] + storage.POSTGRES_EPOCH_US
    for at, (name, _) in enumerate(_NUMBERS[1:], 1):
        frames[name] = rows[f"v{at}"]
    for at, column in enumerate(columns, len(_NUMBERS)):
        storage.values(frames, column)[:] = rows[f"v{at}"]
    return frames
