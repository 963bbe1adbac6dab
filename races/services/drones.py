"""What a race's drones are called and who flies them."""

from django.db import transaction

from accounts.errors import Conflict, Forbidden, NotFound
from accounts.models import User
from races import announce, events, names, rules
from races.models import Drone, Race
from races.services import taking_part


def name_drone(*, race: Race, number: int, by: User, name: str) -> Drone:
    """Give a drone a name, '' to take it away, and tell the race's viewers.

    Raises NotFound for no such drone, Forbidden unless `by` flies it or directs the race, Refused for a bad name.
    """
    with transaction.atomic():
        drone = _drone(race, number)
        rules.need_hand_on(by, drone)
        drone.name = names.drone_name(name)
        drone.save(update_fields=["name"])
        announce.to_race(race.pk, events.described(drone))
    return drone


def bind_drone(*, race: Race, number: int, by: User, pilot: User | None) -> Drone:
    """Say who flies a drone (None: nobody), who thereby takes part as a pilot, and tell the race's viewers.

    The race's director binds anybody; who takes part may take a drone that nobody flies, and give up their own.
    Raises NotFound for no such drone, Forbidden, Conflict for a drone that somebody else flies.
    """
    with transaction.atomic():
        drone = _drone(race, number)
        if not rules.directs(by, race):
            _need_own_hand(drone, by, pilot)
        drone.pilot = pilot
        drone.save(update_fields=["pilot"])
        if pilot is not None:
            taking_part.make_pilot(race=race, user=pilot)
        announce.to_race(race.pk, events.described(drone))
    return drone


def _need_own_hand(drone: Drone, by: User, pilot: User | None) -> None:
    if pilot is None:
        rules.need_hand_on(by, drone)
        return
    if pilot != by:
        raise Forbidden("Only the race's creator or staff may bind a drone to somebody else.")
    if drone.pilot_id not in {None, by.pk}:
        raise Conflict("Somebody else flies this drone.")
    if not drone.race.participants.let_in().filter(user=by).exists():
        raise Forbidden("Join the race first.")


def _drone(race: Race, number: int) -> Drone:
    # Locked, so that two who take a drone at once do not both get it. Not its pilot, whom the join may not find.
    drones = Drone.objects.select_for_update(of=("self",)).select_related("race", "pilot")
    drone = drones.filter(race=race, number=number).first()
    if drone is None:
        raise NotFound("There is no such drone in this race.")
    return drone
