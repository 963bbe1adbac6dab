"""The ranking of a race as it goes on, live and in its replay: its laps, what has been ruled, where the drones are."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from races import records, scoring
from races.courses import Terms
from races.timing import Entry, Event, Lap, Passes, Status, Whereabouts


class Ranking:
    """Ranks the drones of a race by its terms.

    `ruled` are the entries of drones that something was ruled about; `laps` are those closed so far.
    """

    def __init__(self, race_id: UUID, terms: Terms, *, ruled: Iterable[Entry] = (), laps: Iterable[Lap] = ()) -> None:
        self.race_id = race_id
        self._terms = terms
        self._passes = Passes(terms.line)
        self._ruled = {entry.drone: entry for entry in ruled}
        self._laps = list(laps)
        self._entries: dict[int, Entry] = {}
        self._finished: set[int] = set()
        self._told: dict[str, Any] | None = None

    def take(self, events: Sequence[Event], drones: Iterable[int]) -> None:
        """Take what the engine gave, and the numbers of the drones that flew."""
        for number in drones:
            self._entries.setdefault(number, self._ruled.get(number) or Entry(number))
        if events:
            self._laps += [event for event in events if isinstance(event, Lap)]
            self._passes.feed(events, (), self._finished)

    def look(self, whereabouts: Sequence[Whereabouts]) -> None:
        """Take where the drones are, without ranking them: the gaps between them are as fine as the looks."""
        self._passes.feed((), whereabouts, self._finished)

    def event(
        self, whereabouts: Sequence[Whereabouts], *, start: int | None, ended: bool = False
    ) -> dict[str, Any] | None:
        """Give the `standings` event as things are now; None where it would say the same as the last one.

        `start` is the race's start (µs since 1970), where its track wants one.
        """
        before, event = self._told, self.now(whereabouts, start=start, ended=ended)
        return None if event == before else event

    def now(self, whereabouts: Sequence[Whereabouts], *, start: int | None, ended: bool = False) -> dict[str, Any]:
        """Give the `standings` event likewise, whatever the last one said."""
        self.look(whereabouts)
        ranked = scoring.ranked(
            self._entries.values(),
            self._laps,
            self._terms,
            whereabouts,
            start=start,
            ended=ended,
            passes=self._passes,
        )
        self._finished = {line.drone for line in ranked if line.status is Status.FIN}
        self._told = scoring.standings_event(self.race_id, ranked)
        return self._told


class LiveRanking(Ranking):
    """The ranking of a race that is being flown; belongs to the timekeeper's thread."""

    def __init__(self, race_id: UUID, terms: Terms) -> None:
        super().__init__(race_id, terms)
        self._ruling = -1

    def see_rulings(self) -> bool:
        """Read again what is recorded, where something was ruled since; all laps must have been written."""
        last = scoring.last_ruling(self.race_id)
        if last == self._ruling:
            return False
        self._laps = records.laps_of(self.race_id)
        entries = scoring.entries([self.race_id], self._entries)[self.race_id]
        self._entries = {entry.drone: entry for entry in entries}
        self._ruling = last
        return True
