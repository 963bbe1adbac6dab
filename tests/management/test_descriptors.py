"""Descriptors: how many there are, and that strangers' connections leave enough of them for races."""

import asyncio
import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from management import descriptors
from management.descriptors import Room, needed, room
from tests.processes import ROOT, Installation, installation
from tests.telemetry.builders import datagram

bounds_exist = pytest.mark.skipif(sys.platform == "win32", reason="Windows bounds no sockets")
RAISING = """
import resource, sys
from management import descriptors
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
descriptors.raise_limit(wanted)
print(descriptors.limit(), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
"""
BOUNDED = """
import resource, sys
from django.core.management import execute_from_command_line
soft, hard = map(int, sys.argv[1:3])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
execute_from_command_line(["manage.py", *sys.argv[3:]])
"""


@pytest.mark.parametrize("races", [0, 8, 64, 1000])
@pytest.mark.parametrize("wanted", [10, 3000, 20_000])
def test_what_is_needed_gives_the_room_that_is_wanted(races: int, wanted: int) -> None:
    assert room(needed(connections=wanted, races=races), wanted=wanted, races=races).connections == wanted


@pytest.mark.parametrize("most", [256, 1024, 4096, 10_240, 65_536])
def test_connections_leave_room_for_the_races_whatever_the_bound(most: int) -> None:
    found = room(most, wanted=3000, races=16)
    taken = found.connections * descriptors.OF_A_CONNECTION + found.backlog * descriptors.LISTENING
    assert found.connections > 0
    assert taken + descriptors.OF_THE_PROCESS + descriptors.OF_A_RACE * 16 <= most


def test_without_a_bound_there_is_room_for_all() -> None:
    assert room(None, wanted=3000, races=64) == Room(3000, descriptors.MOST_AT_ONCE)


def test_more_ports_than_there_could_ever_be_races_leave_half_to_connections() -> None:
    assert room(4096, wanted=3000, races=10_000) == room(4096, wanted=3000, races=(2048 - 64) // 4)


@bounds_exist
@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "found"),
    [(256, 900, 700, 700), (256, 900, 5000, 900), (800, 900, 300, 800), (900, 900, 900, 900)],
    ids=["as wanted", "as far as the system lets", "never lowered", "there already"],
)
def test_the_bound_is_raised(soft: int, hard: int, wanted: int, found: int) -> None:
    command = [sys.executable, "-c", RAISING, *map(str, (soft, hard, wanted))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(found), str(hard)]


@pytest.fixture
def drift(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        script = tmp_path / "bounded.py"
        script.write_text(BOUNDED)
        yield made


def bounded(drift: Installation, soft: int, hard: int, *arguments: str) -> psutil.Process:
    command = drift.start_script(str(drift.directory / "bounded.py"), str(soft), str(hard), *arguments)
    command.wait_for(" is running")
    return psutil.Process(command.pid)


def serving(drift: Installation) -> tuple[str, ...]:
    return ("serve", "--host", "127.0.0.1", "--port", str(drift.http_port), "--legacy-port", str(drift.legacy_port))


@pytest.mark.processes
@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_NOFILE"), reason="only on Linux a process tells another its bounds")
@pytest.mark.parametrize("command", ["serve", "ingest_udp"])
def test_a_command_that_runs_for_long_raises_its_bound(drift: Installation, command: str) -> None:
    arguments = serving(drift) if command == "serve" else ("ingest_udp", "--record-only")
    assert bounded(drift, 256, 1000, *arguments).rlimit(psutil.RLIMIT_NOFILE) == (1000, 1000)


@bounds_exist
@pytest.mark.processes
async def test_strangers_who_only_open_connections_keep_no_race_from_being_recorded(drift: Installation) -> None:
    server = await asyncio.to_thread(bounded, drift, 300, 300, *serving(drift))
    with contextlib.ExitStack() as stack:
        for port in (drift.http_port, drift.legacy_port):
            for _ in range(250):
                stranger = stack.enter_context(socket.socket())
                stranger.setblocking(False)
                stranger.connect_ex(("127.0.0.1", port))
            await asyncio.sleep(0.2)
        races = [await asyncio.to_thread(drift.create_race) for _ in range(2)]
        sender = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        give_up = time.monotonic() + 30
        while drift.rows("SELECT count(*) FROM races_race WHERE frame_count > 0") != [(2,)]:
            assert time.monotonic() < give_up, server.open_files()
            for race in races:
                sender.sendto(datagram(), ("127.0.0.1", race["udp_port"]))
            await asyncio.sleep(0.05)
        assert server.is_running()
