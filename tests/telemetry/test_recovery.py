"""telemetry.recorder after a restart, and while something is wrong: each frame is recorded once all the same."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from races.models import Race
from races.services import create_race
from telemetry import journal, journal_reader, storage
from telemetry.models import JournalOffset, TelemetryFrame
from telemetry.mover import STOPPED_RETRY_SECONDS
from telemetry.recorder import Recorder, RecordingStopped
from tests.telemetry.recording import (
    BASE_US,
    NO_VELOCITY,
    Clock,
    abandon,
    expected,
    finish,
    flown,
    recorded,
    tick,
)

pytestmark = pytest.mark.django_db(transaction=True)

# --- Restarts ------------------------------------------------------------------------------------------------------


def test_a_race_that_is_opened_again_goes_on_where_journal_and_database_end(tmp_path: Path, race: Race) -> None:
    recorder = Recorder(tmp_path)
    recording = recorder.open(race)
    assert (recording.drones, recording.started) == ({}, None)
    tick(1, 10).into(recording)
    assert recording.started == BASE_US + 10_001
    finish(recorder)
    tick(11, 5, drones=3).into(recording)  # in the journal only
    abandon(recorder, recording)
    recorder = Recorder(tmp_path)
    recording = recorder.open(race)
    states = {n: (s.drone_id, s.last_seq, s.last_time) for n, s in recording.drones.items()}
    assert states == {n: (f"10.0.0.{n}", 15, BASE_US + 150_000 + n) for n in (1, 2, 3)}
    assert (recording.started, recorder.stats.backlog) == (BASE_US + 10_001, 15)
    tick(16, 5, drones=3).into(recording)
    finish(recorder)
    assert recorded(race.pk) == expected(20) + expected(20, first=11, drones=(3,))
    assert recorder.stats.backlog == 0
    abandon(recorder, recording)


def test_what_a_killed_process_left_is_recorded_though_nobody_opens_the_race(tmp_path: Path, race: Race) -> None:
    ended = create_race()
    recorder = Recorder(tmp_path)
    for each in (race, ended):
        recording = recorder.open(each)
        tick(1, 10).into(recording)
        recording.writer.close()
    Race.objects.filter(pk=ended.pk).update(status=Race.Status.ENDED, udp_port=None)
    after = Recorder(tmp_path)
    after.recover()
    finish(after)
    assert recorded(race.pk) == recorded(ended.pk) == expected(10)
    assert list(journal.journals(tmp_path)) == [race.pk]
    assert after.stats.state == "ok"


def test_a_torn_tail_is_reported_once_and_what_comes_after_is_recorded(
    tmp_path: Path, race: Race, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(tmp_path)
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    tick(11, 10).into(recording)
    abandon(recorder, recording)
    path = journal.segment_path(tmp_path, race.pk, 1)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 50)
    recorder = Recorder(tmp_path)
    recording = recorder.open(race)
    finish(recorder)
    assert recording.drones[1].last_seq == 10
    tick(11, 5).into(recording)
    finish(recorder)
    assert recorded(race.pk) == expected(15)
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1
    abandon(recorder, recording)


def test_the_journal_of_an_ended_race_is_kept_when_the_setting_says_so(
    recorder: Recorder, tmp_path: Path, race: Race, settings: Settings
) -> None:
    settings.DRIFT_JOURNAL_KEEP = True
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    recording.end()
    finish(recorder)
    assert list(journal.journals(tmp_path)) == [race.pk]
    after = Recorder(tmp_path)
    after.recover()
    finish(after)
    assert recorded(race.pk) == expected(10)


def test_a_journal_of_no_race_in_this_database_is_kept_and_named(
    recorder: Recorder, tmp_path: Path, race: Race, caplog: pytest.LogCaptureFixture
) -> None:
    recording = recorder.open(race)
    tick(1, 1).into(recording)
    abandon(recorder, recording)
    Race.objects.all().delete()
    after = Recorder(tmp_path)
    after.recover()
    finish(after)
    assert str(race.pk) in caplog.text
    assert list(journal.journals(tmp_path)) == [race.pk]


def test_two_processes_that_record_one_journal_record_each_frame_once(tmp_path: Path, race: Race) -> None:
    owner, other = Recorder(tmp_path), Recorder(tmp_path)
    recording = owner.open(race)
    tick(1, 10).into(recording)
    other.recover()
    other.step()
    tick(11, 10).into(recording)
    finish(owner)
    other.recover()
    finish(other)
    assert recorded(race.pk) == expected(20)
    race.refresh_from_db()
    assert race.frame_count == 40
    assert (owner.stats.backlog, owner.stats.state, other.stats.state) == (0, "ok", "ok")
    abandon(owner, recording)


def test_a_race_that_was_let_go_is_recorded_and_can_be_opened_again(
    recorder: Recorder, tmp_path: Path, race: Race
) -> None:
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    recording.release()
    finish(recorder)
    assert recorded(race.pk) == expected(10)
    tick(11, 1).into(recorder.open(race))
    finish(recorder)
    assert recorded(race.pk) == expected(11)


# --- Faults --------------------------------------------------------------------------------------------------------


def occupy(race: Race, seq: int, drone: int = 1) -> None:
    """Put a frame where the recorder is going to put one: what no recorder does."""
    frame = flown(1)
    frame["drone"], frame["seq"], frame["time"] = drone, seq, BASE_US + seq * 10_000 + drone
    storage.write_frames(race.pk, frame)


def test_frames_that_were_read_ahead_of_a_transaction_that_failed_are_recorded_once(
    recorder: Recorder, race: Race, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DRIFT_RECORD_BATCH = 40
    undisturbed = create_race()
    Race.objects.update(stream_format=list(NO_VELOCITY))
    race.refresh_from_db()
    undisturbed.refresh_from_db()
    write, failing = storage.write, [race.pk]

    def fail_once(made_ready: storage.Ready, *, meanwhile: Callable[[], None]) -> None:
        write(made_ready, meanwhile=meanwhile)
        if made_ready.race_id in failing:
            failing.remove(made_ready.race_id)
            raise OperationalError("the connection is lost")

    monkeypatch.setattr(storage, "write", fail_once)
    for each in (race, undisturbed):
        recording = recorder.open(each)
        for first in range(1, 201, 10):
            tick(first, 10, keys=NO_VELOCITY, seed=first).into(recording)
    finish(recorder)
    assert recorder.stats.state.startswith("database away")
    clock.now += 10
    finish(recorder)
    assert recorder.stats.state == "ok"
    assert recorded(race.pk) == recorded(undisturbed.pk) == expected(200)
    assert velocities(race) == velocities(undisturbed)


def velocities(race: Race) -> list[float | None]:
    frames = TelemetryFrame.objects.filter(race=race).order_by("drone", "seq")
    return list(frames.values_list("velocity_x", flat=True))


def test_what_cannot_be_read_ahead_is_read_when_it_is_its_turn(
    recorder: Recorder, race: Race, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DRIFT_RECORD_BATCH = 40
    recording = recorder.open(race)
    for first in range(1, 101, 10):
        tick(first, 10).into(recording)
    write, read, refusals = storage.write, journal_reader.read, []

    def refuse(*_: object) -> None:
        refusals.append(1)
        raise OSError("the disk does not answer")

    def write_while_the_disk_is_away(made_ready: storage.Ready, *, meanwhile: Callable[[], None]) -> None:
        monkeypatch.setattr(journal_reader, "read", refuse)
        write(made_ready, meanwhile=meanwhile)
        monkeypatch.setattr(journal_reader, "read", read)

    monkeypatch.setattr(storage, "write", write_while_the_disk_is_away)
    finish(recorder)
    assert bool(refusals) == (connection.vendor == "postgresql")
    assert (recorded(race.pk), recorder.stats.state) == (expected(100), "ok")


def test_a_key_conflict_stops_that_race_loudly_and_no_other_and_is_tried_again_later(
    recorder: Recorder, race: Race, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    other = create_race()
    recording, others = recorder.open(race), recorder.open(other)
    occupy(race, 5)
    tick(1, 10).into(recording)
    for first in (1, 11, 21):
        tick(first, 10).into(others)
        finish(recorder)
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1
    assert str(race.pk) in caplog.text
    assert recorder.stats.state.startswith(f"stopped: race {race.pk}")
    assert recorded(race.pk) == [(1, 5)]
    assert recorded(other.pk) == expected(30)
    assert recorder.stats.backlog == 20
    TelemetryFrame.objects.filter(race=race).delete()
    finish(recorder)
    assert recorded(race.pk) == []
    clock.now += STOPPED_RETRY_SECONDS
    finish(recorder)
    assert recorded(race.pk) == expected(10)
    assert (recorder.stats.backlog, recorder.stats.state) == (0, "ok")


def test_a_race_that_is_stopped_ends_and_keeps_its_journal(recorder: Recorder, tmp_path: Path, race: Race) -> None:
    recording = recorder.open(race)
    occupy(race, 5)
    tick(1, 10).into(recording)
    finish(recorder)
    done = recording.end()
    finish(recorder)
    with pytest.raises(RecordingStopped):
        done.result(0)
    race.refresh_from_db()
    assert (race.status, race.udp_port) == ("ended", None)
    assert list(journal.journals(tmp_path)) == [race.pk]


@pytest.fixture
def locked(settings: Settings) -> Iterator[sqlite3.Connection]:
    """Lock SQLite's file against everybody else; PostgreSQL is stopped and started in test_faults.py."""
    if connection.vendor != "sqlite":
        pytest.skip("locks the file of SQLite")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    yield other
    other.close()
    connection.close()


