"""Times a recorded race again: the same frames on the same track give what they gave live, exactly."""

from dataclasses import dataclass
from typing import Any

from accounts.errors import Conflict, Refused
from accounts.models import User
from races import courses, rules, services
from races.models import Lap, Race, Track
from races.timing import Event, Timer
from races.timing import Lap as TimedLap
from telemetry import reading
from telemetry.timed_race import feed


@dataclass(frozen=True)
class Change:
    """A lap before and after: its duration (ms) and whether it counts; None where there is none."""

    drone: int
    number: int
    before_ms: int | None
    after_ms: int | None
    valid_before: bool | None
    valid_after: bool | None

    @property
    def is_one(self) -> bool:
        return (self.before_ms, self.valid_before) != (self.after_ms, self.valid_after)


@dataclass(frozen=True)
class Retimed:
    """What timing a race again gave: every lap, side by side, and how many rulings found no lap any more."""

    track: Track
    laps: list[Change]
    rulings_lost: int
    dry_run: bool


def retime_race(
    *, race: Race, by: User | None, track: Track | None = None, reason: str = "timed again", dry_run: bool = False
) -> Retimed:
    """Time a race that is over again, on its track or on another of its map, which it then keeps.

    `dry_run` changes nothing. `by` None is the operator. Raises Forbidden unless `by` directs the race, Conflict while
    it goes on, Refused for a race without a track or without frames.
    """
    if by is not None:
        rules.need_director(by, race)
    rules.need_over(race)
    chosen = track or race.track
    if chosen is None:
        raise Refused("This race has no track: say on which it is to be timed.")
    if chosen.drift_map != race.drift_map:
        raise Conflict(f"The track is on the map {chosen.drift_map}, the race on {race.drift_map}.")
    timer = Timer(courses.course_of(chosen))
    events = _timed(race, timer)
    laps = _side_by_side(race, [event for event in events if isinstance(event, TimedLap)])
    lost = 0
    if not dry_run:
        lost = services.put_retimed(
            race=race, track=chosen, by=by, events=events, state=timer.state(), start=timer.start, reason=reason
        )
    return Retimed(chosen, laps, lost, dry_run)


def _timed(race: Race, timer: Timer) -> list[Event]:
    events: list[Event] = []
    empty = True
    for frames in reading.frames_of(race.pk):
        empty = False
        events += feed(timer, frames)
    if empty:
        raise Refused("This race has no recorded frames.")
    return events


def _side_by_side(race: Race, after: list[TimedLap]) -> list[Change]:
    before = {(lap.drone, lap.number): lap for lap in race.laps.exclude(source=Lap.Source.MANUAL)}
    timed = {(lap.drone, lap.number): lap for lap in after}
    return [
        Change(key[0], key[1], *_both("duration_ms", before.get(key), timed.get(key)),
               *_engine_valid(before.get(key), timed.get(key)))
        for key in sorted({*before, *timed})
    ]  # fmt: skip


def _both(name: str, old: Any, new: Any) -> tuple[Any, Any]:
    return getattr(old, name, None), getattr(new, name, None)


def _engine_valid(old: Lap | None, new: TimedLap | None) -> tuple[bool | None, bool | None]:
    """Say what the engine found, then and now: what was ruled stays as it is."""
    return None if old is None else not old.flaws, None if new is None else new.valid
