"""The main job with real processes: datagrams in, every frame in the database, every frame at every viewer."""

import asyncio
import csv
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import psycopg
import pytest

from telemetry.liftoff import compile_format
from tests.processes import Command, Installation, installation
from tests.telemetry.builders import datagram
from tests.watchers import Watcher

pytestmark = pytest.mark.processes

CAPTURE_FORMAT = "Timestamp,Position,Attitude,Gyro,Input"
COMMITTED = Path(__file__).parent / "data" / "simulated_reset.csv"
REAL = Path(os.environ.get("DRIFT_CAPTURE", "/nowhere")) / "liftoff_reset_58s_100hz.csv"
ONE_PROCESS = not os.environ.get("TEST_REDIS_URL")


@pytest.fixture
def drift(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def start(drift: Installation) -> list[Command]:
    """Start DRIFT in this run's mode: `serve` alone, or `ingest_udp` and web workers."""
    if ONE_PROCESS:
        return [drift.serve()]
    web = drift.web_worker(drift.http_port)
    legacy = drift.web_worker(drift.legacy_port)
    ingest = drift.start("ingest_udp")
    ingest.wait_for("Ingest is running")
    for worker in (web, legacy):
        worker.wait_for("A web worker is running")
    return [ingest, web, legacy]


def wait_until_open(drift: Installation, commands: list[Command], port: int) -> None:
    commands[0].wait_for(f"UDP port {port} is open")


async def watching(*watchers: Watcher) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(watcher.watch()) for watcher in watchers]
    # Only the original's stream has no hello, before which frames are not promised.
    ready = (watcher.begun if "/ws/" in watcher.url else watcher.connected for watcher in watchers)
    await asyncio.gather(*(event.wait() for event in ready))
    return tasks


async def in_thread(drift: Installation, *arguments: str) -> str:
    code, output = await asyncio.to_thread(drift.run, *arguments)
    assert code == 0, output
    return output


@pytest.fixture(params=["simulated", "real"])
def capture(request: pytest.FixtureRequest) -> Path:
    if request.param == "real" and not REAL.exists():
        pytest.skip("needs the real capture: DRIFT_CAPTURE names the folder of liftoff_reset_58s_100hz.csv")
    return REAL if request.param == "real" else COMMITTED


async def test_a_captured_race_is_recorded_and_watched_frame_by_frame(drift: Installation, capture: Path) -> None:
    commands = start(drift)
    race = drift.create_race("--stream-format", CAPTURE_FORMAT)
    wait_until_open(drift, commands, race["udp_port"])
    original = Watcher(f"{drift.legacy_ws}/race/{race['udp_port']}")
    as_json = Watcher(f"{drift.ws}/ws/races/{race['race_id']}/")
    as_binary = Watcher(f"{drift.ws}/ws/races/{race['race_id']}/?format=binary&every=1")
    tasks = await watching(original, as_json, as_binary)
    await asyncio.sleep(0.5)  # the original's stream has no hello that would tell when it has begun
    await in_thread(drift, "replay_csv", str(capture), "--udp", f"127.0.0.1:{race['udp_port']}", "--speed", "4")
    await in_thread(drift, "end_race", race["race_id"])
    async with asyncio.timeout(30):
        await asyncio.gather(*tasks)

    with capture.open(newline="") as file:
        rows = list(csv.DictReader(file))
    times = np.array([float(row["t_sim"]) for row in rows], np.float32)
    places = np.array([[float(row[axis]) for axis in "xyz"] for row in rows], np.float32)

    recorded = drift.rows(
        "SELECT seq, flight_time, position_x, position_y, position_z FROM telemetry_telemetryframe ORDER BY seq"
    )
    assert [row[0] for row in recorded] == list(range(1, len(rows) + 1)), "every datagram once"
    assert np.array_equal(np.array([row[1] for row in recorded], np.float32), times)
    assert np.array_equal(np.array([row[2:] for row in recorded], np.float32), places)

    frames = as_binary.binary_frames
    assert np.array_equal(frames["flight_time"], times)
    assert np.array_equal(frames["position"], places)
    assert frames["seq"].tolist() == list(range(1, len(rows) + 1))

    shown = as_json.json_frames
    assert np.array_equal(np.array([frame["flight_time"] for frame in shown], np.float32), times)
    assert np.array_equal(np.array([list(frame["position"].values()) for frame in shown], np.float32), places)
    assert as_json.types[0] == "hello"
    assert as_json.types[-1] == "race"

    assert np.array_equal(
        np.array([list(frame["position"].values()) for frame in original.objects], np.float32), places
    )
    stamps = [frame["timestamp"] for frame in original.objects]
    assert stamps[0] == 0
    assert (np.diff(stamps) > 0).all(), "the server's clock goes on over the drone's reset"
    assert (np.diff(times) < -0.5).sum() == 1, "the capture has a reset"
    assert (original.code, as_json.code, as_binary.code) == (1000, 1000, 1000)

    status, port, count = drift.rows("SELECT status, udp_port, frame_count FROM races_race")[0]
    assert (status, port, count) == ("ended", None, len(rows))
    for command in commands:
        assert command.stop() == 0, command.output


