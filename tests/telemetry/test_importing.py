"""Files into races: what was exported comes back to the bit; what is torn or foreign leaves nothing behind."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.errors import Refused
from races.models import Drone, Race
from telemetry import export, importing
from telemetry.capture import NAMES, read_capture
from telemetry.clock import epoch_us
from telemetry.files.held import Unreadable
from telemetry.frames import FrameArray, empty
from telemetry.importing import import_file
from telemetry.journal import JournalWriter, segment_path
from telemetry.liftoff import compile_format
from telemetry.models import TelemetryFrame
from telemetry.reading import frames_of
from telemetry.recorder import Recorder
from tests.people import make_race, put
from tests.telemetry.builders import START, frames
from tests.telemetry.ghosts import states, xml
from tests.telemetry.recording import FULL, NO_VELOCITY, flown, tick

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def whole(race: Race) -> FrameArray:
    return np.concatenate([empty(0), *frames_of(race.pk)])


def exported(race: Race, path: Path) -> Path:
    path.write_bytes(b"".join(part.data for part in export.parts_of(race, "csv")))
    return path


def mixed() -> FrameArray:
    """Give frames of two drones with everything that is awkward: ends of the range, absent values, six motors."""
    made = np.concatenate([flown(50), flown(50, keys=NO_VELOCITY, seed=2)])
    made["drone"] = np.repeat([1, 2], 50)
    made["seq"] = np.tile(np.arange(3, 53), 2)
    made["time"] = START + np.tile(np.arange(50) * 10_001, 2) + made["drone"]
    info = np.finfo(np.float32)
    made["position"][:5, 0] = [info.max, info.min, info.tiny, info.smallest_subnormal, 1 / 3]
    made["motor_count"][10:20], made["motor_rpm"][10:20, 4:6] = 6, 1.5
    made["velocity"][30:40] = np.nan
    return made[np.lexsort((made["drone"], made["time"]))]


def nothing_is_left() -> bool:
    return not Race.objects.exists() and not TelemetryFrame.objects.exists() and not Drone.objects.exists()


def test_a_csv_of_ours_comes_back_to_the_bit(tmp_path: Path) -> None:
    race = make_race(None)
    put(race, mixed())
    path = exported(race, tmp_path / "final.csv")
    again = import_file(path, name="Again", drift_map="Hannover")
    assert whole(again).tobytes() == whole(race).tobytes() == mixed().tobytes()
    assert exported(again, tmp_path / "again.csv").read_bytes() == path.read_bytes()
    again.refresh_from_db()
    assert (again.name, again.drift_map, again.status, again.udp_port) == ("Again", "Hannover", "ended", None)
    assert (again.saved, again.is_public, again.frame_count) == (True, True, 100)
    race.refresh_from_db()
    assert (again.started_at, again.last_frame_at) == (race.started_at, race.last_frame_at)
    drones = again.drones.values_list("number", "drone_id", "frame_count", "last_seq", "last_time")
    assert list(drones) == list(race.drones.values_list("number", "drone_id", "frame_count", "last_seq", "last_time"))
    assert again.stream_format == list(FULL)
    # Two streams, counted as one of all that they carry.
    assert again.byte_count == 100 * 4 * 20 + 100 + 4 * int(mixed()["motor_count"].sum())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=3, max_size=3))
def test_any_float32_comes_back_to_the_bit(tmp_path: Path, values: list[float]) -> None:
    race, made = make_race(None), frames([1])
    made["position"] = np.array(values, "f4") + np.float32(0)  # SQLite has one zero
    put(race, made)
    again = import_file(exported(race, tmp_path / "one.csv"))
    assert whole(again).tobytes() == made.tobytes()
    Race.objects.all().delete()


def test_columns_of_a_csv_may_move_and_measured_ones_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "some flight.csv"
    path.write_text(
        "\ufeffseq,drone_id,note,position_y_m,unix_time_s,drone,motor_count\r\n"
        "1,me,hi,2.5,1767225600.5,7,0\r\n\r\n2,me,,,1767225600.50001,7,4\r\n",
        encoding="utf-8",
    )
    race = import_file(path)
    read = whole(race)
    assert read["time"].tolist() == [START + 500_000, START + 500_010]
    assert read["position"][0, 1] == 2.5
    assert np.isnan(read["position"][1, 1])
    assert read["drone"].tolist() == [7, 7]
    assert race.name == "some flight"
    assert race.stream_format == ["Position"]


HEADER = "unix_time_s,drone,drone_id,seq,motor_count,position_x_m"
ROW = "1767225600.5,1,me,1,4,2.5"


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["unix_time_s,drone,drone_id"], "line 1: there is no column seq, motor_count."),
        ([HEADER], "f.csv holds no frames."),
        ([HEADER, ROW, ROW], "line 3: the time of drone 1 does not rise."),
        ([HEADER, ROW, "1767225600.6,1,me,1,4,2.5"], "line 3: the seq of drone 1 does not rise."),
        ([HEADER, ROW, "1767225600.6,1,me,2,4"], "line 3: it has 5 cells, not 6."),
        ([HEADER, ROW, "1767225600.6,1,m"], "line 3: it has 3 cells, not 6."),
        ([HEADER, "soon,1,me,1,4,2.5"], "line 2: unix_time_s is 'soon', not seconds since 1970"),
        ([HEADER, "999999999999,1,me,1,4,2.5"], "line 2: unix_time_s is '999999999999'"),
        ([HEADER, "1.1234567,1,me,1,4,2.5"], "line 2: unix_time_s is '1.1234567'"),
        ([HEADER, "1,0,me,1,4,2.5"], "line 2: drone is '0', not a whole number from 1 to 32767."),
        ([HEADER, "1,1,me,x,4,2.5"], "line 2: seq is 'x', not a whole number from 1 to 2147483647."),
        ([HEADER, "1,1,me,1,9,2.5"], "line 2: motor_count is '9', not a whole number from 0 to 8."),
        ([HEADER, "1,1,me,1,4,fast"], "line 2: position_x_m is 'fast', not a number that a frame can hold."),
        ([HEADER, "1,1,me,1,4,2.5", "2,1,me,2,4,1e39"], "line 3: position_x_m is '1e39'"),
        ([HEADER, "1,1,me,1,4,inf"], "line 2: position_x_m is 'inf'"),
        ([HEADER, "1,1,me,1,4,2.5", "2,1,you,2,4,2"], "line 3: drone 1 has been me, and is 'you' here."),
        ([HEADER, "1,1,me,1,4,2.5", "2,2,me,2,4,2"], "line 3: drone_id 'me' is another drone's."),
        ([HEADER, "1,1,,1,4,2.5"], "line 2: drone_id is '', not 1 to 64 printable characters."),
        ([HEADER, '1,1,"me,1,4,2.5'], "line 2: unexpected end of data."),
        (["a,b", "1,2"], "f.csv is no file that can be imported"),
        ([""], "f.csv is empty."),
        ([",".join(NAMES), "1,2"], "f.csv is not a capture: line 2 ends before x."),
        ([",".join(NAMES)], "is not a capture: it has no rows."),
        ([",".join(NAMES).replace("qw", "qq"), "1"], "is not a capture: line 1 names no column qw."),
    ],
)
def test_what_is_wrong_with_a_csv_is_told_with_its_place_and_nothing_is_left(
    tmp_path: Path, lines: list[str], complaint: str
) -> None:
    path = tmp_path / "f.csv"
    path.write_text("\n".join(lines))
    with pytest.raises(Unreadable) as caught:
        import_file(path)
    assert complaint in caught.value.detail
    assert caught.value.detail.startswith("f.csv")
    assert "\n" not in caught.value.detail
    assert nothing_is_left()


def test_an_import_that_fails_late_takes_out_what_was_in(tmp_path: Path) -> None:
    race = make_race(None)
    put(race, frames([1] * 2500))
    path = exported(race, tmp_path / "f.csv")
    Race.objects.all().delete()
    TelemetryFrame.objects.all().delete()
    path.write_bytes(path.read_bytes()[:-40])
    done: list[int] = []
    with pytest.raises(Unreadable, match="line 2501: it has"):
        import_file(path, done=done.append)
    assert sum(done) == 2000
    assert nothing_is_left()


def test_an_interrupted_import_leaves_nothing(tmp_path: Path) -> None:
    race = make_race(None)
    put(race, frames([1] * 10))
    path = exported(race, tmp_path / "f.csv")
    Race.objects.all().delete()
    TelemetryFrame.objects.all().delete()

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_file(path, done=interrupt)
    assert nothing_is_left()


def test_a_capture_becomes_a_race_of_one_drone_that_starts_now(tmp_path: Path) -> None:
    capture = Path(__file__).parents[1] / "data" / "simulated_reset.csv"
    race = import_file(capture, now=NOW)
    read, rows = whole(race), read_capture(capture)
    assert len(read) == race.frame_count == 2000
    assert race.started_at == NOW
    assert race.byte_count == 2000 * 60
    assert np.abs(read["time"] - epoch_us(NOW) - rows.arrival * 1e6).max() < 100
    for name in ("flight_time", "position", "attitude", "gyro", "input"):
        assert read[name].tobytes() == (rows.frames[name] + np.float32(0)).tobytes()
    assert np.isnan(read["battery"]).all()
    speeds = np.linalg.norm(read["velocity"][5:100], axis=1)
    assert 0 < np.median(speeds) < 60
    drone = race.drones.get()
    assert (drone.drone_id, drone.velocity_derived, drone.last_seq) == ("capture", True, 2000)


def test_a_burst_of_a_capture_keeps_its_order(tmp_path: Path) -> None:
    path = tmp_path / "burst.csv"
    rows = [
        f"{wall},{sim},0,0,0,0,0,0,1,0,0,0,0,0,0,0" for wall, sim in ((0.5, 1.0), (0.5, 1.01), (0.5, 1.02), (0.6, 2))
    ]
    path.write_text("\n".join([",".join(NAMES), *rows]))
    start = epoch_us(NOW)
    assert whole(import_file(path, now=NOW))["time"].tolist() == [start, start + 1, start + 2, start + 100_000]


@pytest.mark.parametrize("keys", [FULL, NO_VELOCITY])
def test_a_journal_comes_in_as_it_would_have_been_recorded(tmp_path: Path, keys: tuple[str, ...]) -> None:
    race = make_race(None)
    Race.objects.filter(pk=race.pk).update(stream_format=list(keys))
    writer = JournalWriter(tmp_path, race.pk, keys, first_segment=0, segment_bytes=50_000)
    for part in range(20):
        tick(1 + part * 50, 50, keys=keys, seed=part).into(writer)
    writer.close()
    assert segment_path(tmp_path, race.pk, 2).exists()
    recorder = Recorder(tmp_path)
    recorder.recover()
    recorder.close()
    imported = import_file(segment_path(tmp_path, race.pk, 1))
    race.refresh_from_db()
    assert len(whole(imported)) == 2000
    assert whole(imported).tobytes() == whole(race).tobytes()
    assert imported.byte_count == race.byte_count
    assert imported.stream_format == list(keys)
    columns = ("number", "drone_id", "frame_count", "last_seq", "last_time", "velocity_derived")
    assert list(imported.drones.values_list(*columns)) == list(race.drones.values_list(*columns))


def journal_file(directory: Path) -> Path:
    race_id = make_race(None).pk
    Race.objects.all().delete()
    writer = JournalWriter(directory, race_id, FULL, first_segment=0, segment_bytes=1 << 20)
    tick(1, 50).into(writer)
    tick(51, 50).into(writer)
    writer.close()
    return segment_path(directory, race_id, 0)


def test_a_renamed_journal_stands_for_itself(tmp_path: Path) -> None:
    path = journal_file(tmp_path).rename(tmp_path / "kept.bin")
    race = import_file(path)
    assert (race.frame_count, race.name) == (200, "kept")


def test_a_torn_or_damaged_journal_is_told_where_and_nothing_is_left(tmp_path: Path) -> None:
    path = journal_file(tmp_path).rename(tmp_path / "kept.bin")
    data = path.read_bytes()
    middle = len(data) // 2
    for bad, complaint in (
        (data[:-10], rf"kept.bin is torn: behind byte \d+ of {len(data) - 10} it ends in the middle"),
        (data[:200] + b"\0" * 10 + data[210:], r"kept.bin is damaged before byte \d+: \d+ bytes are no frames"),
        (data[: middle - 50], "kept.bin is torn"),
        (data[:10] + b"\0\0\0" + data[13:], "kept.bin: its header is damaged"),
        (data[:12], "kept.bin: its header is damaged"),
    ):
        path.write_bytes(bad)
        with pytest.raises(Unreadable, match=complaint):
            import_file(path)
        assert nothing_is_left()


def test_a_journal_with_a_missing_part_names_it(tmp_path: Path) -> None:
    race_id = make_race(None).pk
    Race.objects.all().delete()
    writer = JournalWriter(tmp_path, race_id, FULL, first_segment=0, segment_bytes=10_000)
    for part in range(4):
        tick(1 + part * 50, 50).into(writer)
    writer.close()
    segment_path(tmp_path, race_id, 1).unlink()
    with pytest.raises(Unreadable, match=f"{race_id}.000001.journal is missing beside it"):
        import_file(segment_path(tmp_path, race_id, 2))
    assert nothing_is_left()


def test_a_replay_of_the_game_becomes_a_race(tmp_path: Path) -> None:
    path = tmp_path / "replay.xml"
    made = states()
    made[10] = made[9]  # where a lap begins
    path.write_text(xml(made))
    race = import_file(path, now=NOW)
    read = whole(race)
    kept = np.delete(made, 10, axis=0)
    assert (race.name, race.drift_map, race.frame_count) == ("First try", "Hannover", 29)
    assert read["position"].tobytes() == kept[:, :3].tobytes()
    assert read["attitude"].tobytes() == kept[:, 3:7].tobytes()
    assert read["flight_time"].tobytes() == kept[:, 11].tobytes()
    assert (read["input"][:, 0].min(), read["input"][:, 0].max()) == (-1, 1)
    assert read["input"][:, 1:].tobytes() == kept[:, 8:11].tobytes()
    assert read["time"][0] == epoch_us(NOW)
    assert np.diff(read["time"][:9]) == pytest.approx(100_000, abs=5)
    assert read["velocity"][3, 0] == pytest.approx(10, rel=1e-3)
    assert compile_format(race.stream_format).derives_velocity


def test_a_replay_without_sticks_has_none(tmp_path: Path) -> None:
    path = tmp_path / "replay.xml"
    text = xml(states()[:, [0, 1, 2, 3, 4, 5, 6, 11]], layout="POSITIONAL")
    path.write_text(text.replace("utf-8", "utf-16"), encoding="utf-16")
    read = whole(import_file(path, name="Mine", drift_map="arena"))
    assert len(read) == 30
    assert np.isnan(read["input"]).all()


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    "<LocalGhostStatesRecording><statesByte>&b;</statesByte></LocalGhostStatesRecording>"
)
OUTSIDE = '<?xml version="1.0"?>\n<!DOCTYPE r SYSTEM "file:///etc/passwd">\n<LocalGhostStatesRecording/>'


def backwards() -> str:
    made = states()
    made[5, 11] = 1
    return xml(made)


def not_finite() -> str:
    made = states()
    made[7, 2] = np.nan
    return xml(made)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<html><body/></html>", "r.xml is XML, and no replay: its root is html, not LocalGhostStatesRecording."),
        ("<LocalGhostStatesRecording>", "r.xml, line 1, column 28: no element found."),
        (xml(states())[:300], "r.xml, line 8, column"),
        (BOMB, "r.xml, line 1: a replay declares no document type."),
        (OUTSIDE, "r.xml, line 2: a replay declares no document type."),
        (xml(states(), layout="SOUND"), "r.xml: its stateLayout is 'SOUND'; known are POSITION_STICKS, POSITIONAL."),
        (xml(states()[:0]), "r.xml holds no states."),
        (
            xml(states()).replace("\n</statesByte>", "</statesByte>").replace("</statesByte>", "!</statesByte>"),
            "not base64",
        ),
        (xml(states()[:, :11]), "r.xml is torn: its statesByte has 1320 bytes, not a multiple of 48."),
        (backwards(), "r.xml, state 6: its clock goes back from 50.400 to 1.000 s."),
        (not_finite(), "r.xml, state 8: it holds a value that is no number."),
    ],
)
def test_what_is_wrong_with_a_replay_is_told_with_its_place_and_nothing_is_left(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = tmp_path / "r.xml"
    path.write_text(text)
    with pytest.raises(Unreadable) as caught:
        import_file(path)
    assert complaint in caught.value.detail
    assert nothing_is_left()


def test_a_file_that_is_not_there_or_is_a_folder_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="cannot be read: No such file"):
        import_file(tmp_path / "none.csv")
    with pytest.raises(Unreadable, match="cannot be read"):
        import_file(tmp_path)
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    with pytest.raises(Unreadable, match="no file that can be imported"):
        import_file(tmp_path / "noise.bin")


def test_a_bad_name_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    path = tmp_path / "r.xml"
    path.write_text(xml(states()))
    with pytest.raises(Refused, match="control characters"):
        import_file(path, name="a\nb")
    assert nothing_is_left()


def test_an_unfinished_import_is_seen_by_nobody_but_staff(tmp_path: Path) -> None:
    path = tmp_path / "r.xml"
    path.write_text(xml(states()))
    seen: list[tuple[bool, bool, str]] = []

    def look(_: int) -> None:
        seen.append(Race.objects.values_list("is_public", "saved", "status").get())

    import_file(path, done=look)
    assert seen == [(False, False, "ended")]
    assert len("unix_time_s") < importing.SNIFFED
