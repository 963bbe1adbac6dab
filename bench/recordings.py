"""What reading recordings costs, measured inside a process with a DRIFT's settings.

`python -m bench.recordings RACES SECONDS` fills the database with races of 8 drones × 100 Hz, flown at the same time
by the clock, and prints a line of JSON for each figure: its name, and a number.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from statistics import median
from typing import Any, Final

import django
import numpy as np
import orjson

DRONES: Final = 8
HZ: Final = 100
BEGIN: Final = 1_767_225_600_000_000  # µs since 1970
PAGE_FRAMES: Final = 8_000  # written at once
REPLAYED_SECONDS: Final = 16
STEP: Final = 0.04  # s: 25 messages a second, as without `every`
HURRY: Final = 8  # times as fast as a viewer's clock; the idle time between two messages does not count


def main() -> None:
    django.setup()
    races, seconds = int(sys.argv[1]), int(sys.argv[2])
    ids = fill(races, seconds)
    for name, value in figures(ids, seconds):
        print(orjson.dumps([name, value]).decode(), flush=True)


def fill(races: int, seconds: int) -> list[Any]:
    """Record races of `seconds` s; gives their ids."""
    from django.db import connection  # noqa: PLC0415  models exist only after the set-up above

    from races.models import Drone, Race  # noqa: PLC0415
    from races.services import begin_import, finish_import  # noqa: PLC0415
    from races.stream_format import DEFAULT_FORMAT  # noqa: PLC0415
    from telemetry.clock import from_epoch_us  # noqa: PLC0415

    ids = []
    for number in range(races):
        race: Race = begin_import(name=f"bench {number}", drift_map="arena")
        _write(race.pk, seconds)
        end = BEGIN + (seconds * HZ - 1) * 1_000_000 // HZ + DRONES
        drones = [
            Drone(race=race, number=drone, drone_id=f"10.0.0.{drone}", frame_count=seconds * HZ, last_time=end)
            for drone in range(1, DRONES + 1)
        ]
        finish_import(
            race=race,
            drones=drones,
            stream_format=DEFAULT_FORMAT,
            started_at=from_epoch_us(BEGIN),
            last_frame_at=from_epoch_us(end),
            frame_count=seconds * HZ * DRONES,
            byte_count=97 * seconds * HZ * DRONES,
        )
        ids.append(race.pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return ids


def _write(race_id: Any, seconds: int) -> None:
    from django.db import transaction  # noqa: PLC0415

    from telemetry.frames import empty  # noqa: PLC0415
    from telemetry.storage import write_frames  # noqa: PLC0415

    numbers = np.random.default_rng(1)
    made = empty(PAGE_FRAMES)
    for name in ("position", "attitude", "velocity", "gyro", "input"):
        made[name] = numbers.normal(size=made[name].shape)
    made["battery"], made["motor_count"] = (0.9, 16), 4
    made["motor_rpm"][:, :4] = numbers.uniform(0, 30_000, (PAGE_FRAMES, 4))
    made["drone"] = np.arange(PAGE_FRAMES) % DRONES + 1
    for first in range(0, seconds * HZ * DRONES, PAGE_FRAMES):
        at = (first + np.arange(PAGE_FRAMES)) // DRONES
        made["seq"], made["flight_time"] = at + 1, at / HZ
        made["time"] = BEGIN + at * (1_000_000 // HZ) + made["drone"] - 1
        with transaction.atomic():
            write_frames(race_id, made)


def figures(ids: list[Any], seconds: int) -> Iterator[tuple[str, float]]:
    from races.models import Race  # noqa: PLC0415
    from telemetry import export, pages  # noqa: PLC0415
    from telemetry.pages import Thinning  # noqa: PLC0415
    from telemetry.reading import frames_of  # noqa: PLC0415

    middle = BEGIN + seconds * 500_000
    first, in_the_middle, windows = [], [], []
    for race_id in ids * 5:
        first.append(_ms(lambda race_id=race_id: next(frames_of(race_id))))
        in_the_middle.append(_ms(lambda race_id=race_id: next(frames_of(race_id, start=middle))))
        window = _ms(
            lambda race_id=race_id: pages.window(race_id, range(1, DRONES + 1), first=middle, end=middle + 1_000_000)
        )
        windows.append(window)
    yield "first ms", median(first)
    yield "first ms worst", max(first)
    yield "middle ms", median(in_the_middle)
    yield "window ms", median(windows)
    frames = seconds * HZ * DRONES
    yield "read frames/s", frames / _s(lambda: sum(map(len, frames_of(ids[0]))))
    yield "thinned frames/s", frames / _s(lambda: sum(map(len, frames_of(ids[0], thinning=Thinning(100_000)))))
    race = Race.objects.get(pk=ids[0])
    for form in export.FORMATS:
        size = 0
        begin = time.perf_counter()
        for part in export.parts_of(race, form):
            size += len(part.data)
        yield f"{form} frames/s", frames / (time.perf_counter() - begin)
        yield f"{form} bytes/frame", size / frames
    for form in ("json", "binary"):
        yield f"replay {form} µs/frame", asyncio.run(replay(race, form))


async def replay(race: Any, form: Any) -> float:
    """Play the beginning, in a hurry; gives µs of processor time a frame, from the database to the text."""
    from asgiref.sync import sync_to_async  # noqa: PLC0415

    from telemetry.hub import Wish  # noqa: PLC0415
    from telemetry.recordings import recording_of  # noqa: PLC0415
    from telemetry.replay import Player  # noqa: PLC0415
    from telemetry.replay_session import DatabaseReader, Session  # noqa: PLC0415
    from telemetry.viewer import Viewer  # noqa: PLC0415

    recording = await sync_to_async(recording_of)(race)

    async def send(_: dict[str, Any]) -> None:
        """Send nothing: what a WebSocket costs is measured by bench.fanout."""

    viewer = Viewer(send, wants_events=True)
    player = Player(lambda: time.perf_counter() * HURRY, recording.duration)
    reader = DatabaseReader(race.pk, recording.chosen(None))
    session = Session(recording, player, viewer, Wish(form), reader, tick=STEP / HURRY)
    begin = time.process_time()
    tasks = [asyncio.create_task(session.run()), asyncio.create_task(viewer.run())]
    await asyncio.sleep(REPLAYED_SECONDS / HURRY)
    spent = time.process_time() - begin
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return spent * 1e6 / (player.time / 1e6 * HZ * DRONES)


def _s(work: Any) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _ms(work: Any) -> float:
    return 1000 * _s(work)


if __name__ == "__main__":
    main()