def test_while_the_database_is_away_frames_stay_in_the_journal_and_are_recorded_when_it_is_back(
    recorder: Recorder, race: Race, clock: Clock, locked: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    recording = recorder.open(race)
    locked.execute("BEGIN IMMEDIATE")
    tick(1, 10).into(recording)
    assert not recorder.step()
    assert recorder.stats.state == "database away: database is locked"
    for _ in range(5):
        tick(1 + recording.appended // 2, 10).into(recording)
        assert not recorder.step()  # it looks again later, not every time
    assert recorder.stats.backlog == 120
    assert caplog.text.count("The database is away") == 1
    locked.execute("COMMIT")
    clock.now += 10
    finish(recorder)
    assert recorded(race.pk) == expected(60)
    assert (recorder.stats.backlog, recorder.stats.state) == (0, "ok")


def test_closing_while_the_database_is_away_says_what_is_left(
    tmp_path: Path, race: Race, locked: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(tmp_path)
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    done = recording.end()
    locked.execute("BEGIN IMMEDIATE")
    recorder.close()
    locked.execute("COMMIT")
    assert "20 frames are only in journals" in caplog.text
    assert done.cancelled()
    after = Recorder(tmp_path)
    after.recover()
    finish(after)
    assert recorded(race.pk) == expected(10)


def test_a_journal_that_cannot_be_written_is_a_loud_state_and_recording_resumes_by_itself(
    tmp_path: Path, race: Race, caplog: pytest.LogCaptureFixture
) -> None:
    directory = tmp_path / "journal"
    directory.write_text("in the way")
    recorder = Recorder(directory)
    recording = recorder.open(race)
    for _ in range(3):
        with pytest.raises(OSError, match="journal"):
            tick(1, 10).into(recording)
    assert recorder.stats.state.startswith("journal not writable: ")
    assert caplog.text.count("is not recorded at present") == 1
    directory.unlink()
    tick(31, 10).into(recording)
    finish(recorder)
    assert recorder.stats.state == "ok"
    assert "60 frames were not" in caplog.text
    assert recorded(race.pk) == expected(40, first=31)
    abandon(recorder, recording)


def test_datagrams_in_a_journal_that_are_no_frames_are_reported_and_passed_over(
    recorder: Recorder, race: Race, caplog: pytest.LogCaptureFixture
) -> None:
    recording = recorder.open(race)
    made = tick(1, 3, drones=1)
    made.datagrams[1] = b"no frame"
    made.into(recording)
    finish(recorder)
    assert recorded(race.pk) == [(1, 1), (1, 3)]
    assert "1 datagrams" in caplog.text
    assert recorder.stats.backlog == 0


def test_the_offset_in_the_database_is_where_the_journal_has_been_read(
    recorder: Recorder, race: Race, settings: Settings
) -> None:
    settings.DRIFT_JOURNAL_SEGMENT_MB = 1
    recording = recorder.open(race)
    for first in range(1, 6002, 500):
        tick(first, 500).into(recording)
    finish(recorder)
    offset = JournalOffset.objects.get(race=race)
    assert (offset.segment, offset.offset) == recording.writer.tail
    assert offset.segment > 1
    assert recorded(race.pk) == expected(6500)
