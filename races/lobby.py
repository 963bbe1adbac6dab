"""What the lobby tells of races, and to whom: the same for its page, its list and its WebSocket."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from accounts.models import User
from races import rules, selectors
from races.models import Participant, Race


@dataclass(frozen=True)
class Access:
    """Who may know of a race, as `selectors.visible_to` says of many at once."""

    is_public: bool
    people: frozenset[int]

    def admits(self, user: User | AnonymousUser) -> bool:
        return self.is_public or user.is_staff or user.pk in self.people


@dataclass(frozen=True)
class Listed:
    """A race of the lobby at one moment. `described` is its card for those who may only watch."""

    race: Race
    access: Access
    described: dict[str, Any]

    def may_direct(self, user: User | AnonymousUser) -> bool:
        return isinstance(user, User) and rules.directs(user, self.race)


def active_or(others: Iterable[UUID]) -> dict[UUID, Listed]:
    """Give all active races, newest first, and those of `others` that there are, in two queries."""
    shown = Race.objects.filter(Q(status__in=Race.HOLDS_PORT) | Q(pk__in=list(others)))
    races = list(with_drone_count(shown.select_related("creator", "track")).order_by("-created_at", "id"))
    guests = {race.pk: {race.creator_id} if race.creator_id is not None else set() for race in races}
    private = [race.pk for race in races if not race.is_public]
    if private:
        let_in = Participant.objects.let_in().filter(race__in=private).order_by()
        for race_id, user_id in let_in.values_list("race_id", "user_id"):
            guests[race_id].add(user_id)
    return {
        race.pk: Listed(race, Access(race.is_public, frozenset(guests[race.pk])), card(race, race.drone_count))
        for race in races
    }


def active_for(user: User | AnonymousUser) -> Iterator[dict[str, Any]]:
    """Give the cards of the active races that `user` may know of, newest first, in one query."""
    for race in selectors.active_for(user).select_related("creator", "track"):
        yield card_for(user, race, race.drone_count)


def finished_for(user: User | AnonymousUser) -> QuerySet[Race]:
    """Give the races in `visible_to` that are over, the last to end first, each with `drone_count`."""
    over = selectors.visible_to(user).filter(status=Race.Status.ENDED, ended_at__isnull=False)
    return with_drone_count(over.select_related("creator", "track")).order_by("-ended_at", "id")


def own(user: User) -> QuerySet[Any]:
    """Give the races that `user` made or flies in or is invited to, the newest first, each with `drone_count`."""
    let_in = Participant.objects.let_in().filter(race=OuterRef("pk"), user=user)
    races = Race.objects.filter(Q(creator=user) | Exists(let_in)).select_related("creator", "track")
    return with_drone_count(races).order_by("-created_at", "id")


def with_drone_count(races: QuerySet[Race]) -> QuerySet[Any]:
    return races.annotate(drone_count=Count("drones"))


def card_for(user: User | AnonymousUser, race: Race, drone_count: int) -> dict[str, Any]:
    """Give a race's card for one user: `may_direct` says whether they may end, save and delete it."""
    return card(race, drone_count) | {"may_direct": isinstance(user, User) and rules.directs(user, race)}


def card(race: Race, drone_count: int) -> dict[str, Any]:
    """Give what the lobby shows of a race, its creator and track at hand; docs/protocol.md names the fields."""
    return {
        "race_id": str(race.pk),
        "race_name": race.name,
        "drift_map": race.drift_map,
        "track": race.track.name if race.track else None,
        "status": str(race.status),
        "public": race.is_public,
        "saved": race.saved,
        "creator": race.creator.username if race.creator else None,
        "may_direct": False,
        "udp_port": race.udp_port,
        "drones": drone_count,
        "frame_count": race.frame_count,
        "problem": race.problem,
        "created_at": _iso(race.created_at),
        "started_at": _iso(race.started_at),
        "ended_at": _iso(race.ended_at),
        "url": reverse("race", args=[race.pk]),
    }


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None
