"""What becomes of a race: saved, renamed, left by those who took part, deleted."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q

from accounts.errors import Conflict, Forbidden, NotFound
from accounts.models import User
from accounts.selectors import MAX_ID
from races import announce, names, rules, selectors, signals
from races.models import Drone, Participant, Race, Track
from races.services import taking_part


def save_race(
    *,
    race: Race,
    by: User,
    name: str | None = None,
    drift_map: str | None = None,
    user_ids: Collection[int] = (),
    may_invite: bool = True,
) -> Race:
    """Name a race and keep it; `user_ids` are its guests from now on, where `may_invite` is not so of those it knows.

    Raises Forbidden unless `by` directs the race, NotFound when no frame has been recorded yet, Refused for a bad
    name or an unknown user, Conflict for another map than its track's.
    """
    rules.need_director(by, race)
    if not race.frame_count:
        raise NotFound("No frame of this race has been recorded yet, so there is nothing to save.")
    with transaction.atomic():
        update_race(race=race, by=by, name=name, drift_map=drift_map)
        if not may_invite:
            taking_part.need_known(race=race, by=by, user_ids=user_ids)
        taking_part.add_guests(race=race, user_ids=user_ids)
        race.saved = True
        race.save(update_fields=["saved"])
        announce.to_lobby(race.pk)
    return race


def update_race(
    *, race: Race, by: User, name: str | None = None, drift_map: str | None = None, is_public: bool | None = None
) -> Race:
    """Change what is given of a race's name, map and visibility.

    Raises Forbidden unless `by` directs the race, Refused for a bad name, Conflict for another map than its track's
    and for hiding a race that people may be watching.
    """
    rules.need_director(by, race)
    changed = []
    if name is not None:
        race.name = names.race_name(name)
        changed.append("name")
    if drift_map is not None:
        race.drift_map = names.map_name(drift_map)
        if race.track is not None and race.drift_map != race.track.drift_map:
            raise Conflict(f"The race's track is on the map {race.track.drift_map}.")
        changed.append("drift_map")
    if is_public is not None and is_public != race.is_public:
        if not is_public and race.status != Race.Status.ENDED:
            raise Conflict("A race that people may be watching cannot be made private. End it first.")
        race.is_public = is_public
        changed.append("is_public")
    if changed:
        race.save(update_fields=changed)
        _tell_lobby(race, was_public="is_public" in changed and not race.is_public)
    return race


def _tell_lobby(race: Race, *, was_public: bool) -> None:
    if was_public:
        announce.hidden(race.pk, was_public=True, people=())
    else:
        announce.to_lobby(race.pk)


def set_track(*, race: Race, by: User, track: Track | None) -> Race:
    """Choose the track of a race, and with it the map.

    Raises Forbidden unless `by` directs the race, Conflict once frames have come.
    """
    rules.need_director(by, race)
    chosen = {"track": track, "drift_map": track.drift_map if track else race.drift_map}
    if not Race.objects.filter(pk=race.pk, status=Race.Status.WAITING).update(**chosen):
        raise Conflict("The track can be chosen until the first frame.")
    announce.to_lobby(race.pk)
    announce.race_anew(race.pk)
    race.refresh_from_db()
    return race


def bind_track(*, race: Race, track: Track) -> Race:
    """Give a race without a track one, at any time: what has been flown is timed on it from then on.

    Raises Conflict for a race that has a track, and for another map than the race's.
    """
    if track.drift_map != race.drift_map:
        raise Conflict(f"The track is on the map {track.drift_map}, the race on {race.drift_map}.")
    with transaction.atomic():
        if not Race.objects.filter(pk=race.pk, track=None).update(track=track):
            raise Conflict("The race has a track already.")
        announce.to_ingest()
        announce.to_lobby(race.pk)
        announce.race_anew(race.pk)
    race.refresh_from_db()
    return race


def leave_race(*, race: Race, user: User) -> None:
    """Take `user` off a race. With nobody left the race and its frames go.

    Raises NotFound when they take no part, Conflict when that would leave an active race without anybody who may
    end it.
    """
    with transaction.atomic():
        # Locked, so that of two last ones who leave at once one is the last.
        locked = Race.objects.select_for_update().filter(pk=race.pk).first()
        if locked is None:
            raise NotFound("There is no such race.")
        created = locked.creator_id == user.pk
        took_part, _ = Participant.objects.filter(race=locked, user=user).delete()
        if not created and not took_part:
            raise NotFound("You take no part in this race.")
        nobody_left = (created or locked.creator_id is None) and not locked.participants.exists()
        if created or nobody_left:
            rules.need_over(locked)
        Drone.objects.filter(race=locked, pilot=user).update(pilot=None)
        if created:
            Race.objects.filter(pk=locked.pk).update(creator=None)
            announce.to_lobby(locked.pk)
    if nobody_left:
        _delete_with_frames(race)


def remove_participant(*, race: Race, by: User, user_id: int) -> None:
    """Take somebody off a race: oneself, or anybody but its creator where `by` directs the race.

    Raises Forbidden, NotFound when that user takes no part, and what leave_race raises.
    """
    if user_id == by.pk:
        leave_race(race=race, user=by)
        return
    rules.need_director(by, race)
    if user_id == race.creator_id:
        # With whom the race might go, and its frames.
        raise Forbidden("A race's creator leaves it of their own accord only.")
    # Also somebody who may not sign in any more.
    found = race.participants.filter(user=user_id) if user_id <= MAX_ID else Participant.objects.none()
    participant = found.select_related("user").first()
    if participant is None:
        raise NotFound("This user takes no part in the race.")
    leave_race(race=race, user=participant.user)


def delete_race(*, race: Race, by: User) -> None:
    """Delete a race with its frames: staff any, its creator one in which nobody else takes part.

    Raises Forbidden for others, Conflict while it is active or others take part.
    """
    rules.need_director(by, race)
    rules.need_over(race)
    if not by.is_staff and race.participants.exclude(user=by).exists():
        raise Conflict("Others take part in this race. Leave it instead: it goes with the last of them.")
    _delete_with_frames(race)


def discard_race(*, race: Race) -> None:
    """Delete a race with its frames, whoever takes part in it: for the operator's console, and imports that fail.

    Raises Conflict while it is active.
    """
    rules.need_over(race)
    _delete_with_frames(race)


def take_off_all_races(*, user: User) -> None:
    """Prepare the deletion of a user, in its transaction: the races of nobody else are deleted once it commits.

    Raises Conflict while a race that the user created is active.
    """
    if Race.objects.filter(creator=user).exclude(status=Race.Status.ENDED).exists():
        raise Conflict("This user has an active race. End it first.")
    own = Race.objects.filter(Q(creator=user) | Q(participants__user=user)).filter(
        Q(creator=user) | Q(creator=None), status=Race.Status.ENDED
    )
    others = Participant.objects.exclude(user=user).filter(race__in=own).values("race")
    for race in list(own.exclude(pk__in=others).distinct()):
        # Robust: the user is gone by then, and a failure here must not look as if they were not.
        transaction.on_commit(lambda race=race: _delete_with_frames(race), robust=True)  # type: ignore[misc]  # bound now


def _delete_with_frames(race: Race) -> None:
    # Not in one transaction: the frames, which may be millions, go in bounded steps before the rows.
    people = selectors.who_sees(race)
    signals.race_deleting.send(sender=Race, race=race)
    Race.objects.filter(pk=race.pk).delete()
    announce.hidden(race.pk, was_public=race.is_public, people=people)
