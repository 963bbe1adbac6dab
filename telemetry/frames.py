"""A batch of telemetry frames is a numpy array of `FRAME`: the one form telemetry has between socket and storage.

Units and axes are those of docs/protocol.md: metres in the simulator's world (x right, y up, z forward,
left-handed), unit quaternion x y z w, degrees a second, sticks −1..1. NaN stands for what a stream does not carry.
"""

from typing import Any

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

FrameArray = NDArray[Any]

# A sender's clock that falls by more than this has been reset; smaller falls are datagrams out of order.
RESET_FALL = 0.5
# Two frames further apart on the sender's clock do not show what happened between them.
MAX_GAP = 0.2


def empty(count: int) -> FrameArray:
    """Give `count` frames in which every measured value is absent (NaN) and every number is 0."""
    frames = np.zeros(count, FRAME)
    for name in ("flight_time", "position", "attitude", "velocity", "gyro", "input", "battery", "motor_rpm"):
        frames[name] = np.nan
    return frames
