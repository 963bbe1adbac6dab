"""serve, ingest_udp, demo, create_race and end_race as a race host runs them, and what they say when they cannot."""

import asyncio
import json
import os
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests import servers
from tests.processes import Installation, installation
from tests.watchers import Watcher

pytestmark = pytest.mark.processes
ONE_PROCESS = not os.environ.get("TEST_REDIS_URL")
only_embedded = pytest.mark.skipif(not ONE_PROCESS, reason="about the embedded database and layer: runs in that pass")
only_servers = pytest.mark.skipif(ONE_PROCESS, reason="needs PostgreSQL and Valkey: runs in that pass")


@pytest.fixture
def drift(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as made:
        yield made


def refused(answer: tuple[int, str]) -> str:
    """Give the one line of a command that ended with exit code 2."""
    code, output = answer
    assert code == 2, output
    lines = output.strip().splitlines()
    assert len(lines) == 1, output
    return lines[0]


@pytest.mark.parametrize("option", ["--port", "--legacy-port"])
def test_serve_on_a_taken_port_says_which_and_what_to_do(drift: Installation, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports = {"--port": drift.http_port, "--legacy-port": drift.legacy_port}
        ports[option] = taken.getsockname()[1]
        words = [str(word) for pair in ports.items() for word in pair]
        line = refused(drift.run("serve", "--host", "127.0.0.1", *words))
    assert f"Port {ports[option]} cannot be opened" in line
    assert option in line


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("ingest_udp", "--record-only"), ("create_race",)])
def test_a_database_that_does_not_answer_is_one_line(drift: Installation, command: tuple[str, ...]) -> None:
    nobody = f"postgres://drift@127.0.0.1:{servers.free_port()}/drift?connect_timeout=3"
    line = refused(drift.run(*command, DATABASE_URL=nobody, SECRET_KEY="x"))
    assert "database cannot be used" in line
    assert "DATABASE_URL" in line


@only_servers
def test_a_database_without_migrations_says_how_to_make_them(tmp_path: Path) -> None:
    with installation(tmp_path, fresh=True) as fresh:
        assert "Run: python manage.py migrate" in refused(fresh.run("ingest_udp"))


@pytest.mark.parametrize("command", ["serve", "ingest_udp"])
@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "nonsense"])
def test_a_wrong_redis_url_is_one_line(drift: Installation, command: str, url: str) -> None:
    assert "REDIS_URL cannot be used" in refused(drift.run(command, REDIS_URL=url))


def test_ingest_udp_without_redis_says_why_and_what_to_do(drift: Installation) -> None:
    line = refused(drift.run("ingest_udp", REDIS_URL=""))
    assert all(word in line for word in ("REDIS_URL", "manage.py serve", "--record-only"))


def test_a_missing_secret_names_its_variable(drift: Installation) -> None:
    code, output = drift.run("check", DATABASE_URL="postgres://x@127.0.0.1/x", SECRET_KEY="")
    assert code != 0
    assert "Configuration: SECRET_KEY must be set" in output


def test_a_second_ingest_names_the_first(drift: Installation) -> None:
    first = drift.start("ingest_udp", "--record-only")
    first.wait_for("Ingest is running")
    line = refused(drift.run("ingest_udp", "--record-only"))
    assert f"{socket.gethostname()}, process {first.pid}" in line
    assert first.stop() == 0
    # the first has gone in peace: the next one starts at once
    drift.start("ingest_udp", "--record-only").wait_for("Ingest is running")


def test_an_ingest_that_was_killed_is_succeeded(drift: Installation) -> None:
    first = drift.start("ingest_udp", "--record-only")
    first.wait_for("Ingest is running")
    first.kill()
    second = drift.start("ingest_udp", "--record-only")
    second.wait_for("Ingest is running")
    assert second.stop() == 0


def test_a_udp_port_of_another_program_is_told_where_people_look(drift: Installation) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", drift.udp_port))
        ingest = drift.start("ingest_udp", "--record-only")
        race = drift.create_race()
        ingest.wait_for(f"UDP port {race['udp_port']} cannot be opened")
        assert "in use" in drift.rows("SELECT problem FROM races_race")[0][0]
        assert ingest.output.count("cannot be opened") == 1
    ingest.wait_for(f"UDP port {race['udp_port']} is open")
    assert drift.rows("SELECT problem FROM races_race") == [("",)]


