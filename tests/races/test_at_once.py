"""What two callers ask for at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from accounts.errors import Refused
from accounts.models import User
from accounts.services import delete_user
from accounts.signals import user_deleting
from races import services
from races.models import Drone, Race
from tests.people import let_in, make_race, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[int]:
    """Make the calls at once, each in a thread of its own; gives 200 or the refusal's status of each."""
    start = Barrier(len(calls))

    def make(call: Callable[[], Any]) -> int:
        start.wait(10)
        try:
            call()
        except Refused as refusal:
            return refusal.status
        finally:
            connections.close_all()
        return 200

    with ThreadPoolExecutor(len(calls)) as threads:
        return sorted(threads.map(make, calls))


def test_a_user_gets_no_more_races_than_allowed(settings: Settings) -> None:
    settings.DRIFT_MAX_ACTIVE_RACES = 3
    ann = make_user("ann")
    assert at_once(*[lambda: services.create_race(creator=ann)] * 6) == [200] * 3 + [409] * 3
    assert Race.objects.count() == 3


def test_a_user_who_is_deleted_while_creating_a_race_leaves_none_that_nobody_can_end() -> None:
    for number in range(10):
        ann = make_user(f"ann {number}")
        create, delete = partial(services.create_race, creator=ann), partial(delete_user, user=ann)
        created_first, deleted_first = [200, 409], [200, 401]
        assert at_once(create, delete) in (created_first, deleted_first)
    assert not Race.objects.filter(creator=None).exists()
    assert User.objects.count() == Race.objects.count()


def test_a_race_that_is_created_in_the_midst_of_its_creators_deletion_is_none() -> None:
    """The creation comes after the look for active races, and would be done before the user's row goes."""
    ann = make_user("ann")
    created: list[int] = []
    creation = Thread(target=lambda: created.extend(at_once(lambda: services.create_race(creator=ann))))

    def create(**_: object) -> None:
        creation.start()
        creation.join(2)

    user_deleting.connect(create)
    try:
        delete_user(user=ann)
    finally:
        user_deleting.disconnect(create)
        creation.join(30)
    assert created == [401]
    assert not Race.objects.exists()


def test_races_of_several_users_never_share_a_port(settings: Settings) -> None:
    settings.DRIFT_UDP_PORTS = range(9001, 9006)
    people = [make_user(name) for name in "abcdefg"]
    calls = [lambda user=user: services.create_race(creator=user) for user in people]
    assert at_once(*calls) == [200] * 5 + [409] * 2
    assert set(Race.objects.values_list("udp_port", flat=True)) == set(settings.DRIFT_UDP_PORTS)


def test_of_two_last_ones_who_leave_the_second_takes_the_race_along() -> None:
    ann, bob = make_user("ann"), make_user("bob")
    for _ in range(5):
        race = make_race(ann, flown=True, over=True)
        let_in(race, bob)
        leave = services.leave_race
        assert at_once(lambda: leave(race=race, user=ann), lambda: leave(race=race, user=bob)) == [200, 200]  # noqa: B023
    assert not Race.objects.exists()


def test_of_two_who_take_a_drone_one_gets_it() -> None:
    race = make_race(None, flown=True)
    people = [make_user("ann"), make_user("bob")]
    for user in people:
        services.join_race(race=race, by=user)
    calls = [lambda user=user: services.bind_drone(race=race, number=1, by=user, pilot=user) for user in people]
    assert at_once(*calls) == [200, 409]
    assert Drone.objects.get(race=race, number=1).pilot in people
