"""Journals that the system does not let go of yet, as Windows does with a file that some thread has open."""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django import Settings

from races.models import Race
from races.services import create_race, delete_race, end_race
from telemetry import journal
from telemetry.journal import segment_path
from telemetry.models import TelemetryFrame
from telemetry.mover import STOPPED_RETRY_SECONDS
from telemetry.recorder import Recorder
from telemetry.signals import journal_directory
from tests.people import client_of, make_user
from tests.telemetry.crafted import block, file_of, frame
from tests.telemetry.recording import Clock, abandon, expected, finish, recorded, tick

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def held_open(*parts: int) -> Iterator[None]:
    """Let these parts of every journal be open elsewhere, on Windows."""
    unlink = Path.unlink

    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        if path.suffix == ".journal" and journal.segment_number(path) in parts:
            raise PermissionError(errno.EACCES, "The process cannot access the file because it is being used")
        unlink(path, missing_ok=missing_ok)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        yield


def messages(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


def flown_in_three_parts(recorder: Recorder, race: Race) -> None:
    """Record a race whose journal has three parts, and end it."""
    recording = recorder.open(race)
    for first in (1, 11, 21):
        tick(first, 10).into(recording)
        recording.writer._segment_bytes = 1000
    finish(recorder)
    ended = recording.end()
    finish(recorder)
    assert ended.done()
    assert ended.exception() is None


def test_a_journal_that_is_still_open_is_left_without_alarm_and_removed_by_a_later_step(
    recorder: Recorder, tmp_path: Path, race: Race, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    other = create_race()
    others = recorder.open(other)
    with held_open(2):
        flown_in_three_parts(recorder, race)
        race.refresh_from_db()
        assert (race.status, race.frame_count) == ("ended", 60)
        assert journal.journals(tmp_path) == {race.pk: [2, 3]}
        tick(1, 10).into(others)
        clock.now += STOPPED_RETRY_SECONDS
        finish(recorder)
    assert (recorded(race.pk), recorded(other.pk)) == (expected(30), expected(10))
    assert (recorder.stats.state, recorder.stats.backlog) == ("ok", 0)
    assert messages(caplog, logging.ERROR) == []
    (told,) = messages(caplog, logging.WARNING)
    assert f"The journal of race {race.pk} is not needed any more, and cannot be removed yet" in told
    finish(recorder)
    assert race.pk in journal.journals(tmp_path)  # it is not tried at every step
    clock.now += STOPPED_RETRY_SECONDS
    finish(recorder)
    assert list(journal.journals(tmp_path)) == [other.pk]


def test_a_journal_that_was_left_is_removed_by_the_next_start(recorder: Recorder, tmp_path: Path, race: Race) -> None:
    with held_open(1):
        flown_in_three_parts(recorder, race)
        recorder.close()
    assert journal.journals(tmp_path) == {race.pk: [1, 2, 3]}
    after = Recorder(tmp_path)
    after.recover()
    finish(after)
    assert journal.journals(tmp_path) == {}
    assert recorded(race.pk) == expected(30)
    assert after.stats.state == "ok"


def test_a_race_that_is_deleted_while_frames_come_leaves_a_journal_that_the_next_start_removes(
    recorder: Recorder, tmp_path: Path, race: Race, caplog: pytest.LogCaptureFixture
) -> None:
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    finish(recorder)
    Race.objects.all().delete()
    tick(11, 10).into(recording)
    finish(recorder)
    with held_open(1):
        recording.end()
        finish(recorder)
    assert "cannot be removed yet" in caplog.text
    assert journal.journals(tmp_path) == {race.pk: [1]}
    after = Recorder(tmp_path)
    after.recover()
    finish(after)
    assert list(tmp_path.iterdir()) == []


# --- From a request ------------------------------------------------------------------------------------------------


def left_behind(race: Race, settings: Settings, tmp_path: Path) -> None:
    """End a race without an ingest, which leaves its journal."""
    settings.DRIFT_DATA_DIR = tmp_path
    recorder = Recorder(journal_directory())
    recording = recorder.open(race)
    tick(1, 10).into(recording)
    abandon(recorder, recording)
    end_race(race=race)


def test_a_race_is_deleted_though_its_journal_is_open_and_the_next_start_removes_that(
    race: Race, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    left_behind(race, settings, tmp_path)
    client = client_of(make_user("staff", staff=True))
    with held_open(1):
        assert client.delete(f"/api/races/{race.pk}/").status_code == 204
    assert not TelemetryFrame.objects.exists()
    assert not Race.objects.exists()
    assert f"The journal of the deleted race {race.pk} cannot be removed yet" in caplog.text
    caplog.clear()
    assert journal.journals(journal_directory()) == {race.pk: [1]}
    with held_open(1):
        still = Recorder(journal_directory())
        still.recover()
        finish(still)
    assert messages(caplog, logging.WARNING) != []
    assert journal.journals(journal_directory()) == {race.pk: [1]}
    after = Recorder(journal_directory())
    after.recover()
    finish(after)
    assert list(journal_directory().iterdir()) == []


def test_a_journal_that_can_be_removed_leaves_no_mark(race: Race, settings: Settings, tmp_path: Path) -> None:
    left_behind(race, settings, tmp_path)
    delete_race(race=race, by=make_user("staff", staff=True))
    assert list(journal_directory().iterdir()) == []


# --- Crafted journals in the recorder's directory ------------------------------------------------------------------

BAD = block(b"", 1)


@pytest.mark.parametrize("is_ended", [True, False])
def test_a_journal_with_a_block_that_no_writer_wrote_is_kept_and_told_and_other_races_go_on(
    recorder: Recorder, tmp_path: Path, race: Race, clock: Clock, caplog: pytest.LogCaptureFixture, *, is_ended: bool
) -> None:
    file_of(tmp_path, race.pk, frame(), frame(seq=2, time=1_800_000_000_100_000), BAD, frame(seq=3))
    if is_ended:
        Race.objects.filter(pk=race.pk).update(status=Race.Status.ENDED, udp_port=None)
    other = create_race()
    recording = recorder.open(other)
    recorder.recover()
    for first in (1, 11):
        tick(first, 10).into(recording)
        finish(recorder)
        clock.now += STOPPED_RETRY_SECONDS
    assert recorded(race.pk) == [(1, 1), (1, 2)]
    assert recorded(other.pk) == expected(20)
    assert journal.journals(tmp_path) == {race.pk: [1], other.pk: [1]}
    assert recorder.stats.state.startswith(f"stopped: race {race.pk}: the block at byte ")
    assert f"Frames of race {race.pk} behind" in caplog.text


def test_a_race_with_such_a_journal_can_be_opened_flown_and_ended(
    recorder: Recorder, tmp_path: Path, race: Race
) -> None:
    file_of(tmp_path, race.pk, frame(), BAD, frame(seq=3))
    recording = recorder.open(race)
    assert {number: state.last_seq for number, state in recording.drones.items()} == {1: 1}
    tick(2, 10).into(recording)
    finish(recorder)
    assert recorded(race.pk) == [(1, 1)]
    ended = recording.end()
    finish(recorder)
    assert ended.exception(0) is not None
    race.refresh_from_db()
    assert (race.status, race.udp_port) == ("ended", None)
    assert journal.journals(tmp_path) == {race.pk: [1, 2]}


@pytest.mark.parametrize(
    "bad",
    [
        BAD,
        frame(time=1 << 60),
        frame(seq=3_000_000_000),
        frame(drone=40_000),
        frame() + frame(seq=2),  # one moment twice
        frame() + frame(drone=2, seq=1),  # two of one address
    ],
)
def test_a_race_ends_without_an_ingest_though_its_journal_cannot_be_recorded(
    race: Race, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture, bad: bytes
) -> None:
    settings.DRIFT_DATA_DIR = tmp_path
    path = segment_path(journal_directory(), race.pk, 1)
    file_of(journal_directory(), race.pk, bad)
    end_race(race=race)
    race.refresh_from_db()
    assert race.status == "ended"
    assert f"Frames of race {race.pk} behind" in caplog.text
    assert path.exists()


def test_a_name_that_is_no_journal_s_does_not_keep_the_recorder_from_the_others(
    recorder: Recorder, tmp_path: Path, race: Race
) -> None:
    (tmp_path / "------------------------------------.000001.journal").write_bytes(b"mine")
    file_of(tmp_path, race.pk, frame())
    recorder.recover()
    finish(recorder)
    assert recorded(race.pk) == [(1, 1)]


def test_the_mark_of_a_deleted_race_is_of_that_race_alone(tmp_path: Path, race: Race) -> None:
    other = create_race()
    for each in (race, other):
        file_of(tmp_path, each.pk, frame())
        Race.objects.filter(pk=each.pk).update(status=Race.Status.ENDED, udp_port=None)
    with held_open(1), pytest.raises(PermissionError):
        journal.remove(tmp_path, race.pk, is_deleted=True)
    assert journal.marked_deleted(tmp_path) == [race.pk]
    assert journal.marked_deleted(tmp_path / "absent") == []
    journal.remove(tmp_path, race.pk)
    assert journal.journals(tmp_path) == {other.pk: [1]}
    assert journal.marked_deleted(tmp_path) == []
