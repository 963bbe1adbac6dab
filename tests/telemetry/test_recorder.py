"""telemetry.recorder: journals into the database, each frame once, whatever happens.

Most tests drive the recorder step by step in their own thread; tests/telemetry/test_faults.py kills real processes.
"""

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from races.models import Drone, Race
from races.services import create_race
from telemetry import journal, storage
from telemetry.clock import epoch_us, from_epoch_us
from telemetry.models import JournalOffset, TelemetryFrame
from telemetry.recorder import STOPPED_RETRY_SECONDS, RaceGone, Recorder, RecordingStopped
from telemetry.recording import RaceRecording
from tests.telemetry.recording import BASE_US, NO_VELOCITY, flown, recorded, tick

pytestmark = pytest.mark.django_db(transaction=True)

BOTH = (1, 2)


class Clock:
    """Monotonic seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def race() -> Race:
    return create_race()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(tmp_path: Path, clock: Clock) -> Iterator[Recorder]:
    """Give a recorder without threads; what the test leaves is not recorded."""
    made = Recorder(tmp_path, clock=clock)
    yield made
    made.close()


def finish(recorder: Recorder) -> None:
    while recorder.step():
        pass


def expected(last: int, *, first: int = 1, drones: tuple[int, ...] = BOTH) -> list[tuple[int, int]]:
    return [(drone, seq) for drone in drones for seq in range(first, last + 1)]


def abandon(recorder: Recorder, recording: RaceRecording) -> None:
    """Leave as a killed process does: nothing more is recorded, nothing tidied."""
    recording.writer.close()
    recorder._tracks.clear()


# --- With its threads ----------------------------------------------------------------------------------------------


def test_frames_that_were_appended_are_in_the_database_after_close(tmp_path: Path, race: Race) -> None:
    recorder = Recorder(tmp_path)
    recorder.start()
    recording = recorder.open(race)
    for first in range(1, 101, 10):
        tick(first, 10).into(recording)
    recorder.close()
    assert recorded(race.pk) == expected(100)
    assert (recorder.stats.recorded, recorder.stats.backlog, recorder.stats.state) == (200, 0, "ok")


def test_ending_a_race_closes_it_with_its_last_frames_and_removes_the_journal(tmp_path: Path, race: Race) -> None:
    recorder = Recorder(tmp_path)
    recorder.start()
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    recording.end().result(20)
    race.refresh_from_db()
    assert (race.status, race.udp_port, race.saved, race.frame_count) == ("ended", None, True, 20)
    recorder.close()
    assert journal.journals(tmp_path) == {}


def test_a_full_batch_is_recorded_before_its_time(tmp_path: Path, race: Race, settings: Settings) -> None:
    settings.DRIFT_RECORD_INTERVAL_MS = 3_600_000
    settings.DRIFT_RECORD_BATCH = 100
    recorder = Recorder(tmp_path)
    recorder.start()
    recording = recorder.open(race)
    tick(1, 100).into(recording)
    recording.end().result(20)  # it wakes the recorder as well, but that the batch is moved is not the end's doing
    recorder.close()
    assert recorded(race.pk) == expected(100)


def test_after_close_no_race_can_be_opened(tmp_path: Path, race: Race) -> None:
    recorder = Recorder(tmp_path)
    recorder.start()
    recorder.close()
    with pytest.raises(RecordingStopped, match="closed"):
        recorder.open(race)


# --- What is written -----------------------------------------------------------------------------------------------


def test_every_value_of_the_datagrams_is_in_the_table(recorder: Recorder, race: Race) -> None:
    tick(1, 50, drones=1).into(recorder.open(race))
    finish(recorder)
    wanted = flown(50)
    for column in storage.MEASURED:
        rows = TelemetryFrame.objects.filter(race=race).order_by("seq").values_list(column.name, flat=True)
        got = np.array([np.nan if value is None else value for value in rows], "<f4")
        np.testing.assert_array_equal(got, storage.values(wanted, column), column.name)
    first = TelemetryFrame.objects.get(race=race, seq=1)
    assert (first.drone, first.motor_count, epoch_us(first.time)) == (1, 4, BASE_US + 10_001)


def test_the_race_and_its_drones_are_counted(recorder: Recorder, race: Race) -> None:
    recording = recorder.open(race)
    first, second = tick(1, 10), tick(11, 5, drones=3)
    first.into(recording)
    finish(recorder)
    second.into(recording)
    finish(recorder)
    race.refresh_from_db()
    assert (race.status, race.frame_count) == ("live", 35)
    assert race.byte_count == sum(map(len, first.datagrams + second.datagrams))
    assert race.started_at == from_epoch_us(first.times[0])
    assert race.last_frame_at == from_epoch_us(second.times[-1])
    rows = Drone.objects.filter(race=race).values_list("number", "drone_id", "frame_count", "last_seq", "last_time")
    assert list(rows) == [
        (1, "10.0.0.1", 15, 15, second.times[-3]),
        (2, "10.0.0.2", 15, 15, second.times[-2]),
        (3, "10.0.0.3", 5, 15, second.times[-1]),
    ]
    assert not Drone.objects.filter(velocity_derived=True).exists()


def test_a_drone_s_name_is_kept_while_its_frames_are_counted(recorder: Recorder, race: Race) -> None:
    recording = recorder.open(race)
    tick(1, 1).into(recording)
    finish(recorder)
    Drone.objects.filter(race=race, number=1).update(name="Blue Jay")
    tick(2, 1).into(recording)
    finish(recorder)
    drone = Drone.objects.get(race=race, number=1)
    assert (drone.name, drone.frame_count) == ("Blue Jay", 2)


def test_a_race_that_was_asked_to_end_stays_so_when_its_first_frames_are_recorded(
    recorder: Recorder, race: Race
) -> None:
    recording = recorder.open(race)
    Race.objects.update(status=Race.Status.ENDING)
    tick(1, 1).into(recording)
    finish(recorder)
    race.refresh_from_db()
    assert race.status == "ending"


def test_velocity_that_is_not_in_the_stream_is_derived_the_same_over_a_restart(tmp_path: Path) -> None:
    whole, cut = create_race(keys=NO_VELOCITY), create_race(keys=NO_VELOCITY)
    ticks = tick(1, 40, keys=NO_VELOCITY)
    recorder = Recorder(tmp_path)
    ticks.into(recorder.open(whole))
    for part in (slice(0, 30), slice(30, 80)):
        recording = recorder.open(cut)
        recording.append(
            ticks.drones[part], ticks.seqs[part], ticks.times[part], ticks.sources[part], ticks.datagrams[part]
        )
        finish(recorder)
        abandon(recorder, recording)
        recorder = Recorder(tmp_path)
        recorder.recover()
        finish(recorder)
    columns = ("drone", "seq", "velocity_x", "velocity_y", "velocity_z")
    rows = [
        list(TelemetryFrame.objects.filter(race=race).order_by("drone", "seq").values_list(*columns))
        for race in (whole, cut)
    ]
    assert rows[0] == rows[1]
    assert [row[2] is None for row in rows[0]] == [row[1] == 1 for row in rows[0]]
    assert set(Drone.objects.values_list("velocity_derived", flat=True)) == {True}


def test_a_stream_format_that_changed_before_the_first_frame_is_the_one_decoded(recorder: Recorder, race: Race) -> None:
    recorder.open(race)
    Race.objects.update(stream_format=list(NO_VELOCITY))
    race.refresh_from_db()
    tick(1, 2, keys=NO_VELOCITY).into(recorder.open(race))
    finish(recorder)
    assert recorded(race.pk) == expected(2)
    assert TelemetryFrame.objects.filter(battery_voltage__isnull=True).count() == 4


def test_a_transaction_takes_no_more_frames_than_the_setting_and_no_more_than_sqlite_bears(
    recorder: Recorder, race: Race, settings: Settings
) -> None:
    recording = recorder.open(race)
    for first in range(1, 1202, 100):
        tick(first, 100).into(recording)
    assert recorder.stats.backlog == 2600
    counts = []
    while recorder.step():
        counts.append(recorder.stats.recorded)
    assert counts == ([1000, 2000] if connection.vendor == "sqlite" else [])
    settings.DRIFT_RECORD_BATCH = 400
    recording = recorder.open(race)
    for first in range(2001, 2602, 100):
        tick(first, 100).into(recording)
    counts = []
    while recorder.step():
        counts.append(recorder.stats.recorded - 2600)
    assert counts == [400, 800, 1200]


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


# --- Ends ----------------------------------------------------------------------------------------------------------


def test_a_race_without_frames_ends_unsaved(recorder: Recorder, race: Race) -> None:
    done = recorder.open(race).end()
    finish(recorder)
    assert done.done()
    race.refresh_from_db()
    assert (race.status, race.saved, race.frame_count, race.started_at) == ("ended", False, 0, None)


def test_a_race_ends_with_its_last_batch_not_before(recorder: Recorder, race: Race, settings: Settings) -> None:
    settings.DRIFT_RECORD_BATCH = 100
    recording = recorder.open(race)
    for first in range(1, 152, 50):
        tick(first, 50).into(recording)
    done = recording.end()
    while recorder.step():
        race.refresh_from_db()
        assert race.status == "live"
        assert not done.done()
    race.refresh_from_db()
    assert (race.status, race.frame_count, done.done()) == ("ended", 400, True)


def test_an_end_that_nobody_waits_for_any_more_is_an_end_all_the_same(recorder: Recorder, race: Race) -> None:
    recording = recorder.open(race)
    recording.end().cancel()
    finish(recorder)
    race.refresh_from_db()
    assert race.status == "ended"


def test_a_race_that_is_deleted_while_frames_come_is_forgotten_with_its_journal(
    recorder: Recorder, tmp_path: Path, race: Race
) -> None:
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    Race.objects.all().delete()
    finish(recorder)
    tick(11, 10).into(recording)
    finish(recorder)
    done = recording.end()
    finish(recorder)
    assert done.done()
    assert not TelemetryFrame.objects.exists()
    assert (journal.journals(tmp_path), recorder.stats.state, recorder.stats.backlog) == ({}, "ok", 0)


def test_a_deleted_race_cannot_be_opened(recorder: Recorder, race: Race) -> None:
    Race.objects.all().delete()
    with pytest.raises(RaceGone):
        recorder.open(race)


# --- Faults --------------------------------------------------------------------------------------------------------


def occupy(race: Race, seq: int, drone: int = 1) -> None:
    """Put a frame where the recorder is going to put one: what no recorder does."""
    frame = flown(1)
    frame["drone"], frame["seq"], frame["time"] = drone, seq, BASE_US + seq * 10_000 + drone
    storage.write_frames(race.pk, frame)


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


def test_a_race_cannot_be_opened_while_the_database_is_away(
    recorder: Recorder, race: Race, locked: sqlite3.Connection
) -> None:
    locked.execute("PRAGMA locking_mode = EXCLUSIVE")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 50")
    connection.close()
    locked.execute("PRAGMA journal_mode = DELETE")
    locked.execute("BEGIN EXCLUSIVE")
    connection.settings_dict["OPTIONS"]["timeout"], before = 0.05, connection.settings_dict["OPTIONS"]["timeout"]
    try:
        with pytest.raises(OperationalError):
            recorder.open(race)
    finally:
        connection.settings_dict["OPTIONS"]["timeout"] = before
        locked.execute("COMMIT")
        locked.execute("PRAGMA locking_mode = NORMAL")
        locked.execute("PRAGMA journal_mode = WAL")


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
