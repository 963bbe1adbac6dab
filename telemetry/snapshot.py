"""What a viewer is told first: the race as the database has it at this moment."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from races import scoring
from races.events import described
from races.models import Race, RaceTiming, Track
from telemetry.clock import epoch_us


def hello(race_id: UUID, *, of_now: bool = True) -> dict[str, Any] | None:
    """Give the `hello` message of a race, or None when there is no such race; not `of_now`: without standings."""
    race = Race.objects.select_related("track").filter(pk=race_id).first()
    if race is None:
        return None
    ranked = scoring.standings_of(race) if of_now and _is_ranked(race) else []
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
        "track": _track(race.track) if race.track else None,
        "drones": drones,
        "standings": [scoring.standing_json(each) for each in ranked],
        "server_time": epoch_us(datetime.now(UTC)),
    }


def _is_ranked(race: Race) -> bool:
    """Tell whether a race has a ranking: one that was timed keeps it when its track is deleted."""
    return race.track is not None or RaceTiming.objects.filter(race_id=race.pk).exists()


def _track(track: Track) -> dict[str, Any]:
    names = ("order", "x", "y", "z", "yaw", "pitch", "width", "height", "label", "sector_end")
    return {
        "track_id": track.pk,
        "name": track.name,
        "laps": track.laps,
        "time_limit": None if track.time_limit is None else float(track.time_limit),
        "grace": float(track.grace),
        "min_lap": float(track.min_lap),
        "gates": [{name: getattr(gate, name) for name in names} for gate in track.gates.order_by("order")],
    }
