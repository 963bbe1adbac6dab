"""Who won: the leaders of many races at once, for lists of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q

from races import scoring
from races.models import Drone, Race
from races.timing import Standing


def winners(races: Sequence[Race]) -> dict[UUID, dict[str, Any]]:
    """Give who is first in each of these races by what is recorded, their tracks at hand, in five queries.

    `drone`, `name` and `pilot` say who it is, `label` what people call them, `laps` how many count, `total_ms` and
    `best_ms` the time of all and of the fastest. A race that was not timed, or without a counted lap, has no winner.
    """
    # A race keeps its timing when its track is deleted; one without either was never timed.
    flown = [race for race in races if race.track is not None or race.frame_count]
    first = {race_id: ranking[0] for race_id, ranking in scoring.rankings(flown).items() if _is_won(ranking)}
    if not first:
        return {}
    named = Q()
    for race_id, line in first.items():
        named |= Q(race=race_id, number=line.drone)
    drones = Drone.objects.filter(named).select_related("pilot")
    return {drone.race_id: _winner(drone, first[drone.race_id]) for drone in drones}


def _is_won(ranking: Sequence[Standing]) -> bool:
    return bool(ranking) and ranking[0].place == 1 and ranking[0].laps > 0


def _winner(drone: Drone, line: Standing) -> dict[str, Any]:
    pilot = drone.pilot.username if drone.pilot else None
    return {
        "drone": drone.number,
        "name": drone.name,
        "pilot": pilot,
        "label": drone.name or pilot or f"Drone {drone.number}",
        "laps": line.laps,
        "total_ms": line.total_ms,
        "best_ms": line.best_ms,
    }
