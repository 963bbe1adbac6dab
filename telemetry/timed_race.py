"""A race being timed: frames in, laps and crossings into the database, events and standings out.

It belongs to the timekeeper's thread: everything here may wait for the database. What is in memory and not yet written
when the process dies is found again in the recorded frames.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import transaction

from races import courses, records
from races.models import Drone, Race, RaceTiming
from races.timing import Event, StartMode, Timer
from telemetry import reading
from telemetry.frames import FrameArray
from telemetry.ranking import LiveRanking

STANDINGS_SECONDS: Final = 0.2  # between two rankings, unless a gate is passed
SAVE_SECONDS: Final = 10.0  # between two saved states, unless a gate is passed
SLICE_SECONDS: Final = 0.25  # of recorded frames at a time, so that the other races have their turn
POLL_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 10.0  # without a frame recorded, after which those that lack are taken for lost


@dataclass(slots=True)
class Told:
    """What a step gave: `events` for viewers; `more` where a step is due at once, `over` where nothing is timed."""

    events: list[dict[str, Any]] = field(default_factory=list)
    more: bool = False
    over: bool = False


def recorded_frames(race_id: UUID, timer: Timer) -> Iterator[FrameArray]:
    """Give the recorded frames that `timer` has not seen, each drone's in order."""
    known = {drone.drone: drone.time for drone in timer.whereabouts()}
    if not known:
        yield from reading.frames_of(race_id)
        return
    for number in Drone.objects.filter(race_id=race_id).order_by("number").values_list("number", flat=True):
        after = known.get(number)
        yield from reading.frames_of(race_id, drones=[number], start=None if after is None else after + 1)


def feed(timer: Timer, frames: FrameArray) -> list[Event]:
    """Let an engine have frames; the first ones of a race start it, where its course wants a start."""
    if timer.start is None and timer.course.start_mode is StartMode.RACE_START and len(frames):
        timer.start = int(frames["time"].min())
    return timer.feed(frames)


class TimedRace:
    """Times a race on its track.

    `until` are the drones' last frame numbers that are, or will soon be, recorded: those frames come out of the
    database, the later ones are given to `step`. `clock` gives monotonic seconds.
    """

    def __init__(self, race_id: UUID, until: Mapping[int, int], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.race_id = race_id
        self._until = dict(until)
        self._clock = clock
        self._timer: Timer | None = None
        self._terms: dict[str, Any] | None = None
        self._ranking: LiveRanking | None = None
        self._recorded: Iterator[FrameArray] | None = None
        self._caught_up = not self._until
        self._polled = (0, clock(), 0.0)  # frames recorded, since when, when to look again
        self._unwritten: list[Event] = []
        self._saved_at = self._ranked_at = clock()

    @property
    def takes_frames(self) -> bool:
        """Whether the recorded frames have been timed, so that the later ones can be."""
        return self._caught_up

    def step(self, batches: Sequence[FrameArray] = (), *, look: bool = False) -> Told:
        """Time some frames; `look` for what was ruled meanwhile.

        Raises what the database raises: then, and while `takes_frames` is not so, `batches` are to be given again.
        """
        if self._timer is None:
            if not batches and self._caught_up:
                return Told()
            if not self._load():
                return Told(over=True)
        if not self._caught_up:
            return Told(more=self._catch_up())
        ruled = look and self._see_rulings()
        events = [event for frames in batches for event in self._time(frames)]
        told = Told(records.told(events))
        if told.events or ruled or self._clock() - self._ranked_at >= STANDINGS_SECONDS:
            told.events += self._standings()
        return told

    def write(self) -> None:
        """Commit what is new: after each passing, and now and then. Raises what the database raises; then once more."""
        if self._timer is not None and (self._unwritten or self._clock() - self._saved_at >= SAVE_SECONDS):
            self._write()

    def finish(self, *, ended: bool) -> list[dict[str, Any]]:
        """Commit everything; give the last ranking where the race has ended. Raises what the database raises."""
        if self._timer is None:
            return []
        self._write()
        self._see_rulings()
        return self._standings(ended=True) if ended else []

    def _load(self) -> bool:
        """Take the race's track, which from now on stays as it is; False where it has none."""
        with transaction.atomic():
            race = Race.objects.select_for_update(of=("self",)).select_related("track").filter(pk=self.race_id).first()
            if race is None or race.track is None:
                return False
            Race.objects.filter(pk=self.race_id, status=Race.Status.WAITING).update(status=Race.Status.LIVE)
            saved = RaceTiming.objects.filter(race_id=self.race_id).first()
        timer = Timer(courses.course_of(race.track)) if saved is None else Timer.restore(saved.state)
        self._terms = courses.terms_json(race.track) if saved is None else saved.terms
        self._ranking = LiveRanking(self.race_id, courses.terms_of(race.track, self._terms, timer.course))
        self._ranking.see_rulings()
        self._timer = timer
        return True

    def _time(self, frames: FrameArray) -> list[Event]:
        assert self._timer is not None
        assert self._ranking is not None
        events = feed(self._timer, frames)
        self._unwritten += events
        self._ranking.take(events, np.unique(frames["drone"]).tolist())
        return events

    def _catch_up(self) -> bool:
        """Time recorded frames for a while; False where the recorder has yet to bring them."""
        assert self._timer is not None
        if self._recorded is None:
            if not self._is_recorded():
                return False
            self._recorded = recorded_frames(self.race_id, self._timer)
        give_up = self._clock() + SLICE_SECONDS
        try:
            for frames in self._recorded:
                last = np.array([self._until.get(number, 0) for number in range(int(frames["drone"].max()) + 1)])
                self._time(frames[frames["seq"] <= last[frames["drone"]]])
                if self._clock() >= give_up:
                    return True
        except BaseException:
            self._recorded = None  # what has been timed is known to the engine: the next look goes on behind it
            raise
        self._recorded, self._caught_up = None, True
        return True

    def _is_recorded(self) -> bool:
        recorded, since, due = self._polled
        now = self._clock()
        if now < due:
            return False
        last = dict(Drone.objects.filter(race_id=self.race_id).values_list("number", "last_seq"))
        total = sum(last.values())
        since = since if total == recorded else now
        self._polled = (total, since, now + POLL_SECONDS)
        return all(last.get(number, 0) >= seq for number, seq in self._until.items()) or now - since > PATIENCE_SECONDS

    def _write(self) -> None:
        assert self._timer is not None
        state = self._timer.state()
        records.write(self.race_id, self._unwritten, state, start=self._timer.start, terms=self._terms)
        self._unwritten = []
        self._saved_at = self._clock()

    def _see_rulings(self) -> bool:
        assert self._ranking is not None
        if self._unwritten:
            self._write()
        return self._ranking.see_rulings()

    def _standings(self, *, ended: bool = False) -> list[dict[str, Any]]:
        assert self._timer is not None
        assert self._ranking is not None
        self._ranked_at = self._clock()
        event = self._ranking.event(self._timer.whereabouts(), start=self._timer.start, ended=ended)
        return [] if event is None else [event]


def time_what_is_recorded(race_id: UUID) -> None:
    """Time the rest of a race that nobody receives any more; nothing for a race without a track."""
    until = dict(Drone.objects.filter(race_id=race_id).values_list("number", "last_seq"))
    timed = TimedRace(race_id, until)
    while timed.step().more:
        pass
    timed.finish(ended=False)
