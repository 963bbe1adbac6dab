from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.errors import NotFound
from races.models import Race
from telemetry import export
from tests.people import make_race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def race() -> Race:
    return make_race(None, flown=True, over=True)


def whole(race: Race, form: str) -> bytes:
    return b"".join(part.data for part in export.parts_of(race, form))


def test_a_race_is_written_into_the_file(race: Race, tmp_path: Path) -> None:
    told, path = StringIO(), tmp_path / "final.csv"
    call_command("export_race", str(race.pk), "--output", str(path), stdout=told)
    assert told.getvalue() == f"Wrote 4 frames to {path}.\n"
    assert path.read_bytes() == whole(race, "csv")
    assert [found.name for found in tmp_path.iterdir()] == ["final.csv"]


def test_without_a_name_the_file_is_named_after_the_race(
    race: Race, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call_command("export_race", str(race.pk), stdout=StringIO())
    assert [found.name for found in tmp_path.iterdir()] == [f"race-2026-01-01-{str(race.pk)[:8]}.csv"]


def test_standard_output_gets_the_file_and_nothing_else(race: Race, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    call_command("export_race", str(race.pk), "--output", "-")
    assert capfdbinary.readouterr().out == whole(race, "csv")


def test_a_file_that_is_there_is_replaced_only_by_force(race: Race, tmp_path: Path) -> None:
    path = tmp_path / "final.csv"
    path.write_text("mine")
    with pytest.raises(CommandError, match="is there already") as caught:
        call_command("export_race", str(race.pk), "--output", str(path))
    assert (caught.value.returncode, path.read_text()) == (2, "mine")
    call_command("export_race", str(race.pk), "--output", str(path), "--force", stdout=StringIO())
    assert path.read_bytes() == whole(race, "csv")


def test_what_cannot_be_is_one_line(race: Race, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written") as caught:
        call_command("export_race", str(race.pk), "--output", str(tmp_path / "no" / "final.csv"))
    assert caught.value.returncode == 2
    with pytest.raises(CommandError, match="There is no race") as caught:
        call_command("export_race", str(uuid4()))
    assert caught.value.returncode == 1
    assert isinstance(caught.value.__context__, NotFound)


def test_the_outputs_name_says_the_format_unless_another_is_asked_for(race: Race, tmp_path: Path) -> None:
    for name, options, beginning in (
        ("final.mcap", (), b"\x89MCAP"),
        ("final.MCAP", ("--format", "csv"), b"time_s,"),
        ("final.txt", (), b"time_s,"),
    ):
        call_command("export_race", str(race.pk), "--output", str(tmp_path / name), *options, stdout=StringIO())
        assert (tmp_path / name).read_bytes().startswith(beginning)
