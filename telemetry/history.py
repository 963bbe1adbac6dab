"""What happened in a race, for pages that show a moment of it: crossings, resets, and the standings as they were told.

Nothing is ranked here: the standings are those that a replay tells (telemetry.replay_timing).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.db.models import Q

from accounts.errors import NotFound
from races.models import Crossing, Race
from telemetry import pages, reading
from telemetry.downloads import CHUNK
from telemetry.frames import FrameArray, empty
from telemetry.recordings import Recording, recording_of
from telemetry.replay_timing import LOOK_US, Timing, TimingReplay, timing_of

PAGE: Final = 5000  # crossings


@dataclass(frozen=True, slots=True)
class After:
    """The place of the last crossing of a page: its arrival (µs since 1970) and its row."""

    time: int
    row: int

    @classmethod
    def read(cls, text: str) -> "After | None":
        """Read what `str` gave; None for anything else."""
        found = re.fullmatch(r"([0-9]{1,17})-([0-9]{1,18})", text)
        return cls(int(found[1]), int(found[2])) if found else None

    def __str__(self) -> str:
        return f"{self.time}-{self.row}"


def timeline(race: Race, drones: Collection[int] | None, after: After | None) -> tuple[dict[str, Any], After | None]:
    """Give the next crossings of a race in the order of their arrival, the resets among them, and where it goes on.

    `drones` are numbers (None: all). Instants are race seconds: those of crossings are race time (docs/timing.md),
    those of resets arrival. The second value is None on the last page.
    """
    start = recording_of(race).start
    crossings = _of(race.crossings, drones).order_by("time", "id")
    resets = _of(race.resets, drones).order_by("time", "id")
    if after is not None:
        crossings = crossings.filter(Q(time__gt=after.time) | Q(time=after.time, id__gt=after.row))
        resets = resets.filter(time__gt=after.time)
    found = list(crossings[: PAGE + 1])
    last = None
    if len(found) > PAGE:
        found.pop()
        last = After(found[-1].time, found[-1].pk)
        resets = resets.filter(time__lte=last.time)
    page = {
        "crossings": [_crossing(row, start) for row in found],
        "resets": [{"drone": row.drone, "time_s": (row.time - start) / 1e6, "lap": row.lap} for row in resets],
    }
    return page, last


def _of(rows: Any, drones: Collection[int] | None) -> Any:
    return rows.all() if drones is None else rows.filter(drone__in=drones)


def _crossing(row: Crossing, start: int) -> dict[str, Any]:
    return {
        "drone": row.drone,
        "time_s": (row.race_time - start) / 1e6,
        "gate": row.gate,
        "lap": row.lap,
        "counted": row.counted,
        "speed": round(row.speed, 3),
    }


def standings_in(race: Race, chunk: int) -> list[dict[str, Any]]:
    """Give the standings of ten seconds of a race, each with the race second from which on they hold.

    The first are those at the beginning of the ten seconds; then there are some after each passing, and five times a
    second while something changes. A race that was not timed has none. Raises NotFound for a chunk that there is not.
    """
    recording = recording_of(race)
    chunks = recording.duration // CHUNK + 1 if recording.frame_count else 0
    if chunk >= chunks:
        raise NotFound(f"The race has {chunks} chunks of {CHUNK // 1_000_000} s.")
    timing = timing_of(race)
    if timing is None:
        return []
    first = recording.start + chunk * CHUNK
    end = min(first + CHUNK, recording.end + 1)
    latest = pages.latest(race.pk, list(recording.drone_ids), until=first - 1)
    parts = reading.frames_of(race.pk, start=first, end=end, fields=("flight_time", "position"))
    frames = np.concatenate([empty(0), *parts])
    told: list[tuple[int, list[Any]]] = _told(timing, recording, first, end, frames, latest)
    return [{"time_s": (time - recording.start) / 1e6, "standings": standings} for time, standings in told]


class _Clock:
    """The race's own time, by which its standings are told."""

    def __init__(self) -> None:
        self.now = 0  # µs

    def __call__(self) -> float:
        return self.now / 1e6


def _told(
    timing: Timing, recording: Recording, first: int, end: int, frames: FrameArray, latest: FrameArray
) -> list[tuple[int, list[Any]]]:
    """Replay the frames from `first` on and before `end` (µs since 1970); give the standings with their moments."""
    clock = _Clock()
    replay = TimingReplay(timing, recording.end + 1, clock)
    clock.now = first
    told = [(first, replay.turn(first, latest)["standings"])]

    def add(time: int, events: list[dict[str, Any]]) -> None:
        for event in events:
            if event["type"] == "standings":
                if told[-1][0] == time:
                    told.pop()
                told.append((time, event["standings"]))

    seen = 0
    for begin in range(first, end, LOOK_US):
        until = min(begin + LOOK_US, end)
        for clock.now, happened in replay.take(until):
            count = int(np.searchsorted(frames["time"], clock.now, "right"))
            replay.see(frames[seen:count])
            seen = count
            add(clock.now, replay.tell(happened))
        count = int(np.searchsorted(frames["time"], until))
        replay.see(frames[seen:count])
        seen, clock.now = count, until
        add(until, replay.now_and_then())
    if end > recording.end:
        add(recording.end, replay.end())
    return told
