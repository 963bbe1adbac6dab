"""telemetry.timescale: on a real TimescaleDB where it is (marker `timescale`), and what the other databases say."""

import logging
from datetime import timedelta
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.state import ProjectState
from pytest_django import Settings

from races.models import Race
from races.services import create_race
from races.signals import race_deleting
from telemetry import storage, timescale
from telemetry.clock import from_epoch_us
from telemetry.models import TelemetryFrame
from tests.telemetry.recording import BASE_US, flown

DAY_US = 86_400_000_000

on_timescale = pytest.mark.timescale(only=True)


def write(race: Race, days: int, count: int = 1000) -> None:
    """Write `count` frames each of two drones on each of `days` days."""
    for day in range(days):
        for drone in (1, 2):
            frames = flown(count, seed=10 * day + drone)
            frames["drone"] = drone
            frames["seq"] = np.arange(day * count, (day + 1) * count) + 1
            frames["time"] = BASE_US + day * DAY_US + np.arange(count) * 10_000
            storage.write_frames(race.pk, frames)


def compress() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT compress_chunk(chunk, true) FROM show_chunks(%s::regclass) AS chunk", [timescale.TABLE])
        cursor.fetchall()


def shown(command: str) -> str:
    out = StringIO()
    call_command(command, stdout=out)
    return out.getvalue()


@on_timescale
@pytest.mark.django_db(transaction=True)
def test_the_migrations_make_a_hypertable_with_compression_and_without_retention() -> None:
    found = timescale.status(connection)
    assert (found.compress_after, found.drop_after) == ("7 days", "")
    assert timescale.why_plain(connection) == ""


@on_timescale
@pytest.mark.django_db(transaction=True)
def test_frames_are_read_by_range_before_and_after_compression_and_are_the_same() -> None:
    race, other = create_race(), create_race()
    write(race, days=3)
    write(other, days=1)
    wanted = TelemetryFrame.objects.filter(
        race=race,
        drone=2,
        time__gte=from_epoch_us(BASE_US + DAY_US),
        time__lt=from_epoch_us(BASE_US + DAY_US) + timedelta(seconds=5),
    ).order_by("time")
    before = list(wanted.values_list("seq", "time", "position_x", "velocity_z", "motor_rpm_4", "motor_rpm_5"))
    assert [row[0] for row in before] == list(range(1001, 1501))
    compress()
    assert list(wanted.values_list("seq", "time", "position_x", "velocity_z", "motor_rpm_4", "motor_rpm_5")) == before
    found = timescale.status(connection)
    assert found.chunks == found.compressed_chunks == 3
    assert found.ratio is not None
    assert found.ratio > 1
    text = shown("timescale_status")
    assert "3, 3 compressed" in text
    assert "after 7 days" in text


@on_timescale
@pytest.mark.django_db(transaction=True)
def test_a_race_is_deleted_out_of_compressed_chunks_and_others_stay() -> None:
    race, other = create_race(), create_race()
    write(race, days=2, count=2500)
    write(other, days=1)
    compress()
    assert storage.delete_frames(race.pk, step=1000) == 10_000
    assert not TelemetryFrame.objects.filter(race=race).exists()
    assert TelemetryFrame.objects.filter(race=other).count() == 2000


@on_timescale
@pytest.mark.django_db(transaction=True)
def test_frames_of_a_day_that_is_compressed_are_still_recorded() -> None:
    race = create_race()
    write(race, days=1)
    compress()
    late = flown(10)
    late["drone"], late["seq"], late["time"] = 3, np.arange(10) + 1, BASE_US + np.arange(10)
    storage.write_frames(race.pk, late)
    assert TelemetryFrame.objects.filter(race=race).count() == 2010


@on_timescale
@pytest.mark.django_db(transaction=True)
def test_the_migrations_go_down_and_up_again_and_a_plain_table_becomes_a_hypertable_with_its_frames() -> None:
    race = create_race()
    call_command("migrate", "telemetry", "zero", verbosity=0)
    try:
        call_command("migrate", "telemetry", "0001", verbosity=0)
        # As if the extension had been installed after the last migration.
        call_command("migrate", "telemetry", fake=True, verbosity=0)
        assert "timescale_enable" in timescale.why_plain(connection)
        assert shown("timescale_status").startswith("plain table")
        write(race, days=2)
        rows = list(TelemetryFrame.objects.order_by("race", "drone", "time").values_list())
        assert "is a hypertable now" in shown("timescale_enable")
        assert timescale.status(connection).chunks == 2
        assert list(TelemetryFrame.objects.order_by("race", "drone", "time").values_list()) == rows
        assert "was a hypertable already" in shown("timescale_enable")
    finally:
        call_command("migrate", verbosity=0)


@on_timescale
@pytest.mark.django_db(transaction=True)
def test_retention_is_set_and_taken_back_with_the_setting(settings: Settings) -> None:
    settings.DRIFT_RETENTION_DAYS = 30
    assert "dropped after 30 days" in timescale.enable(connection)
    assert timescale.status(connection).drop_after == "30 days"
    settings.DRIFT_RETENTION_DAYS = 0
    timescale.enable(connection)
    assert timescale.status(connection).drop_after == ""


@on_timescale
@pytest.mark.django_db(transaction=True)
def test_the_hypertable_operation_has_no_part_in_the_state_and_goes_backwards() -> None:
    call_command("migrate", "telemetry", "0001", verbosity=0)
    assert timescale.why_plain(connection) == ""
    call_command("migrate", verbosity=0)
    assert timescale.why_plain(connection) == ""


@pytest.mark.timescale
@pytest.mark.django_db(transaction=True)
def test_deleting_a_race_deletes_its_frames() -> None:
    race = create_race()
    with transaction.atomic():
        write(race, days=1, count=10)
    race_deleting.send(sender=Race, race=race)
    assert not TelemetryFrame.objects.filter(race=race).exists()


@pytest.mark.django_db
def test_without_timescale_the_status_says_that_the_table_is_plain_and_why() -> None:
    if not timescale.why_plain(connection):
        pytest.skip("this database has TimescaleDB")
    text = shown("timescale_status")
    assert text.startswith("plain table")
    assert ("use PostgreSQL" if connection.vendor == "sqlite" else "shared_preload_libraries") in text


@pytest.mark.django_db
def test_without_timescale_it_cannot_be_enabled_and_the_command_says_what_to_do() -> None:
    if not timescale.why_plain(connection):
        pytest.skip("this database has TimescaleDB")
    with pytest.raises(CommandError, match="timescale_enable") as failed:
        shown("timescale_enable")
    assert failed.value.returncode == 1


@pytest.mark.django_db(transaction=True)
def test_the_migration_says_that_the_table_stays_plain(caplog: pytest.LogCaptureFixture) -> None:
    if not timescale.why_plain(connection):
        pytest.skip("this database has TimescaleDB")
    with caplog.at_level(logging.DEBUG, "telemetry.timescale"), connection.schema_editor() as editor:
        timescale.Hypertable().database_forwards("telemetry", editor, ProjectState(), ProjectState())
    assert "plain table" in caplog.text
