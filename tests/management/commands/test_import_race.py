from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from races.models import Race
from tests.telemetry.ghosts import states, xml

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_file_becomes_a_race(simulated_capture: Path) -> None:
    told = StringIO()
    call_command("import_race", str(simulated_capture), "--name", "Trial", "--map", "Hannover", stdout=told)
    race = Race.objects.get()
    assert told.getvalue() == f"Imported 2,000 frames as the race Trial. Its id: {race.pk}\n"
    assert (race.name, race.drift_map, race.status) == ("Trial", "Hannover", "ended")


def test_what_is_no_flight_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "replay.xml"
    path.write_text(xml(states())[:-60])
    with pytest.raises(CommandError, match=r"replay\.xml, line \d+, column \d+:") as caught:
        call_command("import_race", str(path))
    assert caught.value.returncode == 2
    assert not Race.objects.exists()


def test_a_bad_name_is_one_line_and_exit_code_1(simulated_capture: Path) -> None:
    with pytest.raises(CommandError, match="A race's name") as caught:
        call_command("import_race", str(simulated_capture), "--name", "x" * 200)
    assert caught.value.returncode == 1
