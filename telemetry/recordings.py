"""What a race's recording holds, looked up once: for replays, downloads and exports."""

from dataclasses import dataclass
from uuid import UUID

from races.models import Race
from telemetry.clock import epoch_us


@dataclass(frozen=True, slots=True)
class Recording:
    """A race's recorded frames in short: `start` and `end` are the first and the last one's time (µs since 1970)."""

    race_id: UUID
    start: int
    end: int
    frame_count: int
    drone_ids: dict[int, str]
    velocity_derived: bool

    @property
    def duration(self) -> int:
        """The time of the last frame since the first (µs)."""
        return self.end - self.start

    def chosen(self, drones: frozenset[int] | None) -> list[int]:
        """Give the numbers of the drones that there are, or of those among `drones`."""
        return [number for number in self.drone_ids if drones is None or number in drones]


def recording_of(race: Race) -> Recording:
    """Give the recording of `race` as it is at this moment; without frames its start and end are 0."""
    drones = list(race.drones.order_by("number"))
    start = epoch_us(race.started_at) if race.started_at else 0
    return Recording(
        race.pk,
        start,
        max([start, *(drone.last_time for drone in drones)]),
        race.frame_count,
        {drone.number: drone.drone_id for drone in drones},
        any(drone.velocity_derived for drone in drones),
    )
