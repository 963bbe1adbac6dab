"""telemetry.recorder: journals into the database, and a race to its end.

Most tests drive the recorder step by step in their own thread. Its recoveries are in test_recovery.py; test_faults.py
kills real processes.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from pytest_django import Settings

from races.models import Drone, Race
from races.services import create_race
from telemetry import journal, storage
from telemetry.clock import epoch_us, from_epoch_us
from telemetry.models import TelemetryFrame
from telemetry.recorder import RaceGone, Recorder, RecordingStopped
from tests.telemetry.recording import (
    BASE_US,
    NO_VELOCITY,
    abandon,
    eventually,
    expected,
    finish,
    flown,
    recorded,
    tick,
)

pytestmark = pytest.mark.django_db(transaction=True)

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
    recorder.open(create_race())  # answered when the recorder has done its first round, and waits
    tick(1, 100).into(recording)
    eventually(lambda: recorded(race.pk) == expected(100))
    recorder.close()


def test_after_close_no_race_can_be_opened(tmp_path: Path, race: Race) -> None:
    recorder = Recorder(tmp_path)
    recorder.start()
    recorder.close()
    with pytest.raises(RecordingStopped, match="closed"):
        recorder.open(race)


def test_who_opens_a_race_waits_for_one_batch_of_another_and_not_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path)
    races = [create_race() for _ in range(3)]
    for each in races:
        tick(1, 10).into(recorder.open(each))
    asked: list[str] = []
    write = storage.write

    def write_and_ask(*given: Any, **options: Any) -> None:
        write(*given, **options)
        asked.append("batch")
        if len(asked) == 1:
            recorder._requests.put(lambda: asked.append("answer"))

    monkeypatch.setattr(storage, "write", write_and_ask)
    finish(recorder)
    assert asked == ["batch", "answer", "batch", "batch"]
    recorder.close()


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


def test_a_transaction_takes_as_many_frames_as_the_setting_says_or_four_times_as_many_and_sqlite_what_it_bears(
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
    for first in range(2001, 3401, 100):
        tick(first, 100).into(recording)
    counts = []
    while recorder.step():
        counts.append(recorder.stats.recorded - 2600)
    assert counts == (list(range(400, 2800, 400)) if connection.vendor == "sqlite" else [400, 2000])
    assert len(recorded(race.pk)) == 2600 + 2800


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
