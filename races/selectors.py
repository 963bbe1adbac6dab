"""Reading races: who may see which, and the views of them that several parts share."""

from typing import TYPE_CHECKING, TypedDict

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User
from races.models import Participant, Race

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class DroneCount(TypedDict):
    """What `active_for` adds to a race."""

    drone_count: int


def visible_to(user: User | AnonymousUser) -> QuerySet[Race]:
    """Give the races that `user` may know of: public ones, and private ones they made, fly in or are invited to.

    Staff see all races; nobody signed in sees the public ones.
    """
    if user.is_staff:
        return Race.objects.all()
    if not isinstance(user, User):
        return Race.objects.filter(is_public=True)
    takes_part = Participant.objects.filter(race=OuterRef("pk"), user=user)
    return Race.objects.filter(Q(is_public=True) | Q(creator=user) | Exists(takes_part))


def active_for(user: User | AnonymousUser) -> "QuerySet[WithAnnotations[Race, DroneCount]]":
    """Give the races in `visible_to` that hold a UDP port, newest first, each with `drone_count`.

    Their number is bounded by the ports of DRIFT_UDP_PORTS.
    """
    races = visible_to(user).filter(status__in=Race.HOLDS_PORT).annotate(drone_count=Count("drones"))
    return races.order_by("-created_at", "id")  # a grouped query forgets the model's own order