def test_an_ingest_shows_its_metrics_where_it_is_told_to(drift: Installation) -> None:
    shown = {"DRIFT_METRICS_LISTEN": f"127.0.0.1:{servers.free_port()}", "DRIFT_METRICS_TOKEN": "long-and-random"}
    ingest = drift.start("ingest_udp", "--record-only", **shown)
    ingest.wait_for("Ingest is running")
    request = urllib.request.Request(
        f"http://{shown['DRIFT_METRICS_LISTEN']}/metrics", headers={"Authorization": "Bearer long-and-random"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    assert "drift_frames_recorded_total 0.0" in text
    assert 'drift_races{status="live"} 0.0' in text
    assert ingest.stop() == 0


def test_a_taken_port_for_metrics_is_one_line(drift: Installation) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        line = refused(drift.run("ingest_udp", "--record-only", DRIFT_METRICS_LISTEN=listen, DRIFT_METRICS_TOKEN="x"))
    assert "cannot be opened" in line
    assert "DRIFT_METRICS_LISTEN" in line


@pytest.mark.parametrize(
    ("listen", "token", "said"),
    [("127.0.0.1:9464", "", "needs DRIFT_METRICS_TOKEN"), ("9464", "x", "such as 127.0.0.1:9464"),
     ("0.0.0.0:99999", "x", "such as 127.0.0.1:9464")],
)  # fmt: skip
def test_an_address_for_metrics_that_cannot_be_is_named(
    drift: Installation, listen: str, token: str, said: str
) -> None:
    code, output = drift.run("check", DRIFT_METRICS_LISTEN=listen, DRIFT_METRICS_TOKEN=token)
    assert code != 0
    assert "Configuration: DRIFT_METRICS_LISTEN" in output
    assert said in output


def test_create_race_prints_the_five_fields(drift: Installation) -> None:
    fields = drift.create_race("--name", "Finale", "--map", "Hannover", "--stream-format", "Timestamp,Position")
    assert list(fields) == ["race_id", "race_creator", "udp_port", "ws_port", "status"]
    assert (fields["race_creator"], fields["udp_port"], fields["ws_port"]) == (-1, drift.udp_port, 8765)
    name, drift_map, keys = drift.rows("SELECT name, drift_map, stream_format FROM races_race")[0]
    assert (name, drift_map) == ("Finale", "Hannover")
    assert (json.loads(keys) if isinstance(keys, str) else keys) == ["Timestamp", "Position"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("create_race", "--stream-format", "Timestamp,Wind"), 1, "Unknown stream format key: Wind"),
        (("create_race", "--creator", "nobody"), 2, "no user nobody"),
        (("end_race", "not-a-uuid"), 2, "race"),
        (("end_race", str(uuid4())), 1, "no race"),
    ],
)
def test_wrong_use_is_one_line(drift: Installation, arguments: tuple[str, ...], code: int, said: str) -> None:
    answered, output = drift.run(*arguments)
    assert (answered, said in output) == (code, True), output
    assert "Traceback" not in output


def test_end_race_without_an_ingest_ends_it_directly(drift: Installation) -> None:
    race = drift.create_race()
    assert drift.run("end_race", race["race_id"])[0] == 0
    assert drift.rows("SELECT status, udp_port FROM races_race") == [("ended", None)]
    code, output = drift.run("end_race", race["race_id"])
    assert (code, "already ended" in output) == (1, True)


@pytest.mark.parametrize("command", ["serve", "ingest_udp", "demo", "create_race", "end_race"])
def test_help_shows_an_example(drift: Installation, command: str) -> None:
    code, output = drift.run(command, "--help")
    assert code == 0
    assert "example:" in output


@only_embedded
async def test_the_demo_shows_a_race_at_once(drift: Installation) -> None:
    demo = drift.start(
        "demo", "--host", "127.0.0.1", "--port", str(drift.http_port), "--legacy-port", "0", "--drones", "3"
    )
    demo.wait_for("3 drones are flying")
    url = demo.output.split("Watch them: ")[1].split()[0]
    page = await asyncio.to_thread(lambda: urllib.request.urlopen(url, timeout=10).read())
    assert b"Demo" in page
    race_id = url.rstrip("/").rpartition("/")[2]
    watcher = Watcher(f"{drift.ws}/ws/races/{race_id}/")
    task = asyncio.create_task(watcher.watch())
    async with asyncio.timeout(30):
        while len({frame["drone"] for frame in watcher.json_frames}) < 3:
            await asyncio.sleep(0.1)
    assert demo.stop() == 0, demo.output
    async with asyncio.timeout(10):
        await task
    assert watcher.code == 1012


@only_embedded
def test_two_commands_at_once_make_one_database(tmp_path: Path) -> None:
    with installation(tmp_path, fresh=True) as fresh:
        ingest = fresh.start("ingest_udp", "--record-only")
        assert fresh.create_race()["udp_port"] == fresh.udp_port
        ingest.wait_for("Ingest is running")


@only_embedded
def test_the_embedded_secret_is_kept_and_private(drift: Installation) -> None:
    environment: dict[str, Any] = {"SECRET_KEY": ""}
    drift.serve(**environment).stop()
    kept = drift.directory / "secret_key"
    first = kept.read_text()
    assert len(first) > 50
    assert kept.stat().st_mode & 0o777 == 0o600
    drift.serve(**environment).stop()
    assert kept.read_text() == first


@only_embedded
def test_a_first_start_says_how_to_make_the_first_admin(drift: Installation) -> None:
    server = drift.serve()
    server.wait_for("createsuperuser")
    server.stop()
    made = drift.run(
        "createsuperuser", "--noinput", "--username", "chief", "--email", "", DJANGO_SUPERUSER_PASSWORD="a long one 9"
    )
    assert made[0] == 0, made[1]
    assert "createsuperuser" not in drift.serve().output
