"""What an operator's Prometheus reads: the numbers, and who may have them."""

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from management import metrics_listener
from races.models import Race
from races.services import ask_to_end, create_race
from telemetry import metrics
from telemetry.counts import traffic
from telemetry.ingest import Ingest
from telemetry.viewer import JsonFrames, Viewer
from tests.people import make_user
from tests.telemetry.builders import batch, datagram
from tests.telemetry.ingesting import new_race, until

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "operator's-own"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.DRIFT_METRICS_TOKEN = TOKEN


def values(text: bytes | None = None) -> dict[str, float]:
    """Give each sample by its name and labels."""
    families = text_string_to_metric_families((metrics.text() if text is None else text).decode())
    return {
        sample.name + "".join(f"/{value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# --- the numbers


@pytest.mark.usefixtures("no_connection_stays")
async def test_an_ingest_shows_what_it_receives_refuses_records_and_publishes(
    ingest: Ingest, sender: socket.socket
) -> None:
    race = await new_race(ingest)
    for _ in range(20):
        sender.sendto(datagram(), ("127.0.0.1", race.udp_port))
    sender.sendto(b"short", ("127.0.0.1", race.udp_port))
    await until(lambda: ingest.recorder.stats.recorded == 20)
    await until(lambda: ingest.counts.refused.total() == 1)
    with metrics.watched(ingest):
        shown = await sync_to_async(values)()
        assert shown["drift_datagrams_received_total"] == 21
        assert shown["drift_frames_accepted_total"] == shown["drift_frames_recorded_total"] == 20
        assert shown["drift_datagrams_refused_total/short"] == 1
        assert shown["drift_messages_published_total"] >= 1
        assert (shown["drift_open_races"], shown["drift_drones"]) == (1, 1)
        assert (shown["drift_frames_waiting"], shown["drift_recorder_lag_seconds"]) == (0, 0)
        assert (shown["drift_recorder_ok"], shown["drift_frames_unjournaled_total"]) == (1, 0)
        assert shown["drift_races/live"] == 1
        # Counters never fall, also when their race ends.
        await sync_to_async(lambda: ask_to_end(race_id=race.pk))()
        await until(lambda: race.pk not in ingest.races)
        after = await sync_to_async(values)()
        for name in (
            "drift_datagrams_received_total",
            "drift_frames_recorded_total",
            "drift_datagrams_refused_total/short",
        ):
            assert after[name] == shown[name]
        assert (after["drift_open_races"], after["drift_races/ended"]) == (0, 1)
    assert "drift_datagrams_received_total" not in await sync_to_async(values)()


@pytest.mark.usefixtures("no_connection_stays")
async def test_frames_that_wait_and_the_journals_that_hold_them_are_seen(
    ingest: Ingest, sender: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.DRIFT_DATA_DIR = tmp_path.parent
    monkeypatch.setattr("telemetry.transfer.storage.write", _away)
    race = await new_race(ingest)
    sender.sendto(datagram(), ("127.0.0.1", race.udp_port))
    await until(lambda: ingest.recorder.stats.state != "ok")
    with metrics.watched(ingest):
        shown = await sync_to_async(values)()
    assert (shown["drift_frames_waiting"], shown["drift_recorder_ok"]) == (1, 0)
    assert shown["drift_recorder_lag_seconds"] > 0
    monkeypatch.undo()


def _away(*_: Any, **__: Any) -> None:
    raise OperationalError("gone fishing")


def test_the_size_of_the_journals_is_that_of_their_files(tmp_path: Path) -> None:
    assert metrics._size(tmp_path / "journal") == 0
    (tmp_path / "one").write_bytes(b"x" * 1000)
    (tmp_path / "two").write_bytes(b"x" * 24)
    assert metrics._size(tmp_path) == 1024


async def test_messages_to_viewers_are_counted_and_frames_that_were_skipped() -> None:
    before = (traffic.messages, traffic.skipped)
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    viewer = Viewer(send, wants_events=True)
    for number in range(1, 11):
        viewer.offer_frames(JsonFrames(batch([1, 2], number)))
    viewer.offer_event('{"type":"race"}')
    viewer.close(1000)
    await viewer.run()
    messages = len([message for message in sent if message["type"] == "websocket.send"])
    assert (traffic.messages - before[0], traffic.skipped - before[1]) == (messages, viewer.frames_dropped)
    assert viewer.frames_dropped > 0


def test_races_are_counted_by_status_and_a_database_that_is_away_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    create_race()
    create_race()
    shown = values()
    assert [shown[f"drift_races/{status}"] for status in Race.Status.values] == [2, 0, 0, 0]
    assert shown["drift_database_up"] == 1
    monkeypatch.setattr(Race.objects, "order_by", _away)
    shown = values()
    assert shown["drift_database_up"] == 0
    assert "drift_races/waiting" not in shown
    assert "drift_messages_sent_total" in shown


# --- who may have them


def test_the_operators_token_opens_them_without_asking_the_database_who_it_is(client: Client) -> None:
    answer = client.get("/metrics", headers=bearer())
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert values(answer.content)["drift_database_up"] == 1


def test_staff_may_read_them_and_others_may_not(client: Client) -> None:
    for user, status in ((make_user("ann"), 401), (make_user("boss", staff=True), 200)):
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        assert client.get("/metrics").status_code == status


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \xe9", f"Bearer {TOKEN} "]
)
def test_without_the_token_they_are_closed(client: Client, header: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": header})
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert "DRIFT_METRICS_TOKEN" in answer.json()["detail"]


def test_a_token_that_is_not_set_is_nobodys(client: Client, settings: Any) -> None:
    settings.DRIFT_METRICS_TOKEN = ""
    assert client.get("/metrics", headers=bearer("")).status_code == 401


@pytest.fixture
def port() -> Iterator[int]:
    with metrics_listener.listening("127.0.0.1", 0) as made:
        yield made


def fetched(port: int, path: str = "/metrics", **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_process_without_a_web_server_shows_them_on_a_port_of_its_own(port: int) -> None:
    status, text = fetched(port, **bearer())
    assert status == 200
    assert values(text)["drift_websockets"] == 0
    assert fetched(port)[0] == 401
    assert fetched(port, **bearer("wrong"))[0] == 401
    assert fetched(port, "/", **bearer())[0] == 404


def test_a_client_that_says_nothing_does_not_keep_others_out_for_long(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_listener._Handler, "timeout", 0.1)
    with socket.create_connection(("127.0.0.1", port)):
        assert fetched(port, **bearer())[0] == 200


# --- the example


def test_the_example_for_prometheus_names_the_processes_of_the_example_for_compose() -> None:
    scraped = yaml.safe_load((ROOT / "deploy" / "prometheus.yml").read_text(encoding="utf-8"))
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    targets = {
        target for job in scraped["scrape_configs"] for each in job["static_configs"] for target in each["targets"]
    }
    web = [compose["services"][name]["command"] for name in ("web1", "web2")]
    ports = {command[command.index("--port") + 1] for command in web}
    listen = compose["services"]["ingest"]["environment"]["DRIFT_METRICS_LISTEN"]
    assert targets == {*(f"nginx:{port}" for port in ports), f"ingest:{re.findall(r':([0-9]+)', listen)[-1]}"}
    assert {job["metrics_path"] for job in scraped["scrape_configs"]} == {"/metrics"}
    assert {job["authorization"]["type"] for job in scraped["scrape_configs"]} == {"Bearer"}


def test_the_operators_page_names_every_metric() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    code = (ROOT / "telemetry" / "metrics.py").read_text(encoding="utf-8")
    names = set(re.findall(r'Counter\w+\(\s*"(drift_\w+)"', code)), set(re.findall(r'Gauge\w+\(\s*"(drift_\w+)"', code))
    assert all(names)
    assert [name for name in sorted(names[0]) if f"`{name}_total`" not in page] == []
    assert [name for name in sorted(names[1]) if f"`{name}`" not in page] == []
