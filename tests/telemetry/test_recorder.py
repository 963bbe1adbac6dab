"""telemetry.recorder: journals into the database, each frame once, whatever happens."""

from pathlib import Path

import pytest

from races.models import Race
from races.services import create_race
from telemetry import journal
from telemetry.recorder import Recorder
from tests.telemetry.recording import recorded, tick

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def race() -> Race:
    return create_race()


def test_frames_that_were_appended_are_in_the_database_after_close(tmp_path: Path, race: Race) -> None:
    recorder = Recorder(tmp_path)
    recorder.start()
    recording = recorder.open(race)
    for first in range(1, 101, 10):
        tick(first, 10).into(recording)
    recorder.close()
    assert recorded(race.pk) == [(drone, seq) for drone in (1, 2) for seq in range(1, 101)]
    assert recorder.stats.state == "ok"
    race.refresh_from_db()
    assert (race.status, race.frame_count) == ("live", 200)


def test_ending_a_race_closes_it_with_its_last_frames_and_removes_the_journal(tmp_path: Path, race: Race) -> None:
    recorder = Recorder(tmp_path)
    recorder.start()
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    recording.end().result(10)
    race.refresh_from_db()
    assert race.status == "ended"
    recorder.close()
    assert journal.journals(tmp_path) == {}
