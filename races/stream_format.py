"""The StreamFormat of a race: which values its senders put into a datagram, in which order.

The keys are those of Liftoff's `TelemetryConfiguration.json`; telemetry.liftoff gives them their bytes.
"""

from collections.abc import Sequence
from typing import Final

from accounts.errors import Refused

# Each grouped key and the single keys it stands for; MotorRPM is a count and that many values.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "Timestamp": ("Timestamp",),
    "Position": ("PositionX", "PositionY", "PositionZ"),
    "Attitude": ("AttitudeX", "AttitudeY", "AttitudeZ", "AttitudeW"),
    "Velocity": ("SpeedX", "SpeedY", "SpeedZ"),
    "Gyro": ("GyroPitch", "GyroRoll", "GyroYaw"),
    "Input": ("InputThrottle", "InputYaw", "InputPitch", "InputRoll"),
    "Battery": ("BatteryPercentage", "BatteryVoltage"),
    "MotorRPM": ("MotorRPM",),
}
SINGLE_KEYS: Final = frozenset(key for keys in GROUPS.values() for key in keys)
DEFAULT_FORMAT: Final = tuple(GROUPS)  # 97 bytes with four motors


def expand(keys: Sequence[str]) -> list[str]:
    """Give the single keys that `keys` stand for, in the order of the datagram."""
    return [single for key in keys for single in GROUPS.get(key, (key,))]


def checked(keys: object) -> list[str]:
    """Give `keys` as a list of known StreamFormat keys that name no value twice; refuse anything else."""
    if not isinstance(keys, list | tuple) or not keys or not all(isinstance(key, str) for key in keys):
        raise Refused("The stream format must be a list of keys such as Timestamp, Position, Attitude.")
    singles = expand(keys)
    unknown = [key for key in singles if key not in SINGLE_KEYS]
    if unknown:
        raise Refused(f"Unknown stream format key: {unknown[0][:40]}. Known: {', '.join(known_keys())}.")
    twice = [key for index, key in enumerate(singles) if key in singles[:index]]
    if twice:
        raise Refused(f"The stream format names {twice[0]} twice.")
    return list(keys)


def known_keys() -> list[str]:
    """Give every key a person may write, the grouped one before its single ones."""
    return [key for group, singles in GROUPS.items() for key in dict.fromkeys((group, *singles))]
