"""Time as telemetry counts it: whole microseconds since the Unix epoch, UTC."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def epoch_us(moment: datetime) -> int:
    """Give an aware datetime as µs since the epoch, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def from_epoch_us(microseconds: int) -> datetime:
    """Give µs since the epoch as an aware datetime, exactly."""
    return _EPOCH + timedelta(microseconds=microseconds)


class SteadyClock:
    """The wall clock at its making, carried on by the performance counter: it never jumps or stands still."""

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - time.perf_counter_ns()

    def now_us(self) -> int:
        return (self._offset_ns + time.perf_counter_ns()) // 1000
