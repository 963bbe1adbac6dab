"""Frames as lines of CSV, and back to the bit: flat columns, their units in their names, absent values empty.

`time_s` is the time since the race's first frame, `unix_time_s` since 1970 in UTC, both with all microseconds. Floats
are the shortest text that gives the float32 back.
"""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
import orjson

from telemetry.batches import seconds
from telemetry.frames import FrameArray
from telemetry.storage import MEASURED, values

_UNITS: Final = {"flight_time": "s", "position": "m", "velocity": "m_per_s", "gyro": "deg_per_s"}
_OWN_NAMES: Final = {
    "battery_percentage": "battery_charge_0_to_1",
    "battery_voltage": "battery_voltage_v",
    **{f"motor_rpm_{motor}": f"motor_{motor}_rpm" for motor in range(1, 9)},
}
NUMBERS: Final = ("time_s", "unix_time_s", "drone", "drone_id", "seq", "motor_count")
FLOATS: Final = tuple(
    _OWN_NAMES.get(column.name, "_".join([column.name, *filter(None, [_UNITS.get(column.field)])]))
    for column in MEASURED
)
HEADER: Final = (*NUMBERS, *FLOATS)


def header_line() -> str:
    return ",".join(HEADER) + "\n"


def lines(frames: FrameArray, start: int, drone_ids: Mapping[int, str]) -> str:
    """Give a line for each frame of a race that started at `start` (µs since 1970)."""
    if not len(frames):
        return ""
    floats = np.stack([values(frames, column) for column in MEASURED], axis=1)
    # orjson writes a float32 as the shortest text that gives it back, and NaN as null.
    text = orjson.dumps(floats, option=orjson.OPT_SERIALIZE_NUMPY).decode().replace("null", "")
    names = {number: quoted(drone_id) for number, drone_id in drone_ids.items()}
    numbers = (frames[name].tolist() for name in ("time", "drone", "seq", "motor_count"))
    return "".join(
        f"{seconds(time - start)},{seconds(time)},{drone},{names.get(drone, '')},{seq},{motors},{row}\n"
        for time, drone, seq, motors, row in zip(*numbers, text[2:-2].split("],["), strict=True)
    )


def quoted(text: str) -> str:
    """Give a cell of CSV."""
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def carried_keys(fields: Collection[str]) -> list[str]:
    """Give the StreamFormat keys of the measured fields that a file carries."""
    keys = {
        "flight_time": "Timestamp",
        "position": "Position",
        "attitude": "Attitude",
        "velocity": "Velocity",
        "gyro": "Gyro",
        "input": "Input",
        "battery": "Battery",
        "motor_rpm": "MotorRPM",
    }
    return [key for field, key in keys.items() if field in fields]
