"""A race timed by a real server that is killed in its middle: no lap is lost, none is doubled."""

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.frames import FrameArray
from telemetry.liftoff import compile_format
from tests.flown import arena_gates, flights, frames_of
from tests.processes import Installation, installation
from tests.telemetry.recording import FULL

pytestmark = [pytest.mark.processes, pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")]
FASTER = 6  # than flown
LAP = (
    "SELECT drone, number, duration_ms, valid, flaws, missed, sectors, samples, start_flight, end_flight FROM races_lap"
)


@pytest.fixture
def drift(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


async def send(frames: FrameArray, sockets: dict[int, socket.socket], port: int) -> None:
    """Send frames as they were flown, each drone's from its own socket."""
    datagrams = compile_format(FULL).encode(frames)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    due = (frames["time"] - frames["time"][0]) / 1e6 / FASTER
    for at, drone, datagram in zip(due.tolist(), frames["drone"].tolist(), datagrams, strict=True):
        if (wait := begun + at - loop.time()) > 0.002:
            await asyncio.sleep(wait)
        sockets[drone].sendto(datagram, ("127.0.0.1", port))


async def test_a_killed_server_loses_and_doubles_no_lap(drift: Installation, tmp_path: Path) -> None:
    drift.migrate()
    file = tmp_path / "arena.json"
    file.write_text(json.dumps({"drift_track": 1, "name": "Arena", "drift_map": "arena", "gates": arena_gates()}))
    code, output = drift.run("track_import", str(file))
    assert code == 0, output
    race = drift.create_race("--track", "Arena")
    frames = frames_of(flights(2), 50, hz=100)
    sockets = {drone: socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for drone in (1, 2)}
    server = drift.serve()
    server.wait_for("is open")
    await send(frames[: len(frames) * 3 // 5], sockets, race["udp_port"])
    server.kill()
    server = drift.serve()
    server.wait_for("is open")
    await send(frames[len(frames) * 3 // 5 :], sockets, race["udp_port"])
    code, output = await asyncio.to_thread(drift.run, "end_race", race["race_id"])
    assert code == 0, output
    for each in sockets.values():
        each.close()
    # What was in the socket when the server was killed was not accepted: a tick or two.
    assert drift.rows("SELECT count(*) FROM telemetry_telemetryframe")[0][0] >= len(frames) - 100
    live = sorted(drift.rows(LAP))
    code, output = drift.run("retime_race", race["race_id"], "--json")
    assert code == 0, output
    assert sorted(drift.rows(LAP)) == live
    assert len(live) >= 4
    assert not any(lap["before_ms"] != lap["after_ms"] for lap in json.loads(output)["laps"])
    assert server.stop() == 0, server.output
