"""What a race's director decides about laps and drones. Each decision is kept with who made it, when and why."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts.errors import Conflict, NotFound, Refused
from accounts.models import User
from races import announce, courses, names, records, rules, timing
from races.models import Crossing, Drone, Lap, Race, RaceTiming, Reset, Ruling, Track
from races.timing import Event

Kind = Ruling.Kind
RULES_ON_DRONES: Final = Ruling.ON_DRONES
LONGEST_LAP_MS: Final = 3_600_000
MOST_PENALTY_MS: Final = 3_600_000
# A lap may end after a race's last frame, as where a drone's radio fell silent before the line, by so much at most.
UNSEEN: Final = timedelta(minutes=1)


def rule_on_lap(*, race: Race, lap_id: int, by: User, valid: bool, reason: str) -> Lap:
    """Invalidate a lap, or restore it, whatever the engine found.

    Raises Forbidden unless `by` directs the race, NotFound for another race's lap, Refused without a reason, Conflict
    for one to restore that overlaps a valid lap of the drone, as the halves into which it was split.
    """
    kind = Kind.RESTORE if valid else Kind.INVALIDATE
    with transaction.atomic():
        _locked(race, by)
        lap = _lap(race, lap_id)
        if valid:
            _need_room(race, lap.drone, lap.start, lap.end, but=lap)
        _decide(race, by, kind, reason, lap=lap)
        _rule(lap, reason, valid=valid)
    return lap


def split_lap(*, race: Race, lap_id: int, by: User, at_ms: int, reason: str) -> list[Lap]:
    """Make two laps of one, `at_ms` after its start, as where start/finish was missed; the one is invalid then.

    Raises what rule_on_lap raises, Refused for an instant that does not lie in the lap, and Conflict where a valid lap
    lies in it, as for one that was split before.
    """
    with transaction.atomic():
        _locked(race, by)
        lap = _lap(race, lap_id)
        if not 0 < at_ms < lap.duration_ms:
            raise Refused(f"The lap is {lap.duration_ms} ms long: split it between its start and its end.")
        _need_room(race, lap.drone, lap.start, lap.end, but=lap)
        _decide(race, by, Kind.SPLIT_LAP, reason, lap=lap, milliseconds=at_ms)
        _rule(lap, reason, valid=False)
        middle = lap.start + at_ms * 1000
        middle_flight = None if lap.start_flight is None else lap.start_flight + at_ms / 1000
        number = _next_number(race, lap.drone)
        late = lap.time - lap.end
        first = _manual(
            race, lap.drone, number, reason, late=late,
            start=lap.start, end=middle, duration_ms=at_ms, flight=(lap.start_flight, middle_flight),
        )  # fmt: skip
        second = _manual(
            race, lap.drone, number + 1, reason, late=late,
            start=middle, end=lap.end, duration_ms=lap.duration_ms - at_ms, flight=(middle_flight, lap.end_flight),
        )  # fmt: skip
        return [first, second]


def add_lap(*, race: Race, drone: int, by: User, end: int, duration_ms: int, reason: str) -> Lap:
    """Add a lap that ended at `end` (race time, µs since 1970).

    Raises Forbidden unless `by` directs the race, NotFound for no such drone, Refused for a lap of no length or out of
    the race, Conflict for one that overlaps a valid lap of the drone.
    """
    start = end - duration_ms * 1000
    with transaction.atomic():
        _locked(race, by)
        _need_drone(race, drone)
        if not 0 < duration_ms <= LONGEST_LAP_MS:
            raise Refused(f"A lap is from 1 to {LONGEST_LAP_MS} ms long.")
        if race.started_at is None or start < _us(race.started_at):
            raise Refused("The lap would begin before the race.")
        if end > _us(_until(race, race.started_at)):
            raise Refused("The lap would end after the race.")
        _need_room(race, drone, start, end)
        _decide(race, by, Kind.ADD_LAP, reason, drone=drone, milliseconds=duration_ms)
        number = _next_number(race, drone)
        return _manual(race, drone, number, reason, start=start, end=end, duration_ms=duration_ms)


def rule_on_drone(
    *, race: Race, drone: int, by: User, kind: str, reason: str, milliseconds: int | None = None
) -> Ruling:
    """Give a drone a time penalty of some ms (below 0 to take one back), disqualify it, or reinstate it.

    Raises Forbidden unless `by` directs the race, NotFound for no such drone, Refused for anything else than that.
    """
    if kind not in RULES_ON_DRONES:
        raise Refused(f"A ruling on a drone is one of {', '.join(RULES_ON_DRONES)}.")
    if (kind == Kind.PENALTY) != (milliseconds is not None):
        raise Refused("A penalty, and nothing else, is given in milliseconds.")
    if milliseconds is not None and not 0 < abs(milliseconds) <= MOST_PENALTY_MS:
        raise Refused(f"A penalty is from 1 to {MOST_PENALTY_MS} ms, or below 0 to take one back.")
    with transaction.atomic():
        _locked(race, by)
        _need_drone(race, drone)
        return _decide(race, by, Kind(kind), reason, drone=drone, milliseconds=milliseconds)


def put_retimed(
    *,
    race: Race,
    track: Track,
    by: User | None,
    events: Sequence[Event],
    state: dict[str, Any],
    start: int | None,
    reason: str,
) -> int:
    """Let what the engine gave for the recording take the place of what it gave before.

    A marshal's laps stay; rulings go over to the laps of the same number that were flown at the same time. Gives how
    many rulings found no lap. `by` None is the operator. Raises Forbidden, and Conflict for a race that is not over.
    """
    with transaction.atomic():
        _locked(race, by)
        rules.need_over(race)
        before = race.laps.exclude(source=Lap.Source.MANUAL)
        ruled = {(lap.drone, lap.number): lap for lap in before.exclude(ruled="")}
        before.delete()
        Crossing.objects.filter(race=race).delete()
        Reset.objects.filter(race=race).delete()
        RaceTiming.objects.filter(race=race).delete()
        terms = courses.terms_json(track)
        records.write(race.pk, events, state, start=start, source=Lap.Source.RECALC, terms=terms)
        kept = 0
        for lap in race.laps.exclude(source=Lap.Source.MANUAL):
            old = ruled.get((lap.drone, lap.number))
            if old is not None and old.start < lap.end and lap.start < old.end:
                _rule(lap, old.reason, valid=old.ruled == Lap.Ruled.VALID)
                kept += 1
        Race.objects.filter(pk=race.pk).update(track=track)
        _decide(race, by, Kind.RETIME, reason)
    race.refresh_from_db()
    return len(ruled) - kept


def _locked(race: Race, by: User | None) -> None:
    """Let decisions about a race wait for each other; raises Forbidden unless `by` directs it, NotFound when gone."""
    if by is not None:
        rules.need_director(by, race)
    if Race.objects.select_for_update(of=("self",)).filter(pk=race.pk).first() is None:
        raise NotFound("There is no such race.")


def _lap(race: Race, lap_id: int) -> Lap:
    lap = race.laps.filter(pk=lap_id).first()
    if lap is None:
        raise NotFound("There is no such lap in this race.")
    return lap


def _need_room(race: Race, drone: int, start: int, end: int, *, but: Lap | None = None) -> None:
    """Raise Conflict where a valid lap of a drone, other than `but`, overlaps a time: nothing flown counts twice."""
    others = race.laps.filter(drone=drone, valid=True, start__lt=end, end__gt=start).order_by("end")
    other = (others if but is None else others.exclude(pk=but.pk)).first()
    if other is not None:
        raise Conflict(f"It overlaps lap {other.number} of this drone, which counts. Invalidate that one first.")


def _until(race: Race, started_at: datetime) -> datetime:
    """Give when a lap of a race may end at the latest."""
    if race.status != Race.Status.ENDED:
        return timezone.now()
    return (race.last_frame_at or started_at) + UNSEEN


def _us(when: datetime) -> float:
    return when.timestamp() * 1e6


def _need_drone(race: Race, number: int) -> None:
    if not Drone.objects.filter(race=race, number=number).exists():
        raise NotFound("There is no such drone in this race.")


def _decide(
    race: Race,
    by: User | None,
    kind: Ruling.Kind,
    reason: str,
    *,
    lap: Lap | None = None,
    drone: int | None = None,
    milliseconds: int | None = None,
) -> Ruling:
    ruling = Ruling.objects.create(
        race=race,
        kind=kind,
        drone=lap.drone if lap is not None else drone,
        lap=lap.number if lap is not None else None,
        milliseconds=milliseconds,
        reason=names.reason(reason),
        by=by,
    )
    announce.to_ingest()  # which ranks a running race anew
    return ruling


def _rule(lap: Lap, reason: str, *, valid: bool) -> None:
    lap.ruled = Lap.Ruled.VALID if valid else Lap.Ruled.INVALID
    lap.valid = valid
    lap.reason = names.reason(reason)
    lap.save(update_fields=["ruled", "valid", "reason"])


def _next_number(race: Race, drone: int) -> int:
    last: int | None = race.laps.filter(drone=drone).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _manual(
    race: Race,
    drone: int,
    number: int,
    reason: str,
    *,
    start: int,
    end: int,
    duration_ms: int,
    flight: tuple[float | None, float | None] = (None, None),
    late: int = 0,
) -> Lap:
    """Write a marshal's lap; the frame that closed it arrived `late` (µs) after it was flown."""
    short = race.track is not None and duration_ms < race.track.min_lap * 1000
    return Lap.objects.create(
        race=race,
        drone=drone,
        number=number,
        source=Lap.Source.MANUAL,
        time=end + late,
        start=start,
        end=end,
        start_flight=flight[0],
        end_flight=flight[1],
        duration_ms=duration_ms,
        flaws=[timing.Flaw.SHORT] if short else [],
        valid=not short,
        reason=names.reason(reason),
    )
