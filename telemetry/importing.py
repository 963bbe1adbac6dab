"""Files into the database, as races that have ended: all of a file, or nothing.

A race is hidden until its last frame is in. Frames go in small transactions, since SQLite has one writer and somebody
may be flying; what fails is taken out again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from django.db import transaction

from races import services
from races.models import Drone, Race
from races.stream_format import DEFAULT_FORMAT, expand
from telemetry import journal, storage
from telemetry.capture import NAMES
from telemetry.clock import epoch_us, from_epoch_us
from telemetry.files import capture_file, flat_file, ghost_file, journal_file
from telemetry.files.held import LAST_MOMENT, MOST_DRONE, MOST_SEQ, Held, Piece, Unreadable
from telemetry.frames import FrameArray

SNIFFED: Final = 4096  # bytes at the beginning, by which a file's kind is known
LONGEST_NAME: Final = 100


def import_file(
    path: Path,
    *,
    name: str | None = None,
    drift_map: str | None = None,
    now: datetime | None = None,
    done: Callable[[int], None] = lambda frames: None,
) -> Race:
    """Make a race of a file: CSV of ours, a capture, a journal, or a replay that Liftoff saved.

    Name and map are the file's own where none are given. A capture and a replay have no date: their first frame comes
    `now`. `done` is told of the frames that are in. Raises Unreadable, with one line that says what is wrong and where,
    and Refused for a bad name; nothing is left of the race then.
    """
    try:
        held = open_file(path, now or datetime.now(UTC))
        race = services.begin_import(
            name=name or held.name[:LONGEST_NAME] or path.stem[:LONGEST_NAME],
            drift_map=drift_map or held.drift_map[:LONGEST_NAME] or "arena",
        )
        try:
            _fill(race, held, path.name, done)
        except BaseException:
            services.discard_race(race=race)
            raise
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be read: {error.strerror}.") from None
    return race


def open_file(path: Path, now: datetime) -> Held:
    """Tell by its beginning which kind of file this is, and begin to read it."""
    with path.open("rb") as file:
        beginning = file.read(SNIFFED)
    if beginning.startswith(journal.MAGIC):
        return journal_file.read(path, path.name)
    encoding = "utf-16" if beginning[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    text = beginning.decode(encoding, errors="replace").lstrip()
    if text.startswith("<"):
        return ghost_file.read(path, path.name, start=epoch_us(now))
    header = {cell.strip().strip('"') for cell in text.partition("\n")[0].split(",")}
    if "unix_time_s" in header:
        return flat_file.read(path, path.name)
    if len(header & {*NAMES}) > len(NAMES) // 2:
        return capture_file.read(path, path.name, start=epoch_us(now))
    if not beginning:
        raise Unreadable(f"{path.name} is empty.")
    raise Unreadable(
        f"{path.name} is no file that can be imported: it is no CSV with the column unix_time_s (DRIFT's own) or t_wall"
        " (a capture) in line 1, no journal, and no XML of a Liftoff replay."
    )


@dataclass
class _Totals:
    """What the pieces add up to, and the order that they have to keep."""

    frames: int = 0
    motors: int = 0
    start: int | None = None  # µs since 1970, of the earliest frame
    end: int = 0
    drones: dict[int, Drone] = field(default_factory=dict)

    def add(self, piece: Piece, race: Race, name: str) -> None:
        """Count a piece; raises Unreadable where a drone's time or number does not rise."""
        frames = piece.frames
        for column, least, most in (("drone", 1, MOST_DRONE), ("seq", 1, MOST_SEQ), ("time", 0, LAST_MOMENT)):
            wrong = np.flatnonzero((frames[column] < least) | (frames[column] > most))
            if len(wrong):
                raise Unreadable(f"{name}, {piece.where(int(wrong[0]))}: a frame's {column} is out of range.")
        for number in np.unique(frames["drone"]).tolist():
            places = np.flatnonzero(frames["drone"] == number)
            drone = self.drones.setdefault(number, Drone(race=race, number=number, last_time=-1))
            for column, last in (("time", drone.last_time), ("seq", drone.last_seq)):
                values = frames[column][places].astype(np.int64)
                falls = np.flatnonzero(np.diff(values, prepend=last) <= 0)
                if len(falls):
                    where = piece.where(int(places[falls[0]]))
                    raise Unreadable(f"{name}, {where}: the {column} of drone {number} does not rise.")
            drone.last_time, drone.last_seq = int(frames["time"][places[-1]]), int(frames["seq"][places[-1]])
            drone.frame_count += len(places)
        self.frames += len(frames)
        self.motors += int(frames["motor_count"].sum(dtype=np.int64))
        earliest = int(frames["time"].min())
        self.start = earliest if self.start is None else min(self.start, earliest)
        self.end = max(self.end, int(frames["time"].max()))


def _fill(race: Race, held: Held, name: str, done: Callable[[int], None]) -> None:
    totals = _Totals()
    for piece in held.pieces:
        totals.add(piece, race, name)
        _write(race, piece.frames)
        done(len(piece.frames))
    if totals.start is None:
        raise Unreadable(f"{name} holds no frames.")
    for number, drone in totals.drones.items():
        drone.drone_id = held.drone_ids[number]
        drone.velocity_derived = held.velocity_derived
    keys = held.stream_format or list(DEFAULT_FORMAT)
    services.finish_import(
        race=race,
        drones=[totals.drones[number] for number in sorted(totals.drones)],
        stream_format=keys,
        started_at=from_epoch_us(totals.start),
        last_frame_at=from_epoch_us(totals.end),
        frame_count=totals.frames,
        byte_count=_datagram_bytes(keys, totals) if held.byte_count is None else held.byte_count,
    )


def _write(race: Race, frames: FrameArray) -> None:
    with transaction.atomic():
        storage.write_frames(race.pk, frames)


def _datagram_bytes(keys: list[str], totals: _Totals) -> int:
    """Give the bytes of the datagrams that a sender of `keys` would have sent."""
    floats = [key for key in expand(keys) if key != "MotorRPM"]
    motors = totals.frames + 4 * totals.motors if "MotorRPM" in keys else 0
    return 4 * len(floats) * totals.frames + motors
