"""What the timing engine gave for a race, out of its rows again, in the order in which it was told live.

A race that was timed again has what timing it again gave; laps are valid or not as it stands now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from races import records, timing
from races.models import Crossing, Lap, Reset
from races.timing import Event


class Happening(NamedTuple):
    """An event of the engine, and of a lap what made it."""

    event: Event
    source: str = Lap.Source.AUTO

    def told(self) -> dict[str, Any] | None:
        """Give it as docs/protocol.md has it for viewers; None for what they are not told."""
        return records.event_json(self.event, self.source)


@dataclass(frozen=True, slots=True)
class Past:
    """All that counts of what happened before a moment.

    `laps` were closed longer ago, each of `resumed` is the one from whose end on its drone's events are in `since`.
    """

    laps: list[timing.Lap]
    resumed: list[timing.Lap]
    since: list[Happening]


def happenings(race_id: UUID, *, first: int, end: int, most: int) -> tuple[list[Happening], int]:
    """Give what happened from the arrival of frames at `first` on and before `end` (µs since 1970), in order.

    After `most` crossings it stops; the second value is the moment before which this is all there is.
    """
    about = Q(race_id=race_id, time__gte=first)
    crossings = list(Crossing.objects.filter(about, time__lt=end).order_by("time", "id")[:most])
    if len(crossings) == most and crossings[0].time < crossings[-1].time:
        # Of the last moment, others may follow.
        end = crossings[-1].time
        crossings = [row for row in crossings if row.time < end]
    laps = Lap.objects.filter(about, time__lt=end).order_by("time", "id")
    resets = Reset.objects.filter(about, time__lt=end).order_by("time", "id")
    return _in_order(crossings, laps, resets), end


def past(race_id: UUID, *, end: int) -> Past:
    """Give what happened before the arrival of frames at `end` (µs since 1970), as far as it counts then."""
    laps = list(Lap.objects.filter(race_id=race_id, time__lt=end).order_by("time", "id"))
    resumed = _last_but_one(laps)
    of_interest = Q(race_id=race_id, time__lt=end) & ~Q(drone__in=resumed)
    for drone, lap in resumed.items():
        of_interest |= Q(race_id=race_id, time__lt=end, drone=drone, time__gte=lap.time)
    crossings = Crossing.objects.filter(of_interest).order_by("time", "id")
    resets = Reset.objects.filter(of_interest).order_by("time", "id")
    older = [lap for lap in laps if lap.drone in resumed and lap.time <= resumed[lap.drone].time]
    newer = [lap for lap in laps if lap.drone not in resumed or lap.time > resumed[lap.drone].time]
    return Past(
        [records.engine_lap(lap) for lap in older],
        [records.engine_lap(lap) for lap in resumed.values()],
        _without_closed(_in_order(crossings, newer, resets), resumed),
    )


def _last_but_one(laps: Iterable[Lap]) -> dict[int, Lap]:
    """Give each drone's last lap of the engine's but one: the gaps between drones ask for a whole lap."""
    closed: dict[int, list[Lap]] = {}
    for lap in laps:
        if lap.source != Lap.Source.MANUAL:
            closed[lap.drone] = [*closed.get(lap.drone, [])[-1:], lap]
    return {drone: last_two[0] for drone, last_two in closed.items() if len(last_two) == 2}


def _in_order(crossings: Iterable[Crossing], laps: Iterable[Lap], resets: Iterable[Reset]) -> list[Happening]:
    """Put rows together as the engine gave them: each lap follows the crossing that closed it."""
    closed: dict[tuple[int, int, int | None], Lap] = {}
    by_hand: list[Happening] = []
    for lap in laps:
        if lap.source == Lap.Source.MANUAL:
            by_hand.append(_lap(lap))
        else:
            closed[lap.drone, lap.time, lap.number] = lap
    flown: list[Happening] = []
    for row in crossings:
        flown.append(Happening(records.engine_crossing(row)))
        if row.gate == 1 and row.counted and (own := closed.pop((row.drone, row.time, row.lap), None)):
            flown.append(_lap(own))
    others = (by_hand, [*map(_lap, closed.values())], [Happening(records.engine_reset(row)) for row in resets])
    return list(merge(flown, *others, key=lambda each: each.event.time))


def _lap(row: Lap) -> Happening:
    return Happening(records.engine_lap(row), row.source)


def _without_closed(found: Sequence[Happening], resumed: Mapping[int, Lap]) -> list[Happening]:
    """Leave out what a drone passed up to the end of the lap from which it is resumed."""
    left: list[Happening] = []
    closing = dict(resumed)
    for each in found:
        event, lap = each.event, closing.get(each.event.drone)
        if lap is None or event.time > lap.time:
            left.append(each)
        elif isinstance(event, timing.Crossing) and event.gate == 0 and event.counted and event.lap == lap.number:
            del closing[event.drone]
    return left
