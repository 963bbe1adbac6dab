import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from races import selectors, services
from races.models import Drone, Participant, Race

pytestmark = pytest.mark.django_db


def user(name: str, *, staff: bool = False) -> User:
    return User.objects.create_user(name, password="x", is_staff=staff)


def test_nobody_signed_in_sees_the_public_races_only() -> None:
    public = services.create_race(name="public")
    services.create_race(name="private", is_public=False)
    assert list(selectors.visible_to(AnonymousUser())) == [public]


@pytest.mark.parametrize("role", ["invited", "pilot"])
def test_a_private_race_shows_to_its_creator_and_to_everybody_who_takes_part(role: str) -> None:
    creator, guest, stranger = user("creator"), user("guest"), user("stranger")
    race = services.create_race(creator=creator, is_public=False)
    Participant.objects.create(race=race, user=guest, role=role)
    Participant.objects.create(race=race, user=user("another"), role=role)
    assert list(selectors.visible_to(creator)) == [race]
    assert list(selectors.visible_to(guest)) == [race]
    assert not selectors.visible_to(stranger).exists()


def test_having_watched_a_race_while_it_was_public_is_no_invitation_to_it() -> None:
    race, viewer = services.create_race(is_public=False), user("viewer")
    Participant.objects.create(race=race, user=viewer, role=Participant.Role.VIEWER)
    assert not selectors.visible_to(viewer).exists()


def test_staff_see_all_races() -> None:
    race = services.create_race(is_public=False)
    assert list(selectors.visible_to(user("staff", staff=True))) == [race]


def test_active_races_are_those_that_hold_a_port_newest_first() -> None:
    made = [services.create_race(name=status, is_public=True) for status in Race.Status.values]
    for race in made:
        Race.objects.filter(pk=race.pk).update(status=race.name)
    assert [race.name for race in selectors.active_for(AnonymousUser())] == ["ending", "live", "waiting"]


def test_drones_are_counted_once_however_many_take_part() -> None:
    guests = [user(f"guest {number}") for number in range(3)]
    race = services.create_race(creator=guests[0], is_public=False)
    for number, guest in enumerate(guests):
        Participant.objects.create(race=race, user=guest, role=Participant.Role.INVITED)
        Drone.objects.create(race=race, number=number + 1, drone_id=f"10.0.0.{number}")
    assert [race.drone_count for race in selectors.active_for(guests[1])] == [3]
