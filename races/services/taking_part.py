"""Who takes part in a race: viewers, pilots and invited guests."""

from collections.abc import Collection

from django.db import transaction

from accounts import selectors as accounts
from accounts.errors import Conflict, Forbidden, NotFound, Refused
from accounts.models import User
from races import rules, selectors
from races.five_fields import NOBODY
from races.models import Participant, Race

MOST_AT_ONCE = 200  # users named in one call


def watch_race(*, race: Race, user: User | None) -> None:
    """Note that `user` (None: nobody signed in) watches a race; watching a public one is taking part in it.

    Raises NotFound when the race is over. Whether the user may know of the race is for the caller's selector.
    """
    if not race.is_active:
        raise NotFound("This race is over.")
    if user is not None and race.is_public and race.creator_id != user.pk:
        Participant.objects.get_or_create(race=race, user=user, defaults={"role": Participant.Role.VIEWER})


def join_race(*, race: Race, by: User) -> Participant:
    """Take part as a pilot: in a public race, or in a private one that `by` directs or is invited to.

    Raises Conflict when the race is over, Forbidden for an uninvited one.
    """
    if not race.is_active:
        raise Conflict("This race is over.")
    with transaction.atomic():
        if not (race.is_public or rules.directs(by, race) or race.participants.let_in().filter(user=by).exists()):
            raise Forbidden("This race is private. Its creator can invite you.")
        return make_pilot(race=race, user=by)


def invite(*, race: Race, by: User, username: str) -> Participant:
    """Let a user into a race; one who takes part already keeps their role, a mere viewer becomes a guest.

    Raises Forbidden unless `by` directs the race, NotFound for nobody of this name.
    """
    rules.need_director(by, race)
    user = accounts.find_user(username)
    if user is None or not user.is_active:
        raise NotFound("There is no user of this name.")
    add_guests(race=race, user_ids=[user.pk])
    return Participant.objects.select_related("user").get(race=race, user=user)


def need_known(*, race: Race, by: User, user_ids: Collection[int]) -> None:
    """Raise Refused for a number of nobody whom `by` sees in the race, be it somebody's or not."""
    known = selectors.people_of(race, by, user_ids)
    for number in user_ids:
        if number != NOBODY and number not in known:
            raise Refused(f"User {number} takes no part in this race. Invite them by their name.")


def make_pilot(*, race: Race, user: User) -> Participant:
    pilot, _ = Participant.objects.update_or_create(race=race, user=user, defaults={"role": Participant.Role.PILOT})
    return pilot


def add_guests(*, race: Race, user_ids: Collection[int]) -> None:
    """Add users by their numbers, as guests where they take no part yet; the original's −1 (nobody) is passed over.

    Raises Refused for a number that is nobody's.
    """
    wanted = sorted({number for number in user_ids if number != NOBODY})
    if len(wanted) > MOST_AT_ONCE:
        raise Refused(f"At most {MOST_AT_ONCE} users can be named at once.")
    with transaction.atomic():
        # Locked, so that none of them is deleted before this commits.
        users = User.objects.select_for_update(no_key=True).filter(pk__in=wanted, is_active=True).order_by("pk")
        known = set(users.values_list("pk", flat=True))
        for number in wanted:
            if number not in known:
                raise Refused(f"There is no user {number}.")
        guest = Participant.Role.INVITED
        Participant.objects.filter(race=race, user__in=known, role=Participant.Role.VIEWER).update(role=guest)
        guests = [Participant(race=race, user_id=number, role=guest) for number in known - {race.creator_id}]
        Participant.objects.bulk_create(guests, ignore_conflicts=True)
