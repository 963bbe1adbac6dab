import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.layers import get_channel_layer

from races.announce import race_group, status_event
from telemetry import alive, batches
from telemetry import hub as module
from telemetry.batches import Batch, parse_frames_bytes
from telemetry.hub import RaceHub, Wish
from telemetry.viewer import NO_SUCH_RACE, OVER, Viewer
from tests.telemetry.builders import batch

RACE = uuid4()
JSON, BINARY = Wish("json"), Wish("binary")


def hello(status: str = "live", drones: tuple[int, ...] = ()) -> dict[str, Any]:
    return {"type": "hello", "race": {"status": status}, "drones": [{"drone": number} for number in drones]}


class Database:
    """What the hub reads its snapshots from."""

    def __init__(self) -> None:
        self.hello: dict[str, Any] | None = hello(drones=(1, 2))
        self.reads = 0

    async def __call__(self, race_id: UUID) -> dict[str, Any] | None:
        self.reads += 1
        await asyncio.sleep(0)
        return self.hello


class Watching:
    """A viewer with what it was sent."""

    def __init__(self, *, wants_events: bool = True) -> None:
        self.sent: list[dict[str, Any]] = []
        self.task: asyncio.Task[None] | None = None
        self.viewer = Viewer(self.send, wants_events=wants_events)

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    @property
    def types(self) -> list[str]:
        return [
            json.loads(message["text"]).get("type", "frame")
            if "text" in message
            else str(message.get("code", "binary"))
            for message in self.sent
        ]


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
async def hub(database: Database) -> AsyncIterator[RaceHub]:
    made = RaceHub(RACE, database)
    made.start()
    yield made
    await made.stop()


async def watch(hub: RaceHub, wish: Wish = JSON) -> Watching:
    watching = Watching(wants_events=wish.form != "original")
    await hub.add(watching.viewer, wish)
    watching.task = asyncio.create_task(watching.viewer.run())
    return watching


async def publish(*messages: dict[str, Any]) -> None:
    """Publish, and wait until the hub has had everything: what another member of the group has, it has too."""
    layer = get_channel_layer()
    assert layer is not None
    member = await layer.new_channel()
    await layer.group_add(race_group(RACE), member)
    for message in messages:
        await layer.group_send(race_group(RACE), message)
    async with asyncio.timeout(20):
        for _ in messages:
            await layer.receive(member)
    await layer.group_discard(race_group(RACE), member)
    for _ in range(200):
        await asyncio.sleep(0)


def event(**fields: object) -> dict[str, Any]:
    return {"type": "race.event", "event": fields}


async def test_a_viewer_gets_hello_then_frames(hub: RaceHub) -> None:
    watching = await watch(hub)
    await publish(batch([1, 2]).to_message(), batch([1], number=2).to_message())
    assert watching.types == ["hello", "frames", "frames"]
    assert len(json.loads(watching.sent[1]["text"])["frames"]) == 2


async def test_drones_that_fly_while_the_first_hello_is_read_keep_the_names_it_gives_them(
    hub: RaceHub, database: Database
) -> None:
    database.hello = hello(drones=(1,))
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(race_id: UUID) -> dict[str, Any] | None:
        reading.set()
        await go_on.wait()
        return await database(race_id)

    hub._hello = slowly
    coming = asyncio.create_task(watch(hub))
    await reading.wait()
    await publish(batch([1, 3]).to_message())
    go_on.set()
    watching = await coming
    await publish(batch([1, 3], number=2).to_message())
    told = [json.loads(message["text"]) for message in watching.sent]
    assert watching.types[0] == "hello"
    assert [message["drone"] for message in told if message["type"] == "drone"] == [3]


async def test_all_viewers_of_a_form_share_one_text(hub: RaceHub) -> None:
    first, second = await watch(hub), await watch(hub)
    await publish(batch([1]).to_message())
    assert first.sent[1]["text"] is second.sent[1]["text"]


async def test_every_so_many_ticks_gives_all_frames_in_one_message(hub: RaceHub) -> None:
    watching = await watch(hub, Wish("binary", every=5))
    await publish(*(batch([1], number=number, first_seq=number).to_message() for number in range(1, 11)))
    messages = [parse_frames_bytes(message["bytes"])[1] for message in watching.sent if "bytes" in message]
    assert [frames["seq"].tolist() for frames in messages] == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]


async def test_the_last_ticks_before_a_pause_are_not_held_back(hub: RaceHub) -> None:
    watching = await watch(hub, Wish("binary", every=50))
    await publish(batch([1]).to_message())
    async with asyncio.timeout(10):
        while len(watching.sent) < 2:
            await asyncio.sleep(0.01)
    assert watching.types == ["hello", "binary"]


async def test_an_event_does_not_overtake_the_frames_before_it(hub: RaceHub) -> None:
    watching = await watch(hub, Wish("json", every=50))
    await publish(batch([1]).to_message(), event(type="lap"), batch([1], number=2).to_message())
    assert watching.types[:3] == ["hello", "frames", "lap"]


async def test_chosen_drones_only(hub: RaceHub) -> None:
    watching = await watch(hub, Wish("binary", drones=frozenset({2})))
    await publish(batch([1, 2, 1]).to_message(), batch([1], number=2).to_message())
    assert watching.types == ["hello", "binary"]
    assert parse_frames_bytes(watching.sent[1]["bytes"])[1]["drone"].tolist() == [2]


