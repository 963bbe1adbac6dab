"""What a viewer is told first: the race as the database has it at this moment."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from races.models import Drone, Race
from telemetry.clock import epoch_us


def drone_event(number: int, drone_id: str, *, velocity_derived: bool = False, name: str = "", pilot: str | None = None
                ) -> dict[str, Any]:  # fmt: skip
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


def hello(race_id: UUID) -> dict[str, Any] | None:
    """Give the `hello` message of a race, or None when there is no such race."""
    race = Race.objects.select_related("track").filter(pk=race_id).first()
    if race is None:
        return None
    drones = [described(drone) for drone in race.drones.select_related("pilot").order_by("number")]
    for drone in drones:
        del drone["type"]
    return {
        "type": "hello",
        "race": {
            "race_id": str(race.pk),
            "race_name": race.name,
            "drift_map": race.drift_map,
            "status": race.status,
            "udp_port": race.udp_port,
            "public": race.is_public,
            "started_at": race.started_at.isoformat() if race.started_at else None,
        },
        "track": {"track_id": race.track.pk, "name": race.track.name} if race.track else None,
        "drones": drones,
        "standings": [],
        "server_time": epoch_us(datetime.now(UTC)),
    }
