"""Replays from the database to a viewer: all frames, in order, at the pace of a clock that the test moves."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from races.models import Race
from races.services import close_race
from telemetry.batches import parse_frames_bytes
from telemetry.consumers import parse_number
from telemetry.frames import FrameArray, empty
from telemetry.hub import Wish
from telemetry.recordings import Recording, recording_of
from telemetry.replay import Player
from telemetry.replay_session import DatabaseReader, Session, Windows
from telemetry.routing import websocket_urlpatterns
from telemetry.viewer import Viewer
from tests.people import let_in, make_race, make_user, put
from tests.telemetry.builders import START, frames

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_connection_stays")]

DURATION = 3.980002  # s, of what `flown` gives


def flown(seconds: float = 4.0, *, is_public: bool = True, creator: User | None = None) -> tuple[Race, FrameArray]:
    """Give an ended race of three drones at 50 Hz, of which the third comes late, and its frames in order."""
    count = int(seconds * 50)
    made = np.concatenate([frames([number] * count) for number in (1, 2, 3)])
    made["time"] = START + 20_000 * np.tile(np.arange(count), 3) + made["drone"]
    made = made[(made["drone"] != 3) | (made["time"] > START + 2_000_000)]
    made = made[np.lexsort((made["drone"], made["time"]))]
    race = make_race(creator, is_public=is_public)
    put(race, made)
    close_race(race=race)
    race.refresh_from_db()
    return race, made


class Stage:
    """A session whose viewer is the test, and whose clock moves when the test says so."""

    def __init__(self, recording: Recording, wish: Wish, *, speed: float = 1.0) -> None:
        self.now = 0.0
        self.sent: list[dict[str, Any]] = []
        self.reading = asyncio.Event()
        self.reading.set()
        self.player = Player(lambda: self.now, recording.duration, speed=speed, longest_step=0.5)
        self.viewer = Viewer(self._send, wants_events=True)
        reader = DatabaseReader(recording.race_id, recording.chosen(wish.drones))
        self.session = Session(recording, self.player, self.viewer, wish, reader, tick=0.001)

    async def _send(self, message: dict[str, Any]) -> None:
        await self.reading.wait()
        self.sent.append(message)

    @property
    def events(self) -> list[dict[str, Any]]:
        shown = [json.loads(message["text"]) for message in self.sent if "text" in message]
        return [event for event in shown if event["type"] != "frames"]

    @property
    def states(self) -> list[str]:
        return [event["state"] for event in self.events if event["type"] == "replay"]

    @property
    def frames(self) -> FrameArray:
        parts = [parse_frames_bytes(message["bytes"])[1] for message in self.sent if "bytes" in message]
        return np.concatenate([empty(0), *parts])

    def say(self, **command: object) -> None:
        self.session.command(json.dumps(command))

    async def until(self, count: int) -> FrameArray:
        """Wait for `count` frames."""
        async with asyncio.timeout(10):
            while len(self.frames) < count:
                await asyncio.sleep(0.002)
        return self.frames

    async def told(self, kind: str, value: str = "") -> dict[str, Any]:
        """Wait for an event, of the type `kind`; of `replay`, with the state `value` in the last one."""
        async with asyncio.timeout(10):
            while True:
                found = [event for event in self.events if event["type"] == kind]
                if found and value in {"", found[-1].get("state")}:
                    return found[-1]
                await asyncio.sleep(0.002)

    async def play_to_end(self, step: float = 0.1) -> None:
        async with asyncio.timeout(20):
            while self.states[-1:] != ["ended"]:
                self.now += step
                await asyncio.sleep(0.003)


@asynccontextmanager
async def stage(race: Race, wish: Wish | None = None, *, speed: float = 1.0) -> AsyncIterator[Stage]:
    recording = await sync_to_async(recording_of)(race)
    made = Stage(recording, wish or Wish("binary"), speed=speed)
    tasks = [asyncio.create_task(made.session.run()), asyncio.create_task(made.viewer.run())]
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(("speed", "step"), [(1.0, 0.1), (8.0, 0.05), (0.5, 0.4)])
async def test_a_replay_gives_every_frame_once_and_in_order(speed: float, step: float) -> None:
    race, made = await sync_to_async(flown)()
    async with stage(race, speed=speed) as shown:
        await shown.play_to_end(step)
        assert (await shown.until(len(made))).tobytes() == made.tobytes()
        assert shown.states == ["playing", "ended"]
        assert shown.events[-1]["time"] == shown.events[-1]["duration"] == DURATION


async def test_frames_come_when_they_are_due() -> None:
    race, made = await sync_to_async(flown)()
    async with stage(race) as shown:
        for now in (0.3, 0.7, 1.1):
            shown.now = now
            due = made[made["time"] < made["time"][0] + round(now * 1e6)]
            assert (await shown.until(len(due))).tobytes() == due.tobytes()


async def test_only_the_drones_asked_for() -> None:
    race, made = await sync_to_async(flown)()
    wanted = made[np.isin(made["drone"], [1, 3])]
    async with stage(race, Wish("binary", drones=frozenset({1, 3, 9}))) as shown:
        await shown.play_to_end()
        assert (await shown.until(len(wanted))).tobytes() == wanted.tobytes()


async def test_a_seek_shows_where_each_drone_is_and_goes_on_from_there() -> None:
    race, made = await sync_to_async(flown)()
    async with stage(race) as shown:
        shown.say(type="pause")
        await shown.told("replay", "paused")
        before = len(shown.frames)
        shown.say(type="seek", to=3.0)
        there = (await shown.until(before + 3))[before:]
        moment = made["time"][0] + 3_000_000
        assert sorted(there["drone"].tolist()) == [1, 2, 3]
        assert all(moment - 20_000 < time <= moment for time in there["time"].tolist())
        assert shown.events[-1] == {
            "type": "replay", "state": "paused", "time": 3.0, "speed": 1.0, "loop": None, "duration": DURATION
        }  # fmt: skip
        shown.say(type="play")
        await shown.told("replay", "playing")
        await shown.play_to_end()
        rest = made[made["time"] > moment]
        assert (await shown.until(before + 3 + len(rest)))[before + 3 :].tobytes() == rest.tobytes()


async def test_a_seek_before_the_first_frame_of_a_drone_does_not_show_it() -> None:
    race, _ = await sync_to_async(flown)()
    async with stage(race) as shown:
        shown.say(type="pause")
        shown.say(type="seek", to=1.0)
        assert sorted((await shown.until(2))["drone"].tolist()) == [1, 2]


async def test_a_loop_comes_round() -> None:
    race, made = await sync_to_async(flown)()
    async with stage(race) as shown:
        shown.say(type="loop", **{"from": 0.0, "to": 0.5})
        rounds = made[made["time"] < made["time"][0] + 500_000]
        async with asyncio.timeout(10):
            while len(shown.frames) < 3 * len(rounds):
                shown.now += 0.05
                await asyncio.sleep(0.003)
        assert shown.frames[: 3 * len(rounds)].tobytes() == 3 * rounds.tobytes()
        jumps = [event["time"] for event in shown.events if event["type"] == "replay"]
        assert jumps[-1] == 0.0


async def test_play_at_the_end_begins_anew() -> None:
    race, made = await sync_to_async(flown)()
    async with stage(race, speed=8.0) as shown:
        await shown.play_to_end()
        await shown.until(len(made))
        shown.say(type="play")
        await shown.told("replay", "playing")
        await shown.play_to_end()
        again = (await shown.until(2 * len(made)))[len(made) :]
        assert again.tobytes() == made.tobytes()


async def test_a_bad_command_is_answered() -> None:
    race, _ = await sync_to_async(flown)()
    async with stage(race) as shown:
        shown.say(type="speed", value=100)
        assert await shown.told("error") == {"type": "error", "detail": "value must be from 0.1 to 8."}


async def test_a_viewer_who_does_not_read_makes_the_replay_wait_and_misses_nothing() -> None:
    race, made = await sync_to_async(flown)()
    async with stage(race) as shown:
        await shown.told("replay", "playing")
        shown.reading.clear()
        for _ in range(200):
            shown.now += 0.1
            await asyncio.sleep(0.001)
        assert shown.player.time < 2_000_000
        shown.reading.set()
        await shown.play_to_end()
        assert (await shown.until(len(made))).tobytes() == made.tobytes()


async def test_a_replay_holds_no_more_than_two_windows() -> None:
    race, made = await sync_to_async(flown)(20.0)
    recording = await sync_to_async(recording_of)(race)
    windows = Windows(DatabaseReader(race.pk, [1, 2, 3]), recording)
    at, most = recording.start, 0
    got = [empty(0)]
    while at <= recording.end:
        got.append(await windows.frames(at, at + 40_000, 1.0))
        at += 40_000
        ahead = len(await windows._ahead) if windows._ahead else 0
        most = max(most, len(windows._frames) + ahead)
    await windows.close()
    assert np.concatenate(got).tobytes() == made.tobytes()
    assert most <= 2 * 3 * 50


async def test_a_race_without_frames_has_ended_at_once() -> None:
    race = await sync_to_async(make_race)(None, over=True)
    async with stage(race) as shown:
        event = await shown.told("replay", "ended")
        assert (event["time"], event["duration"]) == (0.0, 0.0)


# --- over the WebSocket


def connect(race: Race, query: str = "", user: User | None = None) -> WebsocketCommunicator:
    communicator = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/races/{race.pk}/replay/{query}")
    communicator.scope["user"] = user or AnonymousUser()
    return communicator


async def received(communicator: WebsocketCommunicator, state: str) -> list[dict[str, Any]]:
    """Give the messages up to the one that says that the replay is in `state`."""
    messages: list[dict[str, Any]] = []
    while not messages or (messages[-1].get("type"), messages[-1].get("state")) != ("replay", state):
        messages.append(json.loads(await communicator.receive_from(timeout=10)))
    return messages


async def test_a_replay_speaks_as_the_live_stream_does() -> None:
    race, made = await sync_to_async(flown)(0.4)
    communicator = connect(race, "?every=1&speed=8")
    assert (await communicator.connect())[0]
    messages = await received(communicator, "ended")
    await communicator.disconnect()
    assert [message["type"] for message in messages[:2]] == ["hello", "replay"]
    assert messages[0]["race"]["status"] == "ended"
    assert [drone["drone"] for drone in messages[0]["drones"]] == [1, 2]
    shown = [frame for message in messages if message["type"] == "frames" for frame in message["frames"]]
    assert [(frame["drone"], frame["seq"]) for frame in shown] == list(
        zip(made["drone"].tolist(), made["seq"].tolist(), strict=True)
    )
    assert shown[1]["drone_id"] == "10.0.0.2"
    assert shown[1]["timestamp"] == 1e-06


async def test_a_replay_begins_where_it_is_asked_to_and_takes_commands_at_once() -> None:
    race, _ = await sync_to_async(flown)()
    communicator = connect(race, "?from=3.5&speed=0.1")
    assert (await communicator.connect())[0]
    await communicator.send_to(text_data='{"type":"pause"}')
    paused = (await received(communicator, "paused"))[-1]
    await communicator.send_to(text_data="{")
    while (message := json.loads(await communicator.receive_from(timeout=10)))["type"] != "error":
        pass
    await communicator.disconnect()
    assert 3.5 <= paused["time"] < 4
    assert paused["speed"] == 0.1
    assert message == {"type": "error", "detail": "A command is JSON."}


async def test_a_private_race_is_replayed_to_those_who_may_see_it_live() -> None:
    def prepare() -> tuple[Race, User, User, User]:
        ann, bob, eve = make_user("ann"), make_user("bob"), make_user("eve")
        race, _ = flown(0.2, is_public=False, creator=ann)
        let_in(race, bob)
        return race, ann, bob, eve

    race, ann, bob, eve = await sync_to_async(prepare)()
    for user, code in ((ann, None), (bob, None), (eve, 4403), (None, 4401)):
        communicator = connect(race, user=user)
        assert (await communicator.connect())[0]
        if code is None:
            assert json.loads(await communicator.receive_from(timeout=10))["type"] == "hello"
            await communicator.disconnect()
        else:
            assert await communicator.receive_output(timeout=10) == {"type": "websocket.close", "code": code}


@pytest.mark.parametrize(
    ("query", "number"),
    [(b"", None), (b"from=2.5", 2.5), (b"from=-3", -3.0), (b"from=nan", None), (b"from=inf", None), (b"from=x", None)],
)
def test_a_number_of_the_query_that_is_none_counts_as_absent(query: bytes, number: float | None) -> None:
    assert parse_number(query, "from") == number
