"""The events of docs/protocol.md that tell a race's viewers of its drones."""

from typing import Any

from races.models import Drone


def drone_event(
    number: int, drone_id: str, *, velocity_derived: bool = False, name: str = "", pilot: str | None = None
) -> dict[str, Any]:
    """Give the `drone` event that tells viewers of a drone or of its new name."""
    return {
        "type": "drone",
        "drone": number,
        "drone_id": drone_id,
        "name": name,
        "pilot": pilot,
        "velocity_derived": velocity_derived,
    }


def described(drone: Drone) -> dict[str, Any]:
    """Give the `drone` event of a recorded drone."""
    return drone_event(
        drone.number,
        drone.drone_id,
        velocity_derived=drone.velocity_derived,
        name=drone.name,
        pilot=drone.pilot.username if drone.pilot else None,
    )
