"""A race's ranking out of its records, and the ranking as viewers and API users get it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db.models import Q, Sum

from races import records, timing
from races.courses import format_of
from races.models import Drone, Race, RaceTiming, Ruling
from races.timing import Entry, Standing

DISQUALIFIES = (Ruling.Kind.DISQUALIFY, Ruling.Kind.REINSTATE)


def entries(race_id: UUID, drones: Iterable[int] = ()) -> list[Entry]:
    """Give the drones of a race as the ranking takes them: those recorded and `drones`, with what was ruled."""
    numbers = {*drones, *Drone.objects.filter(race_id=race_id).values_list("number", flat=True)}
    penalties: dict[int | None, int] = dict(
        Ruling.objects.filter(race_id=race_id, kind=Ruling.Kind.PENALTY)
        .order_by()
        .values_list("drone")
        .annotate(total=Sum("milliseconds"))
    )
    ruled = Ruling.objects.filter(race_id=race_id, kind__in=DISQUALIFIES).order_by("id").values_list("drone", "kind")
    out = dict(ruled)  # the last ruling of each drone
    return [
        Entry(
            drone=number,
            disqualified=out.get(number) == Ruling.Kind.DISQUALIFY,
            penalty_ms=penalties.get(number) or 0,
        )
        for number in sorted(numbers)
    ]


def last_ruling(race_id: UUID) -> int:
    """Give the number of a race's last ruling, 0 where there is none: with each decision it rises."""
    return Ruling.objects.filter(race_id=race_id).order_by("-id").values_list("id", flat=True).first() or 0


def standings_of(race: Race, *, laps: Sequence[timing.Lap] | None = None) -> list[Standing]:
    """Rank a race by what is recorded; `laps` take the place of the recorded ones.

    Where the drones are in their running laps is known to the ingest alone, which tells viewers while the race runs.
    """
    timed = RaceTiming.objects.filter(race_id=race.pk).values_list("start", flat=True).first()
    began = set(race.crossings.filter(Q(counted=True)).order_by().values_list("drone", flat=True).distinct())
    return timing.standings(
        [
            Entry(each.drone, each.disqualified, each.penalty_ms, started=each.drone in began)
            for each in entries(race.pk)
        ],
        records.laps_of(race.pk) if laps is None else laps,
        race_format=format_of(race.track),
        start=timed,
        ended=race.status == Race.Status.ENDED,
    )


def standing_json(standing: Standing) -> dict[str, Any]:
    """Give a line of the ranking as plain values; shares and metres are rounded for the eye."""
    values = asdict(standing) | {"status": str(standing.status)}
    values["distance"] = round(standing.distance, 2)
    if standing.consistency is not None:
        values["consistency"] = round(standing.consistency, 4)
    return values


def standings_event(race_id: UUID, standings: Iterable[Standing]) -> dict[str, Any]:
    """Give the `standings` event of docs/protocol.md."""
    return {"type": "standings", "race_id": str(race_id), "standings": [standing_json(each) for each in standings]}
