"""The laps, crossings and standings of a replay: what was told live, told again as the recording plays.

Crossings and laps are those that are recorded; the ranking is the one of the live race (telemetry.ranking), which takes
the recorded events and, between them, the frames that are played. A session holds what happens in the next minutes,
and the laps that have been closed.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np

from races import courses, scoring, timeline
from races.courses import Terms
from races.models import Race, RaceTiming
from races.timeline import Happening
from races.timing import Course, Entry, Event, Follower, Lap
from telemetry.frames import FrameArray
from telemetry.ranking import Ranking
from telemetry.replay_threads import in_replay_thread

PAGE: Final = 500  # crossings that are read at once
STANDINGS_SECONDS: Final = 0.2  # of the viewer's time, between two rankings, unless a gate is passed
LOOK_US: Final = 200_000  # of the race's time, between two looks at the drones, however fast it is played


@dataclass(frozen=True, slots=True)
class Timing:
    """What a timed race was timed by, then; `start` is the race's (µs since 1970), where its track wants one."""

    race_id: UUID
    course: Course
    terms: Terms
    start: int | None
    ruled: list[Entry]
    is_over: bool


def timing_of(race: Race) -> Timing | None:
    """Give what `race` was timed by; None for a race that was not, or whose track is gone with its terms."""
    timed = RaceTiming.objects.filter(race_id=race.pk).first()
    if timed is None or (timed.terms is None and race.track is None):
        return None
    course = Course.from_json(timed.state["course"])
    return Timing(
        race.pk,
        course,
        courses.terms_of(race.track, timed.terms, course),
        timed.start,
        scoring.entries([race.pk])[race.pk],
        race.status == Race.Status.ENDED,
    )


class TimingReplay:
    """Tells what happens in a race, up to the moment that a replay has reached.

    `until` is behind the last frame (µs since 1970), `clock` gives the viewer's seconds. `turn_to` comes first.
    """

    def __init__(self, timing: Timing, until: int, clock: Callable[[], float]) -> None:
        self._timing = timing
        self._until = until
        self._clock = clock
        self._now = _Now(Follower(timing.course), Ranking(timing.race_id, timing.terms))
        self._ranked_at = clock()
        self._waiting: deque[Happening] = deque()
        self._read_to = 0  # all that happened before (µs since 1970) has been read
        self._unseen: list[FrameArray] = []
        self._has_ended = False

    async def turn_to(self, first: int, latest: FrameArray) -> dict[str, Any]:
        """Do what `turn` does, for a coroutine."""
        event: dict[str, Any] = await in_replay_thread(self.turn)(first, latest)
        return event

    def turn(self, first: int, latest: FrameArray) -> dict[str, Any]:
        """Go to a moment, as if all before `first` (µs since 1970) had been played; give the `standings` there.

        `latest` are all drones' last frames before it.
        """
        self._has_ended = first >= self._until
        self._now = _now(self._timing, first, latest)
        self._waiting.clear()
        self._unseen.clear()
        self._read_to = first
        self._ranked_at = self._clock()
        return self._now.ranking.now(self._now.follower.whereabouts(), start=self._timing.start, ended=self._is_result)

    async def due(self, end: int) -> Iterator[tuple[int, list[Happening]]]:
        """Do what `take` does, for a coroutine."""
        if self._read_to < min(end, self._until):
            await in_replay_thread(self._read)(end)
        return self.take(end)

    def take(self, end: int) -> Iterator[tuple[int, list[Happening]]]:
        """Give what is to be told before `end` (µs since 1970) and has not been: by moments, in order."""
        self._read(end)
        due: list[Happening] = []
        while self._waiting and self._waiting[0].event.time < end:
            due.append(self._waiting.popleft())
        return ((time, list(group)) for time, group in groupby(due, key=lambda each: each.event.time))

    def _read(self, end: int) -> None:
        while self._read_to < min(end, self._until):
            found, self._read_to = timeline.happenings(
                self._timing.race_id, first=self._read_to, end=self._until, most=PAGE
            )
            self._waiting += found

    def see(self, frames: FrameArray) -> None:
        """Take the frames of all drones that are played next."""
        if len(frames):
            self._unseen.append(frames)

    def tell(self, happened: list[Happening]) -> list[dict[str, Any]]:
        """Give the events of one moment, whose frames have been seen, and the `standings` after them."""
        self._look()
        self._now.take([each.event for each in happened])
        told = [event for event in (each.told() for each in happened) if event is not None]
        return told + (self.standings() if told else [])

    def now_and_then(self) -> list[dict[str, Any]]:
        """Give the `standings` when it is time for them."""
        return self.standings() if self._clock() - self._ranked_at >= STANDINGS_SECONDS else []

    def end(self) -> list[dict[str, Any]]:
        """Give the result, where the recording is played to its end."""
        self._has_ended = True
        return self.standings()

    def standings(self) -> list[dict[str, Any]]:
        """Give the `standings` as they are now; nothing where they would say the same as the last ones."""
        self._ranked_at = self._clock()
        self._look()
        whereabouts = self._now.follower.whereabouts()
        event = self._now.ranking.event(whereabouts, start=self._timing.start, ended=self._is_result)
        return [] if event is None else [event]

    @property
    def _is_result(self) -> bool:
        return self._has_ended and self._timing.is_over

    def _look(self) -> None:
        if not self._unseen:
            return
        frames = np.concatenate(self._unseen)
        self._unseen.clear()
        looks = np.arange(int(frames["time"][0]) + LOOK_US, int(frames["time"][-1]), LOOK_US)
        *before, last = np.split(frames, np.searchsorted(frames["time"], looks))
        for part in before:
            self._now.see(part)
            self._now.ranking.look(self._now.follower.whereabouts())
        self._now.see(last)


class _Now(NamedTuple):
    """A race at a moment."""

    follower: Follower
    ranking: Ranking

    def take(self, events: list[Event]) -> None:
        self.follower.take(events)
        self.ranking.take(events, ())

    def see(self, frames: FrameArray) -> None:
        self.follower.see(frames)
        self.ranking.take((), np.unique(frames["drone"]).tolist())


def _now(timing: Timing, first: int, latest: FrameArray) -> _Now:
    """Give the race as it was before `first` (µs since 1970)."""
    past = timeline.past(timing.race_id, end=first)
    follower = Follower(timing.course, start=timing.start)
    for lap in past.resumed:
        follower.resume(lap)
    ranking = Ranking(timing.race_id, timing.terms, ruled=timing.ruled, laps=past.laps)
    ranking.take((), np.unique(latest["drone"]).tolist())
    now = _Now(follower, ranking)
    ranking.now((), start=timing.start)
    for each in past.since:
        now.take([each.event])
        if isinstance(each.event, Lap):
            ranking.now((), start=timing.start)  # who has finished with it, stays where that was
    now.see(latest)
    return now
