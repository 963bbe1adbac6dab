"""A race's beginning and end."""

import time
from collections.abc import Callable, Sequence
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now

from accounts.errors import Conflict, NotSignedIn, Refused
from accounts.models import User
from races import announce, ingest_host, names, rules, signals, stream_format
from races.models import Race, Track

# How long `end_race` waits for the ingest process to write the last frames.
END_WAIT_SECONDS = 5.0
END_POLL_SECONDS = 0.05


def create_race(
    *,
    creator: User | None = None,
    name: str = "race",
    drift_map: str = "arena",
    track: Track | None = None,
    is_public: bool = True,
    keys: Sequence[str] = stream_format.DEFAULT_FORMAT,
) -> Race:
    """Create a race that waits for frames on a UDP port of its own.

    Raises Refused for a bad stream format, Conflict when no port is free or the creator has enough active races.
    """
    race = Race(
        creator=creator,
        name=names.race_name(name),
        drift_map=track.drift_map if track else names.map_name(drift_map),
        track=track,
        is_public=is_public,
        stream_format=stream_format.checked(list(keys)),
    )
    with transaction.atomic():
        if creator is not None:
            _need_room_for_one_more(creator)
        _insert_with_free_port(race)
        announce.to_ingest()
        announce.race_status(race.pk, race.status)
    return race


def _need_room_for_one_more(creator: User) -> None:
    # The lock on their row makes a user's creations wait for each other: of two at once, one may be too many.
    if User.objects.select_for_update(no_key=True).filter(pk=creator.pk, is_active=True).first() is None:
        raise NotSignedIn("This user is no longer there.")
    active = Race.objects.filter(creator=creator, status__in=Race.HOLDS_PORT).count()
    if active >= settings.DRIFT_MAX_ACTIVE_RACES and not creator.is_staff:
        raise Conflict(f"You have {active} active races, which is the most allowed. End one first.")


def _insert_with_free_port(race: Race) -> None:
    # Two creations may choose the same port: the unique index refuses one of them, which then chooses again.
    tried: set[int] = set()
    while True:
        taken = set(Race.objects.filter(udp_port__isnull=False).values_list("udp_port", flat=True)) | tried
        port = next((port for port in settings.DRIFT_UDP_PORTS if port not in taken), None)
        if port is None:
            raise Conflict("All UDP ports are in use by active races. End a race first.")
        race.udp_port = port
        try:
            with transaction.atomic():
                race.save(force_insert=True)
        except IntegrityError:
            tried.add(port)
            continue
        return


def end_race_for(*, race: Race, by: User) -> Race:
    """End a race in a user's name; raises Forbidden unless `by` directs it, and what end_race raises."""
    rules.need_director(by, race)
    return end_race(race=race)


def end_race(*, race: Race, sleep: Callable[[float], None] = time.sleep) -> Race:
    """End a race, waiting until its last frames are recorded.

    Raises Refused when it has ended before, Conflict while the ingest process is still saving after five seconds.
    """
    asked = ask_to_end(race_id=race.pk)
    race.refresh_from_db()
    if not asked and race.status == Race.Status.ENDED:
        raise Refused("This race has already ended.")
    waited = 0.0
    while race.status != Race.Status.ENDED:
        if ingest_host.alive() is None:
            signals.race_ending.send(sender=Race, race=race)
            close_race(race=race)
            announce.race_status(race.pk, Race.Status.ENDED)
        elif waited >= END_WAIT_SECONDS:
            raise Conflict("The race is still saving its last frames. It ends by itself; ask again in a moment.")
        else:
            sleep(END_POLL_SECONDS)
            waited += END_POLL_SECONDS
        race.refresh_from_db()
    return race


def ask_to_end(*, race_id: UUID) -> bool:
    """Tell the ingest process to end a race; False when the race is not active."""
    asked = Race.objects.filter(pk=race_id, status__in=Race.ACTIVE).update(status=Race.Status.ENDING)
    announce.to_ingest()
    if asked:
        announce.race_status(race_id, Race.Status.ENDING)
    return bool(asked)


def close_race(*, race: Race) -> None:
    """Write that a race has ended and give its port back: called with the last of its frames, in their transaction.

    A race with frames is saved by ending, as the original did. Telling the viewers is the caller's, once committed.
    """
    Race.objects.filter(pk=race.pk).exclude(status=Race.Status.ENDED).update(
        status=Race.Status.ENDED,
        ended_at=Now(),
        udp_port=None,
        problem="",
        saved=Case(When(frame_count__gt=0, then=Value(value=True)), default=F("saved")),
    )
