"""The WebSocket endpoints under both servers, uvicorn as `serve` configures it and daphne."""

import asyncio
import base64
import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import websockets
from channels.consumer import AsyncConsumer
from channels.layers import get_channel_layer
from channels.testing import ApplicationCommunicator

from races.announce import race_group, status_event
from telemetry.consumers import parse_wish
from telemetry.hub import Wish
from tests.processes import Installation, installation
from tests.telemetry.builders import batch
from tests.watchers import Watcher

SIMULATED = Path(__file__).parents[1] / "data" / "simulated_reset.csv"
UVICORN = """
import asyncio, sys, django
django.setup()
from management.server import Server, bind, config
made = config("tests.driven_app:application")
asyncio.run(Server(made).serve(sockets=[bind("127.0.0.1", int(sys.argv[1]))]))
"""


@pytest.fixture(scope="module", params=["uvicorn", "daphne"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp(request.param)) as made:
        if request.param == "uvicorn":
            script = made.directory / "run_uvicorn.py"
            script.write_text(UVICORN)
            command = made.start_script(str(script), str(made.http_port))
        else:
            command = made.start_module(
                "daphne", "-b", "127.0.0.1", "-p", str(made.http_port), "-v", "1", "tests.driven_app:application"
            )
        command.wait_for_port(made.http_port)
        yield made


@pytest.fixture(scope="module")
def race(server: Installation) -> dict[str, Any]:
    """Give a race that waits; what a test says of it, it says through the channel layer alone."""
    return server.create_race()


async def publish(server: Installation, race: dict[str, Any], message: dict[str, Any]) -> None:
    sent = dict(message)
    if "frames" in sent:
        sent["frames"] = base64.b64encode(sent["frames"]).decode()
    body = json.dumps({"group": f"race.{race['race_id']}", "message": sent}).encode()
    request = urllib.request.Request(f"{server.http}/_publish", data=body, method="POST")
    await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=10).close())


async def end(server: Installation, race: dict[str, Any]) -> None:
    await publish(server, race, {"type": "race.event", "event": status_event(race["race_id"], "ended")})


async def watch(*watchers: Watcher) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(watcher.watch()) for watcher in watchers]
    await asyncio.gather(*(watcher.connected.wait() for watcher in watchers))
    await asyncio.sleep(0.7)  # until each has joined its hub: the original's stream has no hello to wait for
    return tasks


@pytest.mark.processes
class TestUnderBothServers:
    async def test_every_form_gets_the_frames_and_the_end(self, server: Installation, race: dict[str, Any]) -> None:
        path = f"{server.ws}/ws/races/{race['race_id']}/"
        original = Watcher(f"{server.ws}/race/{race['udp_port']}")
        as_json, as_binary = Watcher(f"{path}?every=1"), Watcher(f"{path}?format=binary&every=1&drones=2")
        tasks = await watch(original, as_json, as_binary)
        await publish(server, race, batch([1, 2]).to_message())
        await publish(server, race, batch([2, 1], number=2, first_seq=3).to_message())
        await end(server, race)
        async with asyncio.timeout(15):
            await asyncio.gather(*tasks)
        assert [frame["drone_id"] for frame in original.objects] == ["10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.1"]
        assert as_json.types == ["hello", "drone", "drone", "frames", "frames", "race"]
        assert [frame["seq"] for frame in as_json.json_frames] == [1, 2, 3, 4]
        assert as_binary.binary_frames["drone"].tolist() == [2, 2]
        assert (original.code, as_json.code, as_binary.code) == (1000, 1000, 1000)

    async def test_hello_tells_of_the_race(self, server: Installation, race: dict[str, Any]) -> None:
        async with websockets.connect(f"{server.ws}/ws/races/{race['race_id']}/") as socket:
            hello = json.loads(await socket.recv())
        assert hello["type"] == "hello"
        assert hello["race"] == {
            "race_id": race["race_id"], "race_name": "race", "drift_map": "arena", "status": "waiting",
            "udp_port": race["udp_port"], "public": True, "started_at": None,
        }  # fmt: skip
        assert (hello["track"], hello["drones"], hello["standings"]) == (None, [], [])
        assert hello["server_time"] > 1_700_000_000_000_000

    @pytest.mark.parametrize(
        "path",
        ["/race/1", "/race/99999", "/ws/races/00000000-0000-0000-0000-000000000000/", "/ws/races/x/", "/", "/race/x"],
    )
    async def test_no_such_race_is_4404(self, server: Installation, path: str) -> None:
        watcher = Watcher(server.ws + path)
        async with asyncio.timeout(10):
            await watcher.watch()
        assert (watcher.code, watcher.messages) == (4404, [])

    async def test_a_private_race_asks_a_stranger_to_sign_in(self, server: Installation) -> None:
        private = server.create_race("--private")
        for path in (f"/race/{private['udp_port']}", f"/ws/races/{private['race_id']}/"):
            watcher = Watcher(server.ws + path)
            async with asyncio.timeout(10):
                await watcher.watch()
            assert (watcher.code, watcher.messages) == (4401, [])

    async def test_what_a_client_sends_is_ignored(self, server: Installation, race: dict[str, Any]) -> None:
        async with websockets.connect(f"{server.ws}/race/{race['udp_port']}") as socket:
            for noise in ("", "{", "x" * 10_000, b"\x00\xff"):
                await socket.send(noise)
            await asyncio.sleep(0.7)
            await publish(server, race, batch([1]).to_message())
            assert json.loads(await socket.recv())["drone_id"] == "10.0.0.1"

    async def test_a_replay_gives_the_recording_and_takes_commands(self, server: Installation, tmp_path: Path) -> None:
        rows = SIMULATED.read_text(encoding="utf-8").splitlines()[:101]  # a second
        (tmp_path / "short.csv").write_text("\n".join(rows), encoding="utf-8")
        code, printed = await asyncio.to_thread(server.run, "import_race", str(tmp_path / "short.csv"))
        assert code == 0, printed
        seqs: list[int] = []
        async with (
            asyncio.timeout(30),
            websockets.connect(f"{server.ws}/ws/races/{printed.split()[-1]}/replay/?speed=4") as socket,
        ):
            assert json.loads(await socket.recv())["type"] == "hello"
            while (message := json.loads(await socket.recv())).get("state") != "ended":
                seqs += [frame["seq"] for frame in message.get("frames", [])]
            assert seqs == list(range(1, 101))
            await socket.send('{"type":"seek","to":0.5}')
            assert json.loads(await socket.recv())["state"] == "paused"
            (there,) = json.loads(await socket.recv())["frames"]
            assert 0.4 < there["timestamp"] <= 0.5
            await socket.send("what?")
            assert json.loads(await socket.recv()) == {"type": "error", "detail": "A command is JSON."}

    async def test_the_lobby_tells_of_a_race_that_is_created(self, server: Installation, race: dict[str, Any]) -> None:
        async with asyncio.timeout(30), websockets.connect(f"{server.ws}/ws/lobby/") as socket:
            hello = json.loads(await socket.recv())
            assert hello["type"] == "hello"
            assert race["race_id"] in [card["race_id"] for card in hello["races"]]
            private = await asyncio.to_thread(server.create_race, "--private")
            public = await asyncio.to_thread(server.create_race)
            told = [json.loads(await socket.recv())]
            while told[-1].get("race", {}).get("race_id") != public["race_id"]:
                told.append(json.loads(await socket.recv()))
        assert private["race_id"] not in str(told)

    async def test_a_foreign_page_is_refused(self, server: Installation, race: dict[str, Any]) -> None:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(f"{server.ws}/race/{race['udp_port']}", origin="https://evil.example")  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
        own: Any = server.http
        async with websockets.connect(f"{server.ws}/race/{race['udp_port']}", origin=own):
            pass


