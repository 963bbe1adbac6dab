"""A batch of telemetry frames is a numpy array of `FRAME`: the one form telemetry has between socket and storage.

Units and axes are those of docs/protocol.md: metres in the simulator's world (x right, y up, z forward,
left-handed), unit quaternion x y z w, degrees a second, sticks −1..1. NaN stands for what a stream does not carry.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAX_MOTORS = 8

FRAME = np.dtype(
    [
        ("time", "<i8"),  # µs since the Unix epoch, UTC
        ("flight_time", "<f4"),  # s, the sender's own clock
        ("drone", "<u2"),  # from 1, in the order of first frames
        ("seq", "<u4"),  # the drone's frame counter in its race, from 1
        ("position", "<f4", (3,)),  # m
        ("attitude", "<f4", (4,)),  # x y z w
        ("velocity", "<f4", (3,)),  # m/s
        ("gyro", "<f4", (3,)),  # deg/s: pitch, roll, yaw
        ("input", "<f4", (4,)),  # throttle, yaw, pitch, roll
        ("battery", "<f4", (2,)),  # fraction 0..1, V
        ("motor_count", "u1"),  # 0..8
        ("motor_rpm", "<f4", (MAX_MOTORS,)),  # left front, right front, left back, right back, …
    ]
)

# FRAME with its neighbouring floats as blocks, for `frames.view(BLOCKS)`: `body` is position … battery.
BODY_FLOATS: Final = 19
BLOCKS: Final = np.dtype(
    [
        ("time", "<i8"),
        ("flight_time", "<f4", (1,)),
        ("drone_and_seq", "V6"),
        ("body", "<f4", (BODY_FLOATS,)),
        ("motor_count", "u1"),
        ("motor_rpm", "<f4", (MAX_MOTORS,)),
    ]
)

FrameArray = NDArray[Any]

# A sender's clock that falls by more than this has been reset; smaller falls are datagrams out of order.
RESET_FALL = 0.5
# Two frames further apart on the sender's clock do not show what happened between them.
MAX_GAP = 0.2


_MEASURED = ("flight_time", "position", "attitude", "velocity", "gyro", "input", "battery", "motor_rpm")
_ABSENT = np.zeros(1, FRAME)
for _name in _MEASURED:
    _ABSENT[_name] = np.nan


def empty(count: int) -> FrameArray:
    """Give `count` frames in which every measured value is absent (NaN) and every number is 0."""
    return np.repeat(_ABSENT, count)


class VelocityDeriver:
    """Derives velocity from position over the sender's clock, for streams that carry no velocity.

    Keeps the last sample of every drone it saw, so that the result does not depend on how frames are cut into batches.
    """

    def __init__(self) -> None:
        # drone: flight_time (s), x, y, z (m), as float64
        self._last: dict[int, NDArray[np.float64]] = {}

    def seed(self, drone: int, flight_time: float, position: Sequence[float]) -> None:
        """Set a drone's last sample (s; x, y, z in m), as recorded before a restart."""
        # Through float32, which a frame holds: the first velocity afterwards is the one it would have been.
        self._last[drone] = np.array([flight_time, *position], "<f4").astype(np.float64)

    def derive(self, frames: FrameArray) -> None:
        """Set the velocity (m/s) of `frames` in place: several drones' frames may be mixed, in arrival order.

        NaN where two frames do not tell it: a drone's first frame, across a reset, across a gap of more than
        MAX_GAP seconds, and where flight_time makes no progress.
        """
        if not len(frames):
            return
        order = np.argsort(frames["drone"], kind="stable")
        drones = frames["drone"][order]
        samples = np.empty((len(frames), 4))
        samples[:, 0] = frames["flight_time"][order]
        samples[:, 1:] = frames["position"][order]
        cuts = np.flatnonzero(drones[1:] != drones[:-1]) + 1
        starts, ends = [0, *cuts.tolist()], [*(cuts - 1).tolist(), len(frames) - 1]
        before = np.empty_like(samples)
        before[1:] = samples[:-1]
        for start, end in zip(starts, ends, strict=True):
            drone = int(drones[start])
            before[start] = self._last.get(drone, np.nan)
            self._last[drone] = samples[end].copy()
        elapsed = samples[:, 0] - before[:, 0]
        elapsed[~((elapsed > 0) & (elapsed <= MAX_GAP))] = np.nan
        # Positions and times at the ends of float32's range give a speed beyond it: no speed at all.
        with np.errstate(over="ignore"):
            velocity = ((samples[:, 1:] - before[:, 1:]) / elapsed[:, np.newaxis]).astype("<f4")
        velocity[~np.isfinite(velocity).all(axis=1)] = np.nan
        frames["velocity"][order] = velocity
