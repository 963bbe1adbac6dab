"""telemetry.signals: what happens to frames when a race ends without an ingest process, or is deleted."""

from pathlib import Path

import pytest
from pytest_django import Settings

from races.models import Race
from races.services import end_race
from races.signals import race_deleting
from telemetry import journal
from telemetry.models import TelemetryFrame
from telemetry.recorder import Recorder
from telemetry.signals import journal_directory
from tests.telemetry.recording import abandon, expected, finish, recorded, tick

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, settings: Settings) -> None:
    settings.DRIFT_DATA_DIR = tmp_path


def leave_frames(race: Race) -> None:
    """Leave what a killed ingest leaves: half of the frames recorded, all of them in the journal."""
    recorder = Recorder(journal_directory())
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    finish(recorder)
    tick(11, 10).into(recording)
    abandon(recorder, recording)


def test_a_race_that_ends_without_an_ingest_has_the_frames_of_its_journal(race: Race) -> None:
    leave_frames(race)
    end_race(race=race)
    assert recorded(race.pk) == expected(20)
    race.refresh_from_db()
    assert (race.status, race.saved, race.frame_count) == ("ended", True, 40)


def test_the_next_ingest_removes_the_journal_of_a_race_that_ended_without_it(race: Race) -> None:
    leave_frames(race)
    end_race(race=race)
    assert list(journal.journals(journal_directory())) == [race.pk]
    recorder = Recorder(journal_directory())
    recorder.recover()
    finish(recorder)
    assert recorded(race.pk) == expected(20)
    assert journal.journals(journal_directory()) == {}


def test_an_ingest_that_only_seemed_dead_goes_on_without_a_frame_twice_or_lost(race: Race) -> None:
    recorder = Recorder(journal_directory())
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    end_race(race=race)
    tick(11, 10).into(recording)
    recording.end()
    finish(recorder)
    assert recorded(race.pk) == expected(20)
    assert journal.journals(journal_directory()) == {}


def test_a_race_without_a_journal_ends_as_it_is(race: Race) -> None:
    end_race(race=race)
    race.refresh_from_db()
    assert (race.status, race.frame_count) == ("ended", 0)


def test_deleting_a_race_takes_its_frames_and_its_journal_and_nobody_else_s(race: Race) -> None:
    other = Race.objects.create(udp_port=None, stream_format=race.stream_format)
    for each in (race, other):
        leave_frames(each)
    race_deleting.send(sender=Race, race=race)
    race.delete()
    assert set(TelemetryFrame.objects.values_list("race_id", flat=True)) == {other.pk}
    assert list(journal.journals(journal_directory())) == [other.pk]