async def test_a_signal_records_what_has_been_received_and_ends_with_0(drift: Installation) -> None:
    commands = start(drift)
    race = drift.create_race()
    wait_until_open(drift, commands, race["udp_port"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(500):
            sender.sendto(datagram(position=(number, 0, 0)), ("127.0.0.1", race["udp_port"]))
            await asyncio.sleep(0.002)
    assert commands[0].stop(signal.SIGTERM) == 0, commands[0].output
    assert drift.frame_count() == 500
    assert drift.rows("SELECT status FROM races_race") == [("live",)], "a restart goes on with it"


async def test_a_restarted_ingest_goes_on_with_the_race(drift: Installation) -> None:
    commands = start(drift)
    race = drift.create_race()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("127.0.0.1", 0))
        wait_until_open(drift, commands, race["udp_port"])
        sender.sendto(datagram(), ("127.0.0.1", race["udp_port"]))
        await asyncio.sleep(0.5)
        for command in commands:
            command.kill()
        commands = start(drift)
        wait_until_open(drift, commands, race["udp_port"])
        sender.sendto(datagram(), ("127.0.0.1", race["udp_port"]))
        await in_thread(drift, "end_race", race["race_id"])
    assert drift.rows("SELECT drone, seq FROM telemetry_telemetryframe ORDER BY time") == [(1, 1), (1, 2)]
    assert drift.rows("SELECT number, frame_count FROM races_drone") == [(1, 2)]


async def test_garbage_on_one_races_port_costs_another_race_nothing(drift: Installation) -> None:
    commands = start(drift)
    flooded, other = drift.create_race(), drift.create_race()
    wait_until_open(drift, commands, flooded["udp_port"])
    wait_until_open(drift, commands, other["udp_port"])
    done = asyncio.Event()
    sent = 0

    def flood() -> int:
        # 50,000 a second for three seconds, in bursts of 500: wrong lengths, NaN, random bytes of the right length.
        garbage = [b"", b"x" * 96, datagram(position=(np.nan, 0, 0)), os.urandom(97), b"\xff" * 1400]
        count, begin = 0, time.monotonic()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
            while count < 150_000:
                for index in range(500):
                    noise.sendto(garbage[index % len(garbage)], ("127.0.0.1", flooded["udp_port"]))
                count += 500
                time.sleep(max(0.0, begin + count / 50_000 - time.monotonic()))
        return count

    flooding = asyncio.create_task(asyncio.to_thread(flood))
    flooding.add_done_callback(lambda _: done.set())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while not done.is_set():
            sender.sendto(datagram(), ("127.0.0.1", other["udp_port"]))
            sent += 1
            await asyncio.sleep(0.01)
    await flooding
    await in_thread(drift, "end_race", other["race_id"])
    counts = dict(drift.rows("SELECT CAST(id AS varchar), frame_count FROM races_race"))
    assert {key.replace("-", ""): count for key, count in counts.items()}[other["race_id"].replace("-", "")] == sent
    assert commands[0].is_running


async def test_a_viewer_that_stops_reading_costs_the_others_nothing_and_is_cut_off(drift: Installation) -> None:
    commands = start(drift)
    race = drift.create_race()
    wait_until_open(drift, commands, race["udp_port"])
    path = f"/ws/races/{race['race_id']}/?every=1"
    reader, writer = await asyncio.open_connection("127.0.0.1", drift.http_port, limit=1024)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")  # and never again
    watcher = Watcher(drift.ws + path)
    task = (await watching(watcher))[0]
    server = commands[0] if ONE_PROCESS else commands[1]
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        # Some MB a second until the system's own buffers of the stalled connection are full, and ten seconds more.
        while "has not read for 10 s" not in server.output:
            for _ in range(18):
                sender.sendto(datagram(), ("127.0.0.1", race["udp_port"]))
                sent += 1
            await asyncio.sleep(0.02)
            assert sent < 100_000, server.output
    await in_thread(drift, "end_race", race["race_id"])
    async with asyncio.timeout(30):
        await task
    assert [frame["seq"] for frame in watcher.json_frames] == list(range(1, sent + 1))
    writer.close()


async def test_a_viewer_that_never_reads_does_not_hold_up_the_end_of_the_server(drift: Installation) -> None:
    commands = start(drift)
    race = drift.create_race()
    wait_until_open(drift, commands, race["udp_port"])
    reader, writer = await asyncio.open_connection("127.0.0.1", drift.http_port, limit=1024)
    writer.write(
        f"GET /ws/races/{race['race_id']}/?every=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(200):
            for _ in range(18):
                sender.sendto(datagram(), ("127.0.0.1", race["udp_port"]))
            await asyncio.sleep(0.02)
    for command in commands:
        assert command.stop() == 0, command.output
    writer.close()


async def fly(port: int, sent: list[int]) -> None:
    """Send two hundred numbered frames a second until cancelled; `sent` has their numbers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while True:
            sent.append(len(sent) + 1)
            sender.sendto(datagram(position=(sent[-1], 0, 0)), ("127.0.0.1", port))
            await asyncio.sleep(0.005)


def crowd(port: int) -> None:
    """Fly sixteen drones for three seconds, each as fast as a drone may."""
    with ExitStack() as stack:
        senders = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(16)]
        begin = time.monotonic()
        for number in range(2700):
            for sender in senders:
                sender.sendto(datagram(position=(number, 0, 0)), ("127.0.0.1", port))
            time.sleep(max(0.0, begin + number / 900 - time.monotonic()))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():
            await asyncio.sleep(0.01)


async def test_live_frames_wait_neither_for_a_database_that_hangs_nor_while_it_catches_up(drift: Installation) -> None:
    if not drift.database_url:
        pytest.skip("makes PostgreSQL hang: needs one")
    commands = start(drift)
    race, crowded = drift.create_race(), drift.create_race()
    for each in (race, crowded):
        wait_until_open(drift, commands, each["udp_port"])
    watcher = Watcher(f"{drift.ws}/ws/races/{race['race_id']}/?format=binary&every=1")
    watch = (await watching(watcher))[0]
    sent: list[int] = []
    flight = asyncio.create_task(fly(race["udp_port"], sent))
    counted = f"SELECT frame_count FROM races_race WHERE id = '{crowded['race_id']}'"
    with psycopg.connect(drift.database_url) as hanging:
        hanging.execute("LOCK TABLE telemetry_telemetryframe")
        recorded = drift.rows("SELECT frame_count FROM races_race ORDER BY id")
        await asyncio.to_thread(crowd, crowded["udp_port"])
        flown = len(sent)
        await until(lambda: len(watcher.binary_frames) >= flown)
        assert drift.rows("SELECT frame_count FROM races_race ORDER BY id") == recorded, "all that is only in journals"
    # While the crowd's frames get into the database, batch by batch, the viewer goes on getting those of that moment.
    seen: list[tuple[int, int]] = []
    ending = asyncio.create_task(in_thread(drift, "end_race", crowded["race_id"]))
    with psycopg.connect(drift.database_url, autocommit=True) as asking:
        while not ending.done():
            ((count,),) = asking.execute(counted.encode()).fetchall()
            seen.append((count, len(watcher.messages)))
            await asyncio.sleep(0.005)
    await ending
    ((total,),) = drift.rows(counted)
    assert total > 20_000
    part_way = [messages for count, messages in seen if 0 < count < total]
    assert part_way[-1] > part_way[0]
    flight.cancel()
    await in_thread(drift, "end_race", race["race_id"])
    async with asyncio.timeout(30):
        await watch
    assert watcher.binary_frames["seq"].tolist() == sent, "each frame once, in order"
    assert drift.frame_count() == len(sent) + total


def test_the_capture_format_is_the_games() -> None:
    assert compile_format(CAPTURE_FORMAT.split(",")).sizes == {60}
