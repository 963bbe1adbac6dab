"""The ranking of a race that is being flown: the records, what has been ruled, and where the drones are now."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from races import courses, records, scoring
from races.models import Track
from races.timing import Course, Entry, Event, Lap, Passes, Status, Timer, standings


class LiveRanking:
    """Ranks the drones of a race on a track; belongs to the timekeeper's thread."""

    def __init__(self, race_id: UUID, track: Track, course: Course) -> None:
        self.race_id = race_id
        self._format = courses.format_of(track)
        self._passes = Passes(courses.line_of(track, course))
        self._laps: list[Lap] = []
        self._entries: dict[int, Entry] = {}
        self._finished: set[int] = set()
        self._ruling = -1
        self._told: dict[str, Any] | None = None

    def see_rulings(self) -> bool:
        """Read again what is recorded, where something was ruled since; all laps must have been written."""
        last = scoring.last_ruling(self.race_id)
        if last == self._ruling:
            return False
        self._laps = records.laps_of(self.race_id)
        self._entries = {entry.drone: entry for entry in scoring.entries(self.race_id, self._entries)}
        self._ruling = last
        return True

    def take(self, events: Sequence[Event], drones: Iterable[int]) -> None:
        """Take what the engine gave, and the numbers of the drones that flew."""
        for number in drones:
            self._entries.setdefault(number, Entry(number))
        if events:
            self._laps += [event for event in events if isinstance(event, Lap)]
            self._passes.feed(events, (), self._finished)

    def event(self, timer: Timer, *, ended: bool = False) -> dict[str, Any] | None:
        """Give the `standings` event as things are now; None where it would say the same as the last one."""
        whereabouts = timer.whereabouts()
        self._passes.feed((), whereabouts, self._finished)
        ranked = standings(
            self._entries.values(),
            self._laps,
            race_format=self._format,
            start=timer.start,
            ended=ended,
            whereabouts=whereabouts,
            passes=self._passes,
        )
        self._finished = {line.drone for line in ranked if line.status is Status.FIN}
        event = scoring.standings_event(self.race_id, ranked)
        if event == self._told:
            return None
        self._told = event
        return event
