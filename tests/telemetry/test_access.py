"""Who may not watch a race any more is closed while they watch."""

import asyncio
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from accounts import tickets
from accounts.models import User
from drift_site.asgi import application
from races.models import Race
from races.services import remove_participant, update_race
from telemetry import consumers, replay_threads
from tests.people import leave_the_database, let_in, make_race, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "ACCESS_SECONDS", 0.05)


async def opened(path: str, user: User | None) -> WebsocketCommunicator:
    ticket = "" if user is None else f"?ticket={await sync_to_async(tickets.issue)(user)}"
    socket = WebsocketCommunicator(application, path + ticket)
    connected, _ = await socket.connect(timeout=10)
    assert connected
    return socket


async def closed_with(socket: WebsocketCommunicator) -> int:
    """Give the code with which a stream is closed, whatever comes before."""
    async with asyncio.timeout(20):
        while (sent := await socket.receive_output(timeout=20))["type"] != "websocket.close":
            pass
    await socket.disconnect()
    return int(sent["code"])


def remove(race: Race, owner: User, guest: User) -> None:
    remove_participant(race=race, by=owner, user_id=guest.pk)


def deactivate(race: Race, owner: User, guest: User) -> None:
    User.objects.filter(pk=guest.pk).update(is_active=False)


@pytest.mark.parametrize(("change", "code"), [(remove, 4403), (deactivate, 4401)])
@pytest.mark.parametrize("path", ["/race/{port}", "/ws/races/{race}/", "/ws/races/{race}/replay/"])
async def test_a_guest_who_is_taken_off_a_private_race_is_closed(
    path: str, change: Callable[[Race, User, User], None], code: int
) -> None:
    @sync_to_async
    def prepare() -> tuple[Race, User, User]:
        owner, guest = make_user("owner"), make_user("guest")
        race = make_race(owner, flown=True, is_public=False)
        let_in(race, guest)
        return race, owner, guest

    race, owner, guest = await prepare()
    socket = await opened(path.format(port=race.udp_port, race=race.pk), guest)
    await sync_to_async(change)(race, owner, guest)
    assert await closed_with(socket) == code
    await leave_the_database()


async def test_a_replay_is_closed_when_its_race_is_made_private() -> None:
    @sync_to_async
    def prepare() -> tuple[Race, User]:
        owner = make_user("owner")
        return make_race(owner, flown=True, over=True), owner

    race, owner = await prepare()
    socket = await opened(f"/ws/races/{race.pk}/replay/", None)
    await sync_to_async(update_race)(race=race, by=owner, is_public=False)
    assert await closed_with(socket) == 4401
    await leave_the_database()


async def test_who_may_watch_is_not_disturbed() -> None:
    @sync_to_async
    def prepare() -> tuple[Race, User]:
        owner = make_user("owner")
        return make_race(owner, flown=True, is_public=False), owner

    race, owner = await prepare()
    socket = await opened(f"/ws/races/{race.pk}/", owner)
    assert (await socket.receive_output(timeout=10))["type"] == "websocket.send"
    assert await socket.receive_nothing(timeout=0.5)
    await socket.disconnect()
    await leave_the_database()


async def test_replays_that_wait_for_the_database_keep_nobody_from_a_live_race() -> None:
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(30)

    race = await sync_to_async(make_race)(None, flown=True)
    held = [asyncio.ensure_future(replay_threads.in_replay_thread(wait)()) for _ in range(2 * replay_threads.THREADS)]
    socket = await opened(f"/ws/races/{race.pk}/", None)
    assert (await socket.receive_output(timeout=20))["type"] == "websocket.send", "its hello"
    assert not any(each.done() for each in held)
    go_on.set()
    await asyncio.gather(*held)
    await socket.disconnect()
    await leave_the_database()
