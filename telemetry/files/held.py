"""What every kind of file is read as."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from accounts.errors import Refused
from telemetry.frames import FrameArray

PIECE_FRAMES: Final = 1000
# What the database's columns hold.
MOST_DRONE: Final = 32_767
MOST_SEQ: Final = 2_147_483_647
LAST_MOMENT: Final = 253_402_300_799_999_999  # µs since 1970: the year 9999 ends
LONGEST_DRONE_ID: Final = 64


class Unreadable(Refused):
    """A file cannot be imported; the detail names it, and says what is wrong and where."""


class Piece(NamedTuple):
    """Some frames in the file's order, numbers and times set; `where` says in words where each stands in the file."""

    frames: FrameArray
    where: Callable[[int], str]


@dataclass
class Held:
    """A file that is being read. What it says of itself may be known only when all pieces have been read.

    `pieces` raises Unreadable. `stream_format` are the keys of what the frames carry.
    """

    kind: str
    pieces: Iterator[Piece]
    stream_format: list[str] = field(default_factory=list)
    drone_ids: dict[int, str] = field(default_factory=dict)
    velocity_derived: bool = False
    byte_count: int | None = None  # of the datagrams, where the file has them
    name: str = ""
    drift_map: str = ""

    def name_drone(self, number: int, drone_id: str) -> str:
        """Take what the file calls a drone; where it cannot be called so, say why, in words that follow a place."""
        known = self.drone_ids.get(number)
        if known == drone_id:
            return ""
        if known is not None:
            return f"drone {number} has been {known}, and is {drone_id[:40]!r} here"
        if not drone_id.strip() or len(drone_id) > LONGEST_DRONE_ID or not drone_id.isprintable():
            return f"drone_id is {drone_id[:40]!r}, not 1 to {LONGEST_DRONE_ID} printable characters"
        if drone_id in self.drone_ids.values():
            return f"drone_id {drone_id[:40]!r} is another drone's"
        self.drone_ids[number] = drone_id
        return ""
