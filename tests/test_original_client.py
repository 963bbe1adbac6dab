"""The original's client against a real server: its whole life, and a long race's replay."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.processes import Installation, installation
from tests.telemetry.builders import datagram
from tests.unity import UnityClient
from tests.watchers import Watcher

pytestmark = pytest.mark.processes
PASSWORD = "correct horse 9"
FRAMES = 60


@pytest.fixture
def drift(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def fly(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(FRAMES):
            sender.sendto(datagram(flight_time=number / 100, velocity=(0.1, 0.0, 20.0)), ("127.0.0.1", port))
            time.sleep(0.01)


async def test_the_unity_clients_whole_life(drift: Installation) -> None:
    server = drift.serve()
    unity = UnityClient(drift.http)
    user_id = sign_up(unity)

    created = unity.ok("POST", f"/create_race?user_id={user_id}")
    ((race_id, five),) = created.items()
    assert isinstance(five, dict)
    assert five["race_id"] == race_id
    assert unity.ok("GET", "/list_races")["races"] == [{race_id: five}]
    assert unity.ok("GET", f"/watch_race/{race_id}/{user_id}") == five

    server.wait_for(f"UDP port {five['udp_port']} is open")
    viewer = Watcher(f"{drift.legacy_ws}/race/{five['udp_port']}")
    watching = asyncio.create_task(viewer.watch())
    await viewer.connected.wait()
    await asyncio.sleep(0.5)  # the original's stream has no hello that would tell when it has begun
    await asyncio.to_thread(fly, five["udp_port"])
    ended = await asyncio.to_thread(unity.call, "DELETE", f"/end_race/{race_id}")
    assert ended == (200, {"status": "success", "message": "Race ended."})
    async with asyncio.timeout(20):
        await watching
    assert viewer.code == 1000
    assert len(viewer.messages) == FRAMES

    await asyncio.to_thread(look_back, unity, user_id, race_id, viewer.messages)
    assert unity.ok("DELETE", f"/delete_race/{race_id}/{user_id}")["status"] == "success"
    assert unity.ok("GET", "/saved_races") == {"status": "success", "races": []}
    assert drift.frame_count() == 0
    assert unity.ok("DELETE", "/delete_user?username=Unity%20Pilot")["status"] == "success"
    assert unity.call("POST", f"/create_race?user_id={user_id}")[0] == 401
    assert server.stop() == 0, server.output


def sign_up(unity: UnityClient) -> object:
    account = {"username": "Unity Pilot", "password": PASSWORD}
    question = {"security_question": "First drone?", "security_answer": "Tiny Whoop"}
    assert unity.call("POST", "/create_race?user_id=-1") == (401, {"detail": "Sign in first."})
    assert unity.ok("POST", "/create_user", {**account, **question})["status"] == "success"
    return unity.ok("POST", "/login", account)["user_id"]


def look_back(unity: UnityClient, user_id: object, race_id: str, live: list[str | bytes]) -> None:
    (saved,) = unity.call("GET", f"/user_races/{user_id}")[1]["races"]
    assert (saved["race_id"], saved["user_id"], saved["race_size_bytes"]) == (race_id, [user_id], FRAMES * 97)
    assert unity.ok("PUT", f"/update_race/{race_id}", {"race_name": "Finale", "drift_map": "Hannover"})
    status, text = unity.text("GET", f"/replay_race/{race_id}")
    assert status == 200
    race = json.loads(text)["race"]
    assert (race["race_name"], race["drift_map"]) == ("Finale", "Hannover")
    packet = json.loads(race["flight_packet"])
    assert packet == live, "the replay has the very texts of the live stream"
    assert json.loads(packet[0])["velocity"] == {"x": 0.1, "y": 0.0, "z": 20.0}
    assert '"x":0.1,' in packet[0]


def test_the_replay_of_a_long_race_grows_the_servers_memory_by_less_than_50_mb(drift: Installation) -> None:
    filler = drift.start_module("tests.fill_race", "8", "30000")
    assert filler.wait(120) == 0, filler.output
    race_id = filler.output.split()[-1]
    short = drift.start_module("tests.fill_race", "8", "100")
    assert short.wait() == 0, short.output

    server = drift.serve()
    unity = UnityClient(drift.http)
    assert unity.text("GET", f"/replay_race/{short.output.split()[-1]}")[0] == 200  # loads what any replay needs
    process, sizes, done = psutil.Process(server.pid), [], threading.Event()
    before = process.memory_info().rss

    def watch() -> None:
        while not done.wait(0.02):
            sizes.append(process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        status, text = unity.text("GET", f"/replay_race/{race_id}")
    finally:
        done.set()
        watcher.join()
    assert status == 200
    packet = json.loads(json.loads(text)["race"]["flight_packet"])
    assert len(packet) == 240_000
    stamps = [json.loads(frame)["timestamp"] for frame in packet]
    assert stamps == sorted(stamps)
    grown = (max(sizes) - before) / 2**20
    assert grown < 50, f"{grown:.1f} MiB"
    assert server.stop() == 0, server.output
