"""The lobby's WebSocket: who is told what of which race."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator

from accounts import tickets
from accounts.models import User
from drift_site.asgi import application
from races import lobby, selectors
from races.announce import LOBBY_GROUP
from races.models import Drone, Participant, Race
from races.services import create_race, delete_race, end_race, save_race, update_race
from telemetry import alive
from telemetry.audience import FORGOTTEN_AFTER, Audience, Others
from telemetry.viewer import MAX_EVENTS, TOO_SLOW, Viewer
from tests.people import let_in, make_race, make_user, record

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_connection_stays")]


class Guest:
    """Somebody in the lobby, and what they are told."""

    def __init__(self, socket: WebsocketCommunicator) -> None:
        self.socket = socket

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.socket.receive_json_from(timeout=10)
        return message

    async def hear_until(self, told: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Give the first message that `told` is true of, passing over the others."""
        async with asyncio.timeout(20):
            while not told(message := await self.hear()):
                pass
        return message

    async def hear_of(self, race: Race, **values: object) -> dict[str, Any]:
        """Give the race's card once it has these values."""

        def told(message: dict[str, Any]) -> bool:
            card = message.get("race", {})
            return card.get("race_id") == str(race.pk) and all(card[key] == value for key, value in values.items())

        card: dict[str, Any] = (await self.hear_until(told))["race"]
        return card

    async def hears_nothing_of(self, race: Race) -> bool:
        """Tell whether nothing of the race comes before something else that comes to everybody."""
        mark = await run(create_race, name="mark")
        heard: list[str] = []

        def told(message: dict[str, Any]) -> bool:
            heard.append(str(message))
            return bool(message.get("race", {}).get("race_id") == str(mark.pk))

        await self.hear_until(told)
        return not any(str(race.pk) in text for text in heard)


async def run(call: Callable[..., Any], **options: Any) -> Any:
    return await sync_to_async(call)(**options)


@contextlib.asynccontextmanager
async def inside(user: User | None = None) -> AsyncIterator[tuple[Guest, dict[str, Any]]]:
    """Enter the lobby; gives the guest and their hello."""
    ticket = f"?ticket={await run(lambda: tickets.issue(user))}" if user else ""
    socket = WebsocketCommunicator(application, f"/ws/lobby/{ticket}")
    connected, _ = await socket.connect(timeout=10)
    assert connected
    guest = Guest(socket)
    try:
        hello = await guest.hear()
        assert hello["type"] == "hello"
        yield guest, hello
    finally:
        await socket.disconnect()


async def test_the_hello_lists_the_active_races_that_the_guest_may_know_of() -> None:
    owner, friend, stranger = [await run(make_user, name=name) for name in ("owner", "friend", "stranger")]
    public = await run(make_race, creator=owner, flown=True)
    private = await run(make_race, creator=owner, is_public=False)
    await run(make_race, creator=owner, over=True)
    await run(let_in, race=private, user=friend)
    seen = {}
    for name, user in (("nobody", None), ("owner", owner), ("friend", friend), ("stranger", stranger)):
        async with inside(user) as (_, hello):
            seen[name] = {(card["race_id"] == str(private.pk), card["may_direct"]) for card in hello["races"]}
            assert hello["server_time"] > 1_700_000_000_000_000
            shown = next(card for card in hello["races"] if card["race_id"] == str(public.pk))
            assert (shown["status"], shown["drones"], shown["viewers"]) == ("live", 2, 0)
    assert seen == {
        "nobody": {(False, False)},
        "owner": {(False, True), (True, True)},
        "friend": {(False, False), (True, False)},
        "stranger": {(False, False)},
    }


async def test_a_race_is_told_of_from_its_creation_to_its_deletion() -> None:
    owner = await run(make_user, name="owner")
    async with inside() as (guest, _):
        race = await run(create_race, creator=owner, name="Finale")
        card = await guest.hear_of(race)
        assert (card["race_name"], card["status"], card["creator"]) == ("Finale", "waiting", "owner")
        await run(record, race=race, drones=(1, 2, 3))
        assert (await guest.hear_of(race, status="live", drones=3))["udp_port"] == race.udp_port
        await run(end_race, race=race)
        assert (await guest.hear_of(race, status="ended"))["saved"] is True
        await run(save_race, race=race, by=owner, name="Final")
        await guest.hear_of(race, race_name="Final")
        await run(delete_race, race=race, by=owner)
        assert await guest.hear_until(lambda message: message["type"] == "gone") == {
            "type": "gone",
            "race_id": str(race.pk),
        }


async def test_while_nothing_happens_guests_hear_that_the_connection_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alive, "ALIVE_SECONDS", 0.05)
    async with inside() as (guest, hello):
        told = [await guest.hear_until(lambda message: message["type"] == "alive") for _ in range(2)]
    assert hello["server_time"] <= told[0]["server_time"] < told[1]["server_time"]


async def test_what_nobody_announces_is_told_of_as_well() -> None:
    race = await run(create_race)
    async with inside() as (guest, _):
        await run(lambda: Race.objects.filter(pk=race.pk).update(problem="The port is taken."))
        await guest.hear_of(race, problem="The port is taken.")
        await run(lambda: Drone.objects.create(race=race, number=1, drone_id="10.0.0.1"))
        await guest.hear_of(race, drones=1)
        await run(lambda: Race.objects.filter(pk=race.pk).delete())
        await guest.hear_until(lambda message: message == {"type": "gone", "race_id": str(race.pk)})


