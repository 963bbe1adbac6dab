"""Who may do what to a race or a track, and the words in which it is refused: the one place that says so."""

from accounts.errors import Conflict, Forbidden
from accounts.models import User
from races.models import Drone, Race, Track

END_FIRST = "This race is not over. End it first."


def directs(user: User, race: Race) -> bool:
    """Tell whether `user` is the race's director: its creator, or staff."""
    return user.is_staff or race.creator_id == user.pk


def need_director(user: User, race: Race) -> None:
    if not directs(user, race):
        raise Forbidden("Only the race's creator or staff may do this.")


def need_over(race: Race) -> None:
    if race.status != Race.Status.ENDED:
        raise Conflict(END_FIRST)


def need_owner(user: User, track: Track) -> None:
    if not user.is_staff and track.creator_id != user.pk:
        raise Forbidden("Only the track's creator or staff may do this.")


def need_hand_on(user: User, drone: Drone) -> None:
    """The race's director has a hand on every drone, a pilot on their own."""
    if drone.pilot_id != user.pk and not directs(user, drone.race):
        raise Forbidden("Only its pilot, the race's creator or staff may do this.")
