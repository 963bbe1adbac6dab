"""An hour of flight of a timed race, sent as fast as the machine takes it: nothing is lost, and nothing grows."""

import asyncio
import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import numpy as np
import psutil
import pytest

from management.sender import race_schedule
from telemetry.liftoff import compile_format
from tests.flown import arena_gates, flights
from tests.processes import Installation, installation
from tests.telemetry.recording import FULL
from tests.watchers import Watcher

pytestmark = [
    pytest.mark.processes,
    pytest.mark.soak,
    pytest.mark.skipif(sys.platform == "win32", reason="sends more than a receive buffer of Windows holds"),
]

DRONES: Final = 8
HZ: Final = 100
HOUR: Final = 3600.0
FASTER: Final = 8  # than flown: 6,400 frames/s
TOGETHER: Final = 16  # datagrams
EARLY: Final = 300.0  # s of flight, after which memory should have found its size
MOST_GROWTH: Final = 64 << 20


@pytest.fixture
def drift(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


class Flight:
    """The hour, flown faster; `sent` datagrams of it have been sent. A late sender takes longer: it sends no bursts."""

    def __init__(self, port: int) -> None:
        self.sent = 0
        self._address = ("127.0.0.1", port)

    @property
    def seconds(self) -> float:
        return self.sent / (DRONES * HZ)

    def fly(self) -> None:
        schedule = race_schedule(flights(DRONES, resets=(900.0, 2400.0)), compile_format(FULL), HZ, HOUR)
        with ExitStack() as stack:
            drones = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(DRONES)]
            begin = time.perf_counter()
            for due in schedule:
                if self.sent % TOGETHER == 0:
                    early = begin + due.at / FASTER - time.perf_counter()
                    time.sleep(max(0.0, early))
                    begin -= min(0.0, early)
                drones[due.source].sendto(due.datagram, self._address)
                self.sent += 1


async def test_an_hour_of_eight_timed_drones_is_recorded_and_watched_in_bounded_memory(
    drift: Installation, tmp_path: Path
) -> None:
    track = tmp_path / "arena.json"
    track.write_text(json.dumps({"drift_track": 1, "name": "Arena", "drift_map": "arena", "gates": arena_gates()}))
    code, output = drift.run("track_import", str(track))
    assert code == 0, output
    race = drift.create_race("--track", "Arena")
    allowed = {"DRIFT_MAX_FRAME_RATE": str(2 * HZ * FASTER)}
    if drift.environment["REDIS_URL"]:
        drift.web_worker(drift.http_port).wait_for("A web worker is running")
        ingest = drift.start("ingest_udp", **allowed)
    else:
        ingest = drift.serve(**allowed)
    ingest.wait_for("is open")
    watcher = Watcher(f"{drift.ws}/ws/races/{race['race_id']}/?format=binary&every=50")
    watching = asyncio.create_task(watcher.watch())
    await watcher.begun.wait()
    flight = Flight(race["udp_port"])
    flying = asyncio.create_task(asyncio.to_thread(flight.fly))
    process = psutil.Process(ingest.pid)
    sizes: list[tuple[float, int]] = []
    while not flying.done():
        sizes.append((flight.seconds, process.memory_info().rss))
        await asyncio.sleep(1)
    await flying
    code, output = await asyncio.to_thread(drift.run, "end_race", race["race_id"])
    if code:  # still saving: it ends by itself
        ingest.wait_for("has ended")
    async with asyncio.timeout(60):
        await watching

    sent = int(DRONES * HZ * HOUR)
    assert flight.sent == sent
    assert drift.rows("SELECT status, frame_count FROM races_race") == [("ended", sent)]
    assert drift.frame_count() == sent
    assert drift.rows("SELECT last_seq, frame_count FROM races_drone") == [(HZ * HOUR, HZ * HOUR)] * DRONES
    assert sorted(np.unique(watcher.binary_frames["drone"], return_counts=True)[1].tolist()) == [HZ * HOUR] * DRONES
    laps = dict(drift.rows("SELECT drone, count(*) FROM races_lap WHERE valid GROUP BY drone"))
    assert len(laps) == DRONES
    assert min(laps.values()) > HOUR / 60
    assert list((drift.directory / "journal").iterdir()) == []
    before = max(size for seconds, size in sizes if seconds <= EARLY)
    assert max(size for _, size in sizes) - before < MOST_GROWTH
    assert ingest.stop() == 0, ingest.output
