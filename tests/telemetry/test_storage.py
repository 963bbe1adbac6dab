"""telemetry.storage: frames into the database and back, equal to the bit, on every database."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction

from races.models import Race
from races.services import create_race
from telemetry import storage
from telemetry.clock import epoch_us, from_epoch_us
from telemetry.frames import FrameArray, empty
from telemetry.models import TelemetryFrame
from tests.telemetry.recording import BASE_US, flown

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timescale]


@pytest.fixture
def race() -> Race:
    return create_race()


def numbered(frames: FrameArray, *, drone: int = 1) -> FrameArray:
    frames["drone"] = drone
    frames["seq"] = np.arange(len(frames)) + 1
    frames["time"] = BASE_US + np.arange(len(frames)) * 10_000
    return frames


def read_back(race: Race) -> FrameArray:
    """Give a race's frames through the ORM, in the order of seq."""
    rows = TelemetryFrame.objects.filter(race=race).order_by("seq")
    frames = empty(len(rows))
    for index, row in enumerate(rows):
        frames[index]["time"] = epoch_us(row.time)
        for name in ("drone", "seq", "motor_count"):
            frames[index][name] = getattr(row, name)
        for column in storage.MEASURED:
            value = getattr(row, column.name)
            storage.values(frames, column)[index] = np.nan if value is None else value
    return frames


def test_full_frames_come_back_equal_to_the_bit(race: Race) -> None:
    frames = numbered(flown(100))
    storage.write_frames(race.pk, frames)
    assert read_back(race).tobytes() == frames.tobytes()


def test_the_caller_may_go_on_while_a_server_works(race: Race) -> None:
    calls: list[int] = []
    frames = numbered(flown(10))
    storage.write(storage.ready(race.pk, frames), meanwhile=lambda: calls.append(1))
    assert calls == ([1] if connection.vendor == "postgresql" else [])
    assert TelemetryFrame.objects.count() == 10


def test_floats_at_the_ends_of_their_range_come_back_equal_to_the_bit(race: Race) -> None:
    frames = numbered(flown(8))
    info = np.finfo(np.float32)
    frames["position"][:, 0] = [info.max, info.min, info.tiny, info.smallest_subnormal, -0.0, 0.0, 1 / 3, 16777217]
    storage.write_frames(race.pk, frames)
    if connection.vendor == "sqlite":
        frames["position"] += 0.0  # which has no negative zero
    assert read_back(race)["position"].tobytes() == frames["position"].tobytes()


def test_absent_values_are_null_whether_a_whole_column_or_single_ones(race: Race) -> None:
    frames = numbered(flown(50))
    frames["battery"] = np.nan  # a stream without it
    frames["velocity"][10:20] = np.nan  # derived, across a reset
    frames["motor_count"][30:] = 6
    frames["motor_rpm"][30:, 4:6] = 1234.5
    storage.write_frames(race.pk, frames)
    assert read_back(race).tobytes() == frames.tobytes()
    of_race = TelemetryFrame.objects.filter(race=race)
    assert of_race.filter(battery_voltage__isnull=True).count() == 50
    assert of_race.filter(velocity_x__isnull=True).count() == 10
    assert of_race.filter(motor_rpm_5__isnull=True).count() == 30


def test_a_frame_of_nothing_but_its_number_is_stored(race: Race) -> None:
    frames = numbered(empty(1))
    storage.write_frames(race.pk, frames)
    assert read_back(race).tobytes() == frames.tobytes()


def test_no_frames_are_no_error(race: Race) -> None:
    storage.write_frames(race.pk, empty(0))
    assert not TelemetryFrame.objects.exists()


def test_times_are_found_by_range_also_on_whole_seconds(race: Race) -> None:
    frames = numbered(flown(300))
    storage.write_frames(race.pk, frames)
    start = from_epoch_us(BASE_US)
    of_race = TelemetryFrame.objects.filter(race=race)
    seqs = of_race.filter(time__gte=start + timedelta(seconds=1), time__lt=start + timedelta(seconds=2))
    assert sorted(seqs.values_list("seq", flat=True)) == list(range(101, 201))
    assert of_race.filter(time=start + timedelta(seconds=2)).get().seq == 201
    assert of_race.filter(time__lte=start).get().seq == 1


def test_a_frame_written_by_the_orm_is_the_same_row(race: Race) -> None:
    frames = numbered(flown(2))
    storage.write_frames(race.pk, frames[:1])
    columns = {column.name: float(storage.values(frames, column)[1]) for column in storage.MEASURED}
    TelemetryFrame.objects.create(
        race=race,
        drone=1,
        seq=2,
        time=from_epoch_us(int(frames["time"][1])),
        motor_count=4,
        **{name: None if np.isnan(value) else value for name, value in columns.items()},
    )
    assert read_back(race).tobytes() == frames.tobytes()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT race_id, time FROM {TelemetryFrame._meta.db_table} ORDER BY seq")
        (first_race, first_time), (second_race, second_time) = cursor.fetchall()
    assert first_race == second_race
    assert type(first_time) is type(second_time)


def test_a_drone_cannot_have_two_frames_at_one_time(race: Race) -> None:
    frames = numbered(flown(2))
    frames["time"] = BASE_US
    with pytest.raises(IntegrityError), transaction.atomic():
        storage.write_frames(race.pk, frames)
    assert not TelemetryFrame.objects.exists()


def test_the_last_sample_of_a_drone_is_its_latest_frame_s(race: Race) -> None:
    frames = numbered(flown(5))
    storage.write_frames(race.pk, frames)
    sample = storage.last_sample(race.pk, 1)
    assert sample is not None
    assert np.float32(sample[0]) == frames["flight_time"][-1]
    assert np.array(sample[1], "<f4").tobytes() == frames["position"][-1].tobytes()


def test_a_drone_without_frames_or_without_a_position_has_no_last_sample(race: Race) -> None:
    assert storage.last_sample(race.pk, 1) is None
    storage.write_frames(race.pk, numbered(empty(1)))
    assert storage.last_sample(race.pk, 1) is None


@pytest.mark.parametrize("step", [1, 7, 10, 1000])
def test_deleting_goes_in_steps_and_leaves_other_races_alone(race: Race, step: int) -> None:
    other = create_race()
    for drone in (1, 2):
        storage.write_frames(race.pk, numbered(flown(10), drone=drone))
    storage.write_frames(other.pk, numbered(flown(5)))
    assert storage.delete_frames(race.pk, step=step) == 20
    assert set(TelemetryFrame.objects.values_list("race_id", flat=True)) == {other.pk}


def test_durable_commits_leave_the_connection_as_it_was() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite's connections are changed")
    with connection.cursor() as cursor:
        before = cursor.execute("PRAGMA synchronous").fetchone()
        with storage.durable_commits():
            assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)
        assert cursor.execute("PRAGMA synchronous").fetchone() == before
