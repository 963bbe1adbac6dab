"""Timed races, flown live before a WebSocket and replayed to a viewer, for the tests of replays."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from races.announce import race_group
from races.models import Race
from races.services import close_race, create_race
from telemetry import replay_session
from telemetry.batches import Batch
from telemetry.frames import FrameArray
from telemetry.hub import Wish
from telemetry.replay_session import Session
from telemetry.routing import websocket_urlpatterns
from telemetry.timed_race import TimedRace, time_what_is_recorded
from telemetry.viewer import Viewer
from tests.flown import arena_track, record_flight
from tests.telemetry.builders import START
from tests.telemetry.recording import Clock

TICK_US = 40_000
Event = dict[str, Any]


def ticks(frames: FrameArray) -> list[FrameArray]:
    cuts = np.searchsorted(frames["time"], np.arange(START + TICK_US, frames["time"][-1], TICK_US))
    return [part for part in np.split(frames, cuts) if len(part)]


def timed_race(frames: FrameArray, *, over: bool = True, **rules: Any) -> Race:
    """Give a race that was recorded and timed."""
    race = create_race(track=arena_track(**rules))
    record_flight(race, frames)
    time_what_is_recorded(race.pk)
    if over:
        close_race(race=race)
    race.refresh_from_db()
    return race


async def flown_live(race: Race, frames: FrameArray) -> list[Event]:
    """Time a race tick by tick as the ingest does; give what a WebSocket of the live stream was sent."""
    communicator = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/races/{race.pk}/?every=1")
    communicator.scope["user"] = AnonymousUser()
    assert (await communicator.connect())[0]
    messages = [json.loads(await communicator.receive_from(timeout=10))]
    layer, group, clock = get_channel_layer(), race_group(race.pk), Clock()
    assert layer is not None
    timed = TimedRace(race.pk, {}, clock=clock)

    def step(part: FrameArray) -> list[Event]:
        told = timed.step([part]).events
        timed.write()
        return told

    for number, part in enumerate(ticks(frames), 1):
        batch = Batch(number, START + 1, {n: f"10.0.0.{n}" for n in (1, 2, 3)}, part)
        await layer.group_send(group, batch.to_message())
        clock.now += TICK_US / 1e6
        for event in await sync_to_async(step)(part):
            await layer.group_send(group, {"type": "race.event", "event": event})
    for event in await sync_to_async(timed.finish)(ended=True):
        await layer.group_send(group, {"type": "race.event", "event": event})
    await layer.group_send(group, {"type": "race.event", "event": {"type": "race", "status": "ended"}})
    while messages[-1]["type"] != "race":
        messages.append(json.loads(await communicator.receive_from(timeout=10)))
    await communicator.disconnect()
    await sync_to_async(record_flight)(race, frames)
    await sync_to_async(lambda: close_race(race=Race.objects.get(pk=race.pk)))()
    return messages


@dataclass
class Shown:
    """What a viewer of a replay was sent, and the session behind it."""

    messages: list[Event] = field(default_factory=list)
    session: Session | None = None
    reading: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: dict[str, Any]) -> None:
        await self.reading.wait()
        self.messages.append(json.loads(message["text"]))

    def say(self, **command: object) -> None:
        assert self.session is not None
        self.session.command(json.dumps(command))

    async def until(self, state: str, *, after: int = 0) -> list[Event]:
        """Give the messages from number `after` on, once they tell that the replay is in `state`."""
        async with asyncio.timeout(30):
            while not any(
                message["type"] == "replay" and message["state"] == state for message in self.messages[after:]
            ):
                await asyncio.sleep(0.005)
        return self.messages[after:]

    async def standings(self, *, after: int = 0) -> list[Event]:
        """Give the first standings from message number `after` on."""
        async with asyncio.timeout(30):
            while True:
                for message in self.messages[after:]:
                    if message["type"] == "standings":
                        return list(message["standings"])
                await asyncio.sleep(0.005)


@asynccontextmanager
async def replayed(
    race: Race, wish: Wish | None = None, *, start: float | None = None, hurry: float = 20.0
) -> AsyncIterator[Shown]:
    """Replay a race at 8 times `hurry` its pace, to a viewer who reads."""
    shown = Shown()
    shown.reading.set()
    loop = asyncio.get_running_loop()
    serving = asyncio.create_task(
        replay_session.serve(
            race.pk,
            Viewer(shown.send, wants_events=True),
            wish or Wish("json", every=1),
            speed=8.0,
            start=start,
            announce=lambda session: setattr(shown, "session", session),
            clock=lambda: loop.time() * hurry,
        )
    )
    try:
        async with asyncio.timeout(10):
            while shown.session is None:
                await asyncio.sleep(0.002)
        yield shown
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