async def test_a_private_race_is_told_of_to_its_people_only() -> None:
    owner, friend = await run(make_user, name="owner"), await run(make_user, name="friend")
    async with inside(owner) as (director, _), inside(friend) as (invited, _), inside() as (nobody, _):
        race = await run(create_race, creator=owner, is_public=False)
        assert (await director.hear_of(race))["may_direct"] is True
        await run(let_in, race=race, user=friend)
        assert (await invited.hear_of(race))["may_direct"] is False
        await run(lambda: Participant.objects.filter(race=race).delete())
        await invited.hear_until(lambda message: message == {"type": "gone", "race_id": str(race.pk)})
        await run(end_race, race=race)
        await director.hear_of(race, status="ended")
        await run(delete_race, race=race, by=owner)
        await director.hear_until(lambda message: message["type"] == "gone")
        assert await nobody.hears_nothing_of(race)


async def test_a_race_that_is_hidden_goes_from_those_who_saw_it() -> None:
    owner = await run(make_user, name="owner")
    race = await run(make_race, creator=owner, flown=True, over=True)
    async with inside(owner) as (director, _), inside() as (nobody, _):
        await run(update_race, race=race, by=owner, is_public=False)
        await director.hear_of(race, public=False)
        assert await nobody.hear_until(lambda message: message["type"] == "gone")
        await run(update_race, race=race, by=owner, is_public=True)
        await nobody.hear_of(race, public=True)


async def test_viewers_are_counted_but_not_those_of_a_picture_on_another_page() -> None:
    race = await run(create_race)
    async with inside() as (guest, _):
        preview = WebsocketCommunicator(application, f"/ws/races/{race.pk}/?format=binary&preview=1")
        viewer = WebsocketCommunicator(application, f"/ws/races/{race.pk}/")
        original = WebsocketCommunicator(application, f"/race/{race.udp_port}")
        for socket in (preview, viewer, original):
            assert (await socket.connect(timeout=10))[0]
        await guest.hear_of(race, viewers=2)
        await original.disconnect()
        await guest.hear_of(race, viewers=1)
        await viewer.disconnect()
        await guest.hear_of(race, viewers=0)
        await preview.disconnect()


async def test_the_viewers_of_another_process_are_added() -> None:
    race = await run(create_race)
    async with inside() as (guest, _):
        layer = get_channel_layer()
        assert layer is not None
        told = {"type": "lobby.viewers", "process": "another", "viewers": {str(race.pk): 5, str(uuid4()): 1}}
        await layer.group_send(LOBBY_GROUP, told)
        await guest.hear_of(race, viewers=5)
        await layer.group_send(LOBBY_GROUP, told | {"viewers": {}})
        await guest.hear_of(race, viewers=0)


async def test_a_process_tells_the_others_of_its_viewers_while_it_has_any() -> None:
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(LOBBY_GROUP, channel)
    race_id, audience = uuid4(), Audience()
    with audience.one_of(race_id), audience.one_of(race_id):
        async with asyncio.timeout(10):
            told = await layer.receive(channel)
    assert told["viewers"] == {str(race_id): 2}
    assert audience.is_mine(told)
    async with asyncio.timeout(10):
        assert (await layer.receive(channel))["viewers"] == {}
    assert audience.of(race_id) == 0


def test_a_process_that_is_heard_of_no_more_counts_for_nothing() -> None:
    now, race_id = [100.0], uuid4()
    others = Others(lambda: now[0])
    others.hear({"process": "a", "viewers": {str(race_id): 2}})
    now[0] += FORGOTTEN_AFTER / 2
    others.hear({"process": "b", "viewers": {str(race_id): 3}})
    assert others.of(race_id) == 5
    now[0] += FORGOTTEN_AFTER / 2 + 1
    assert others.of(race_id) == 3
    for number in range(1000):
        others.hear({"process": f"flood {number}", "viewers": {str(race_id): 1}})
    assert others.of(race_id) == 256


async def test_a_guest_who_does_not_read_is_bounded_and_closed() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    viewer = Viewer(send, wants_events=True)
    for number in range(MAX_EVENTS + 1):
        viewer.offer_event(f'{{"type":"race","number":{number}}}')
    await viewer.run()
    assert sent == [{"type": "websocket.close", "code": TOO_SLOW}]


def test_who_sees_a_race_in_the_lobby_is_who_sees_it_anywhere() -> None:
    owner, friend, pilot, fan, stranger = [make_user(name) for name in ("owner", "friend", "pilot", "fan", "stranger")]
    staff = make_user("staff", staff=True)
    for is_public in (True, False):
        race = make_race(owner, is_public=is_public)
        for user, role in ((friend, "invited"), (pilot, "pilot"), (fan, "viewer")):
            let_in(race, user, role)
        access = lobby.active_or([])[race.pk].access
        for user in (owner, friend, pilot, fan, stranger, staff):
            assert access.admits(user) == selectors.visible_to(user).filter(pk=race.pk).exists()
        assert selectors.who_sees(race) == {owner.pk, friend.pk, pilot.pk}


@pytest.mark.parametrize("count", [1, 5])
def test_a_look_costs_two_queries_however_many_races(django_assert_num_queries: Any, count: int) -> None:
    owner = make_user("owner")
    for _ in range(count):
        race = make_race(None, is_public=False)
        let_in(race, owner)
    with django_assert_num_queries(2):
        assert len(lobby.active_or([])) == count
