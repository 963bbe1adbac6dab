"""Reading races: who may see which, and the views of them that several parts share."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from accounts.errors import NotFound
from accounts.models import User
from accounts.selectors import MAX_ID
from races.models import Drone, Participant, Race, Track

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class DroneCount(TypedDict):
    """What `active_for` adds to a race."""

    drone_count: int


def visible_to(user: User | AnonymousUser) -> QuerySet[Race]:
    """Give the races that `user` may know of: public ones, and private ones they made, fly in or are invited to.

    Staff see all races; nobody signed in sees the public ones. Having watched a race while it was public is no
    invitation to it.
    """
    if user.is_staff:
        return Race.objects.all()
    if not isinstance(user, User):
        return Race.objects.filter(is_public=True)
    let_in = Participant.objects.let_in().filter(race=OuterRef("pk"), user=user)
    return Race.objects.filter(Q(is_public=True) | Q(creator=user) | Exists(let_in))


def who_sees(race: Race) -> set[int]:
    """Give the users' numbers of those who may know of a race also where it is private, staff aside."""
    let_in = race.participants.let_in().order_by()
    creator = {race.creator_id} if race.creator_id is not None else set()
    return {*let_in.values_list("user_id", flat=True)} | creator


def active_for(user: User | AnonymousUser) -> "QuerySet[WithAnnotations[Race, DroneCount]]":
    """Give the races in `visible_to` that hold a UDP port, newest first, each with `drone_count`.

    Their number is bounded by the ports of DRIFT_UDP_PORTS.
    """
    races = visible_to(user).filter(status__in=Race.HOLDS_PORT).annotate(drone_count=Count("drones"))
    return races.order_by("-created_at", "id")  # a grouped query forgets the model's own order


def race_for(user: User | AnonymousUser | None, race_id: UUID) -> Race:
    """Give a race with its creator and track; raises NotFound where there is none that `user` may know of."""
    race = visible_to(user or AnonymousUser()).select_related("creator", "track").filter(pk=race_id).first()
    if race is None:
        raise NotFound("There is no such race.")
    return race


def race_left_by(user: User, race_id: UUID) -> Race:
    """Give a race that `user` may know of or takes any part in; raises NotFound."""
    known = visible_to(user).filter(pk=race_id)
    race = Race.objects.filter(Q(pk__in=known.values("pk")) | Q(pk=race_id, participants__user=user)).first()
    if race is None:
        raise NotFound("There is no such race.")
    return race


def listed_for(user: User | AnonymousUser) -> QuerySet[Race]:
    """Give the races in `visible_to` that take frames, newest first."""
    return visible_to(user).filter(status__in=Race.ACTIVE).order_by("-created_at", "id")


def saved_for(user: User | AnonymousUser) -> QuerySet[Race]:
    """Give the saved races that `user` may read, newest first, with their participants at hand."""
    return visible_to(user).filter(saved=True).order_by("-created_at", "id").prefetch_related("participants")


def saved_with(user: User) -> QuerySet[Race]:
    """Give, of `saved_for`, the races that the user created or takes part in."""
    takes_part = Participant.objects.filter(race=OuterRef("pk"), user=user)
    return saved_for(user).filter(Q(creator=user) | Exists(takes_part))


def purgeable(*, ended_before: datetime) -> QuerySet[Race]:
    """Give the ended races that are not saved, the oldest first; one without an end counts from its creation."""
    ended = Race.objects.filter(status=Race.Status.ENDED, saved=False)
    return (
        ended.annotate(over_at=Coalesce("ended_at", "created_at")).filter(over_at__lt=ended_before).order_by("over_at")
    )


def user_ids(race: Race) -> list[int]:
    """Give the numbers of those who take part in a race: its creator first, if there is one."""
    creator = [race.creator_id] if race.creator_id is not None else []
    return creator + [one.user_id for one in race.participants.all() if one.user_id != race.creator_id]


def people_of(race: Race, by: User, user_ids: Collection[int]) -> dict[int, User]:
    """Give, of the active users with these numbers, those whom `by` sees in a race: who takes part, and themselves.

    All others are as if they were not there: a number is no way to somebody's name.
    """
    seen = Q(pk=by.pk) | Q(pk=race.creator_id) | Q(pk__in=race.participants.values("user"))
    known = [number for number in user_ids if 0 < number <= MAX_ID]
    return {user.pk: user for user in User.objects.filter(seen, pk__in=known, is_active=True)}


def track_by_id(track_id: int) -> Track:
    """Give a track with its gates at hand; raises NotFound."""
    track = Track.objects.select_related("creator").prefetch_related("gates").filter(pk=track_id).first()
    if track is None:
        raise NotFound("There is no such track.")
    return track


def drone_for(race: Race, number: int) -> Drone:
    """Give a race's drone with its pilot; raises NotFound."""
    drone = Drone.objects.select_related("pilot").filter(race=race, number=number).first()
    if drone is None:
        raise NotFound("There is no such drone in this race.")
    return drone
