"""A server that speaks the live protocol on cue, for what a real one does only rarely: too slow, restarting, refused.

    python -m tests.browser.standin PORT

The pages, the database and the static files are DRIFT's own; only the WebSocket is played, by the name of the race.
"""

import asyncio
import json
import math
import struct
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import django

django.setup()

import uvicorn
from django.core.asgi import get_asgi_application
from django.core.management import call_command

from drift_site.assets import collect_if_outdated
from races.models import Race
from races.services import create_race
from telemetry import frames

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

TICK_SECONDS = 0.04
FRAMES_A_TICK = 4
CLOSE_CODES = {"sign in": 4401, "not yours": 4403, "gone": 4404, "too slow": 1013, "restarting": 1012, "over": 1000}
NAMES = ["Anna", "", "a rather long name", "Zoë", "", "", "Mika", "", "nine"]


def hello(race: Race, drones: int) -> dict[str, Any]:
    return {
        "type": "hello",
        "race": {
            "race_id": str(race.pk),
            "race_name": race.name,
            "drift_map": race.drift_map,
            "status": race.status,
            "udp_port": race.udp_port,
            "started_at": None,
            "public": race.is_public,
        },
        "track": None,
        "drones": [drone_info(number) for number in range(1, drones + 1)],
        "standings": [],
        "server_time": time.time_ns() // 1000,
    }


def drone_info(number: int) -> dict[str, Any]:
    return {
        "drone": number,
        "drone_id": f"10.0.0.{number}",
        "name": NAMES[(number - 1) % len(NAMES)],
        "pilot": None,
        "velocity_derived": False,
    }


def batch(start: int, tick: int, drones: int) -> bytes:
    """Give one message: `drones` drones on a figure of eight, half a lap apart, four frames each."""
    rows = frames.empty(drones * FRAMES_A_TICK)
    for row in range(len(rows)):
        drone, step = row % drones + 1, tick * FRAMES_A_TICK + row // drones
        angle = step * 0.01 * 0.7 + drone * 0.7
        rows[row]["time"] = start + step * 10_000
        rows[row]["drone"] = drone
        rows[row]["seq"] = step + 1
        rows[row]["position"] = (60 * math.sin(angle), 2 + math.sin(angle * 3), 30 * math.sin(2 * angle) + drone)
        rows[row]["velocity"] = (42 * math.cos(angle), 0, 42 * math.cos(2 * angle))
        yaw = math.atan2(math.cos(angle), math.cos(2 * angle))
        rows[row]["attitude"] = (0, math.sin(yaw / 2), 0, math.cos(yaw / 2))
    return struct.pack("<BBHIq", 1, 1, frames.FRAME.itemsize, len(rows), start) + rows.tobytes()


async def play(race: Race, send: Send) -> None:
    """Play what the race's name says: a close code's cue, `waiting`, or how many drones fly for how many seconds."""
    if race.name in CLOSE_CODES:
        if race.name in ("over", "too slow", "restarting"):
            await send({"type": "websocket.send", "text": json.dumps(hello(race, 0))})
        await send({"type": "websocket.close", "code": CLOSE_CODES[race.name]})
        return
    if race.name == "newer":
        await send({"type": "websocket.send", "bytes": struct.pack("<BBHIq", 1, 2, 127, 0, 0)})
        return
    drones, seconds = (int(word) for word in race.name.split()[:2])
    await send({"type": "websocket.send", "text": json.dumps(hello(race, drones))})
    start = time.time_ns() // 1000
    for tick in range(int(seconds / TICK_SECONDS)):
        await send({"type": "websocket.send", "bytes": batch(start, tick, drones)})
        await asyncio.sleep(TICK_SECONDS)


async def websocket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    race = await Race.objects.aget(pk=scope["path"].split("/")[3])
    playing = asyncio.create_task(play(race, send))
    while (await receive())["type"] != "websocket.disconnect":
        pass
    playing.cancel()


def main() -> None:
    call_command("migrate", verbosity=0)
    collect_if_outdated()
    pages = get_asgi_application()
    for name in sys.argv[2:]:
        if not Race.objects.filter(name=name).exists():
            create_race(name=name)
    if sys.argv[2:]:
        Race.objects.exclude(name__startswith="0 ").update(status=Race.Status.LIVE)

    async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        await (websocket if scope["type"] == "websocket" else pages)(scope, receive, send)  # type: ignore[arg-type]

    uvicorn.run(application, port=int(sys.argv[1]), log_level="warning", lifespan="off")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