@pytest.mark.processes
async def test_no_more_viewers_than_places(tmp_path: Path) -> None:
    with installation(tmp_path) as made:
        if made.environment["REDIS_URL"]:
            made.environment["DRIFT_MAX_VIEWERS_PER_ADDRESS"] = "2"
            made.web_worker(made.http_port).wait_for("A web worker is running")
        else:
            made.serve(DRIFT_MAX_VIEWERS_PER_ADDRESS="2")
        race = made.create_race()
        path = f"{made.ws}/ws/races/{race['race_id']}/"
        async with websockets.connect(path) as first, websockets.connect(path) as second:
            await first.recv()
            await second.recv()
            third = Watcher(path)
            async with asyncio.timeout(10):
                await third.watch()
            assert third.code == 1013
        async with asyncio.timeout(10):
            while True:  # the places of those who left are free again
                async with websockets.connect(path) as again:
                    try:
                        await again.recv()
                        break
                    except websockets.ConnectionClosed:
                        await asyncio.sleep(0.1)


@pytest.mark.django_db(transaction=True)  # Channels looks after connections at every dispatch
async def test_a_plain_consumer_can_join_the_races_group() -> None:
    received: list[dict[str, Any]] = []

    class Plain(AsyncConsumer):
        async def websocket_connect(self, message: dict[str, Any]) -> None:
            await self.channel_layer.group_add("race.x", self.channel_name)

        async def race_frames(self, message: dict[str, Any]) -> None:
            received.append(message)

        async def race_event(self, message: dict[str, Any]) -> None:
            received.append(message)

    communicator = ApplicationCommunicator(Plain.as_asgi(), {"type": "websocket"})
    await communicator.send_input({"type": "websocket.connect"})
    await asyncio.sleep(0.1)
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send("race.x", batch([1]).to_message())
    await layer.group_send("race.x", {"type": "race.event", "event": {"type": "race"}})
    async with asyncio.timeout(5):
        while len(received) < 2:
            await asyncio.sleep(0.01)
    communicator.stop(exceptions=False)
    assert [message["type"] for message in received] == ["race.frames", "race.event"]
    assert re.fullmatch(r"race\.[0-9a-f-]{36}", race_group(uuid4()))


@pytest.mark.parametrize(
    ("query", "wish"),
    [
        (b"", Wish("json", 2)),
        (b"format=binary&every=1", Wish("binary", 1)),
        (b"format=xml&every=3&drones=", Wish("json", 2)),
        (b"every=-1&every=50", Wish("json", 50)),
        (b"drones=1,3,x,-2,99999999", Wish("json", 2, frozenset({1, 3}))),
        (b"\xff\xfe&every=\xb2", Wish("json", 2)),
        (b"drones=" + b"7," * 10_000, Wish("json", 2, frozenset({7}))),
    ],
)
def test_a_query_says_what_a_viewer_wants(query: bytes, wish: Wish) -> None:
    assert parse_wish(query) == wish
