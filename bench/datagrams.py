"""Datagrams of the default stream format whose frames can be told apart wherever they arrive.

Position x holds the frame's number, which float32 keeps exactly up to 2**24; the other values differ by drone and have
as many digits as those of a real flight, because text costs by the digit.
"""

import random
import struct
from typing import Final

import numpy as np

LAYOUT: Final = struct.Struct("<20fB4f")
MOST_FRAMES: Final = 1 << 24
NAMES: Final = (
    "flight_time", "x", "y", "z", "qx", "qy", "qz", "qw", "vx", "vy", "vz", "pitch_rate", "roll_rate", "yaw_rate",
    "throttle", "yaw", "pitch", "roll", "charge", "voltage",
)  # fmt: skip


class Drone:
    """A sender's datagrams: `datagram(number)` gives the next one, numbered `number`."""

    def __init__(self, seed: int, hz: float) -> None:
        chance = random.Random(seed)
        turn = [chance.gauss(0, 1) for _ in range(4)]
        length = sum(part * part for part in turn) ** 0.5
        self.values = [
            0.0, 0.0, chance.uniform(1, 40), chance.uniform(-200, 200), *(part / length for part in turn),
            *(chance.uniform(-30, 30) for _ in range(3)), *(chance.uniform(-400, 400) for _ in range(3)),
            *(chance.uniform(-1, 1) for _ in range(4)), chance.uniform(0.2, 1), chance.uniform(14, 16.8),
        ]  # fmt: skip
        self.rpms = [chance.uniform(5000, 25000) for _ in range(4)]
        self._step = 1 / hz
        self._sent = 0

    def datagram(self, number: int) -> bytes:
        self.values[0] = self._sent * self._step
        self.values[1] = float(number)
        self._sent += 1
        return LAYOUT.pack(*self.values, 4, *self.rpms)

    def named_values(self) -> dict[str, str]:
        """Give the values as the shortest text that gives the float32 back."""
        return dict(zip(NAMES, (str(np.float32(value)) for value in self.values), strict=True))
