"""Recording by real processes that are killed, whose database stops, and whose disk fills up.

What a pilot (tests/telemetry/pilot.py) said was accepted must be in the database once, with its values, at the end.
"""

import os
import random
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from telemetry.liftoff import compile_format
from tests import servers
from tests.processes import Command, Installation, installation, last_number
from tests.telemetry.recording import FULL, TICK_FRAMES, eventually, numbered_tick

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and limits"),
]


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def prepare(installed: Installation) -> str:
    """Make the database and a race; give its id."""
    race_id: str = installed.create_race()["race_id"]
    return race_id


def take_off(installed: Installation, race_id: str) -> Command:
    pilot = installed.start_module("tests.telemetry.pilot", race_id, DRIFT_RECORD_INTERVAL_MS="20")
    pilot.wait_for("accepted")
    return pilot


def accepted(*pilots: Command) -> set[int]:
    return {int(number) for pilot in pilots for number in re.findall(r"^accepted (\d+)$", pilot.output, re.MULTILINE)}


def state(pilot: Command) -> str:
    states: list[str] = re.findall(r"^state (.*)$", pilot.output, re.MULTILINE)
    return states[-1] if states else "ok"


def fly_on(pilot: Command, ticks: int) -> None:
    """Wait until the pilot has flown so many ticks more."""
    before = len(accepted(pilot))
    eventually(lambda: len(accepted(pilot)) >= before + ticks or not pilot.is_running)
    assert pilot.is_running, pilot.output


def land(pilot: Command) -> None:
    assert pilot.stop(signal.SIGTERM) == 0, pilot.output
    assert "ended" in pilot.output


def check(installed: Installation, said: set[int], *, may_have_more: bool = False) -> None:
    """Every accepted tick is in the database, once, with its values; the counts agree, and the journal is gone."""
    rows = installed.rows(
        "SELECT drone, seq, position_x, motor_rpm_4 FROM telemetry_telemetryframe ORDER BY seq, drone"
    )
    keys = [row[:2] for row in rows]
    assert len(set(keys)) == len(keys)
    there = {seq for _, seq in keys if seq % TICK_FRAMES == 0}
    assert said <= there
    assert may_have_more or said == there
    assert keys == [
        (drone, seq) for last in sorted(there) for seq in range(last - TICK_FRAMES + 1, last + 1) for drone in (1, 2)
    ]
    stream = compile_format(FULL)
    for at in range(0, len(rows), 2 * TICK_FRAMES):
        wanted = stream.decode(numbered_tick(int(rows[at][1])).datagrams).frames
        got = np.array([row[2:] for row in rows[at : at + 2 * TICK_FRAMES]], "<f4")
        np.testing.assert_array_equal(got[:, 0], wanted["position"][:, 0])
        np.testing.assert_array_equal(got[:, 1], wanted["motor_rpm"][:, 3])
    assert installed.rows("SELECT status, frame_count FROM races_race") == [("ended", len(rows))]
    assert installed.rows("SELECT number, frame_count FROM races_drone ORDER BY number") == [
        (1, len(rows) // 2),
        (2, len(rows) // 2),
    ]
    assert list((installed.directory / "journal").iterdir()) == []


@pytest.mark.parametrize(
    ("kills", "seed"),
    [(3, 1), pytest.param(20, 2, marks=pytest.mark.soak)],
    ids=["3 times", "20 times"],
)
def test_killed_at_random_moments_every_accepted_frame_is_recorded_once(
    installed: Installation, kills: int, seed: int
) -> None:
    chance = random.Random(seed)
    race_id = prepare(installed)
    pilots = []
    for _ in range(kills):
        pilot = take_off(installed, race_id)
        pilots.append(pilot)
        fly_on(pilot, chance.randrange(1, 150))
        pilot.stop(signal.SIGKILL)
    pilots.append(take_off(installed, race_id))
    fly_on(pilots[-1], 50)
    land(pilots[-1])
    # The last tick before a kill may be accepted and not said.
    check(installed, accepted(*pilots), may_have_more=True)
    assert len(accepted(*pilots)) * TICK_FRAMES * 2 >= installed.frame_count() - kills * TICK_FRAMES * 2


own_postgresql = pytest.mark.skipif(
    bool(os.environ.get("TEST_DATABASE_URL")), reason="brings its own PostgreSQL: runs where none is named"
)


@own_postgresql
@pytest.mark.parametrize("at_once", [False, True], ids=["in order", "by a crash"])
def test_while_postgresql_is_stopped_frames_are_accepted_and_recorded_when_it_is_back(
    tmp_path: Path, at_once: bool
) -> None:
    try:
        with servers.postgres_server() as postgres:
            installed = Installation(tmp_path, database_url=postgres.url)
            installed.migrate()
            try:
                race_id = prepare(installed)
                pilot = take_off(installed, race_id)
                fly_on(pilot, 50)
                for _ in range(2):
                    postgres.stop(at_once=at_once)
                    eventually(lambda: state(pilot).startswith("database away"))
                    fly_on(pilot, 200)
                    postgres.start()
                    eventually(lambda: state(pilot) == "ok")
                    fly_on(pilot, 50)
                land(pilot)
                assert not re.search(r"^refused", pilot.output, re.MULTILINE)
                check(installed, accepted(pilot))
            finally:
                installed.close()
    except servers.Unavailable as reason:
        pytest.skip(str(reason))


@own_postgresql
def test_a_process_that_stops_while_postgresql_is_away_leaves_its_frames_to_the_next_one(tmp_path: Path) -> None:
    try:
        with servers.postgres_server() as postgres:
            installed = Installation(tmp_path, database_url=postgres.url)
            installed.migrate()
            try:
                race_id = prepare(installed)
                first = take_off(installed, race_id)
                fly_on(first, 50)
                postgres.stop()
                fly_on(first, 100)
                first.stop(signal.SIGKILL)
                absent = installed.start_module("tests.telemetry.pilot", race_id)
                assert absent.wait() != 0
                assert "no database" in absent.output
                postgres.start()
                second = take_off(installed, race_id)
                land(second)
                check(installed, accepted(first, second), may_have_more=True)
            finally:
                installed.close()
    except servers.Unavailable as reason:
        pytest.skip(str(reason))


def test_on_a_full_disk_recording_pauses_loudly_hurts_nothing_and_resumes_by_itself(installed: Installation) -> None:
    race_id = prepare(installed)
    pilot = take_off(installed, race_id)
    fly_on(pilot, 100)
    os.kill(pilot.pid, signal.SIGUSR1)
    pilot.wait_for("state disk full")
    refused = last_number(r"refused (\d+)", pilot.output)
    eventually(lambda: last_number(r"refused (\d+)", pilot.output) > refused + 100)
    os.kill(pilot.pid, signal.SIGUSR2)
    fly_on(pilot, 100)
    land(pilot)
    said = accepted(pilot)
    assert refused not in said
    check(installed, said)
