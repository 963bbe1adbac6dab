import json
import uuid
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from management import liftoff_config
from races import sending
from races.models import Race
from races.stream_format import DEFAULT_FORMAT

pytestmark = pytest.mark.django_db


@pytest.fixture
def race() -> Race:
    return Race.objects.create(udp_port=9017, stream_format=["Timestamp", "Position"])


@pytest.fixture
def game_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The game's folder under a home of its own, on Linux."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    folder: Path = tmp_path / liftoff_config.UNITY
    folder.mkdir(parents=True)
    return folder


def printed(*options: str) -> str:
    told = StringIO()
    call_command("liftoff_config", *options, stdout=told)
    return told.getvalue()


def test_the_races_port_and_format_are_printed_as_the_file_and_nothing_else(race: Race) -> None:
    text = printed("--race", str(race.id), "--host", "10.1.2.3")
    assert json.loads(text) == {"EndPoint": "10.1.2.3:9017", "StreamFormat": ["Timestamp", "Position"]}


@override_settings(DRIFT_UDP_HOST="0.0.0.0")
def test_without_a_host_the_game_sends_to_this_machine(race: Race) -> None:
    end_point = json.loads(printed("--race", str(race.id)))["EndPoint"]
    assert end_point == f"{sending.lan_address()}:9017"


@pytest.mark.parametrize(("listens", "shown"), [("10.9.8.7", "10.9.8.7:9017"), ("::1", "[::1]:9017")])
def test_an_address_that_the_ingest_alone_listens_on_is_the_one_to_send_to(
    race: Race, listens: str, shown: str
) -> None:
    with override_settings(DRIFT_UDP_HOST=listens):
        assert json.loads(printed("--race", str(race.id)))["EndPoint"] == shown


def test_write_puts_it_where_the_game_reads_it_and_says_what_to_do(race: Race, game_folder: Path) -> None:
    path = game_folder / "TelemetryConfiguration.json"
    path.write_text("{}", encoding="utf-8")
    told = printed("--race", str(race.id), "--host", "10.1.2.3", "--write")
    assert json.loads(path.read_text(encoding="utf-8"))["EndPoint"] == "10.1.2.3:9017"
    (kept,) = game_folder.glob("*.bak")
    assert kept.read_text(encoding="utf-8") == "{}"
    first, last = told.splitlines()
    assert first == f"Wrote {path}. The old one is kept as {kept.name}."
    assert last.startswith("Reset your drone")


def test_without_the_games_folder_the_line_says_where_it_should_be(race: Race, game_folder: Path) -> None:
    game_folder.rmdir()
    with pytest.raises(CommandError, match="folder is not there") as caught:
        printed("--race", str(race.id), "--write")
    assert str(game_folder) in str(caught.value)
    assert caught.value.returncode == 1


def test_an_ended_race_is_refused() -> None:
    race = Race.objects.create(status=Race.Status.ENDED, stream_format=list(DEFAULT_FORMAT))
    with pytest.raises(CommandError, match="has ended") as caught:
        printed("--race", str(race.id))
    assert caught.value.returncode == 1


def test_no_such_race_is_wrong_use() -> None:
    with pytest.raises(CommandError, match="There is no race") as caught:
        printed("--race", str(uuid.uuid4()))
    assert caught.value.returncode == 2