async def test_a_new_drone_is_told_before_its_first_frame(hub: RaceHub) -> None:
    watching = await watch(hub)
    await publish(batch([1, 7]).to_message())
    assert watching.types == ["hello", "drone", "frames"]
    told = json.loads(watching.sent[1]["text"])
    assert (told["drone"], told["drone_id"]) == (7, "10.0.0.7")


async def test_a_gap_in_the_numbers_gives_everybody_a_fresh_hello(hub: RaceHub, database: Database) -> None:
    watching = await watch(hub)
    await publish(batch([1], number=1).to_message())
    assert database.reads == 1
    await publish(batch([1], number=3).to_message())
    assert watching.types == ["hello", "frames", "frames", "hello"]
    await publish(batch([1], number=4).to_message())
    assert database.reads == 2


async def test_while_the_race_cannot_be_read_viewers_are_owed_a_hello(
    hub: RaceHub, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    watching = await watch(hub)
    failures = [OSError("no database")] * 3

    async def failing(race_id: UUID) -> dict[str, Any] | None:
        if failures:
            raise failures.pop()
        return await database(race_id)

    hub._hello = failing
    await publish(batch([1], number=1).to_message(), batch([1], number=3).to_message())
    async with asyncio.timeout(20):
        while watching.types[-1] != "hello" or len(watching.types) < 4:
            await asyncio.sleep(0.01)
    assert watching.types == ["hello", "frames", "frames", "hello"]
    assert caplog.text.count("could not be read") == 1


async def test_a_gap_that_shows_while_the_race_is_read_has_it_read_again(hub: RaceHub, database: Database) -> None:
    watching = await watch(hub)
    reading, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(race_id: UUID) -> dict[str, Any] | None:
        reading.set()
        await go_on.wait()
        return await database(race_id)

    hub._hello = slowly
    await publish(batch([1], number=1).to_message(), batch([1], number=3).to_message())
    await reading.wait()
    await publish(batch([1], number=5).to_message())
    go_on.set()
    await publish()
    assert watching.types == ["hello", "frames", "frames", "frames", "hello", "hello"]


async def test_a_race_that_has_become_another_is_told_of_anew(hub: RaceHub) -> None:
    watching = await watch(hub)
    await publish({"type": "race.anew"})
    assert watching.types == ["hello", "hello"]


async def test_while_nothing_happens_viewers_hear_that_the_connection_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alive, "ALIVE_SECONDS", 0.01)
    hub = RaceHub(RACE, Database())
    hub.start()
    watching = await watch(hub)
    original = await watch(hub, Wish("original"))
    async with asyncio.timeout(20):
        while watching.types.count("alive") < 3:
            await asyncio.sleep(0.01)
    await hub.stop()
    assert original.types == []


async def test_the_end_closes_viewers_of_every_form_after_what_waits(hub: RaceHub) -> None:
    watching = [await watch(hub, Wish(form)) for form in ("original", "json", "binary")]
    await publish(batch([1]).to_message(), {"type": "race.event", "event": status_event(RACE, "ended")})
    assert watching[0].types[-1] == str(OVER)
    assert json.loads(watching[0].sent[0]["text"])["drone_id"] == "10.0.0.1"
    assert watching[1].types == ["hello", "frames", "race", str(OVER)]
    assert watching[2].types == ["hello", "binary", "race", str(OVER)]


async def test_an_ended_race_is_said_to_be_over_at_once(hub: RaceHub, database: Database) -> None:
    database.hello = hello("ended")
    watching = await watch(hub)
    await publish()
    assert watching.types == ["hello", str(OVER)]


async def test_no_such_race_closes(hub: RaceHub, database: Database) -> None:
    database.hello = None
    watching = await watch(hub)
    await publish()
    assert watching.types == [str(NO_SUCH_RACE)]


async def test_an_end_that_was_lost_on_the_way_is_found_out(hub: RaceHub, database: Database) -> None:
    watching = await watch(hub)
    database.hello = hello("ended")
    await hub._end_if_over()
    await publish()
    assert watching.types == ["hello", "race", str(OVER)]


async def test_a_message_that_cannot_be_read_is_survived(hub: RaceHub, caplog: pytest.LogCaptureFixture) -> None:
    watching = await watch(hub)
    await publish({"type": "race.frames", "nonsense": True}, batch([1]).to_message())
    assert watching.types[-1] == "frames"
    assert "could not be shown" in caplog.text


async def test_a_viewer_that_left_gets_nothing_and_its_stream_goes(hub: RaceHub) -> None:
    watching = await watch(hub)
    hub.remove(watching.viewer, JSON)
    await publish(batch([1]).to_message())
    assert watching.types == ["hello"]
    assert hub.viewer_count == 0
    assert hub._streams == {}


async def test_a_text_is_made_once_for_streams_of_different_pace(hub: RaceHub, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    encode = batches._objects

    def counted(one: Batch, *, absent_as_zero: bool) -> list[str]:
        made.append(one.number)
        return encode(one, absent_as_zero=absent_as_zero)

    monkeypatch.setattr(batches, "_objects", counted)
    watching = [await watch(hub, Wish("json", every=every)) for every in (1, 1, 2)]
    watching.append(await watch(hub, Wish("json", drones=frozenset({1}))))
    await publish(batch([1, 2]).to_message(), batch([1, 2], number=2).to_message())
    assert made == [1, 2]
    assert [len(one.sent) for one in watching] == [3, 3, 2, 3]
