from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from management.capture import CAPTURE_FORMAT, NAMES, NotACaptureError, read_capture, write_capture
from management.course import arena
from management.simulator import Flight, arrivals, pilots, random_resets
from telemetry.frames import RESET_FALL
from telemetry.liftoff import compile_format

STREAM = compile_format(CAPTURE_FORMAT)
HEADER = ",".join(NAMES)
ROW = "0.5,1.25,1,2,3,0,0,0,1,10,20,30,-1,0.1,0.2,0.3"
FIELDS = ("flight_time", "position", "attitude", "gyro", "input")


def saved(folder: Path, *lines: str) -> Path:
    path = folder / "flight.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_row_is_the_datagram_that_the_game_sent(tmp_path: Path) -> None:
    capture = read_capture(saved(tmp_path, HEADER, ROW))
    frame = STREAM.decode(STREAM.encode(capture.frames)).frames[0]
    assert frame["flight_time"] == 1.25
    assert frame["position"].tolist() == [1, 2, 3]
    assert frame["attitude"].tolist() == [0, 0, 0, 1]
    assert frame["gyro"].tolist() == [10, 20, 30]
    assert frame["input"] == pytest.approx([-1, 0.1, 0.2, 0.3])
    assert capture.arrival.tolist() == [0]


def test_columns_are_found_by_name_in_any_order_beside_others(tmp_path: Path) -> None:
    mixed = ",".join(["note", *reversed(NAMES)])
    row = ",".join(["hello", *reversed(ROW.split(","))])
    plain = read_capture(saved(tmp_path, HEADER, ROW)).frames
    assert read_capture(saved(tmp_path, mixed, row, "")).frames.tobytes() == plain.tobytes()


def test_a_byte_order_mark_and_windows_lines_are_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "flight.csv"
    path.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{ROW}\r\n".encode())
    assert len(read_capture(path).frames) == 1


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "line 1 names no column t_wall, t_sim"),
        ([HEADER.replace("qw", "qq"), ROW], r"line 1 names no column qw\.$"),
        ([HEADER], "it has no rows"),
        ([HEADER, ROW, ROW.replace("1.25", "soon")], "line 3: t_sim is 'soon', not a number"),
        ([HEADER, ROW, ROW.replace("1.25", "nan")], "line 3: t_sim is nan, which no datagram can hold"),
        ([HEADER, ROW.replace("30", "1e39")], "line 2: gz is 1e39"),
        ([HEADER, ROW, "", "0.6,1.26"], "line 4 ends before x"),
        ([HEADER, ROW, ROW.replace("0.5", "0.4")], "line 3: t_wall goes back from 0.5 to 0.4"),
        ([HEADER, '"' + "0" * 200_000], "line 2: field larger"),
    ],
)
def test_a_file_that_is_no_capture_is_told_what_is_wrong_and_where(
    tmp_path: Path, lines: list[str], complaint: str
) -> None:
    with pytest.raises(NotACaptureError, match=complaint) as caught:
        read_capture(saved(tmp_path, *lines))
    assert str(caught.value).startswith(f"{tmp_path / 'flight.csv'} is not a capture: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_text_or_not_there_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "flight.csv"
    with pytest.raises(NotACaptureError, match="cannot be read: No such file"):
        read_capture(path)
    path.write_bytes(b"\x80\xff" * 50)
    with pytest.raises(NotACaptureError, match="it is not text"):
        read_capture(path)


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    flight = Flight(arena(), pilots(1, seed=3)[0], (1.5,))
    frames = flight.frames(0, 3, 100)
    write_capture(tmp_path / "flight.csv", arrivals(frames), frames)
    capture = read_capture(tmp_path / "flight.csv")
    assert capture.arrival == pytest.approx(arrivals(frames), abs=1e-4)
    for field in FIELDS:
        np.testing.assert_allclose(capture.frames[field], frames[field], atol=1e-5)


def test_a_schedule_keeps_the_pace_of_arrival_times_the_speed(tmp_path: Path) -> None:
    rows = [ROW, ROW.replace("0.5,", "0.75,", 1), ROW.replace("0.5,", "1.5,", 1)]
    capture = read_capture(saved(tmp_path, HEADER, *rows))
    assert [due.at for due in capture.schedule(STREAM, 1.0, loop=False)] == [0, 0.25, 1]
    assert [due.at for due in capture.schedule(STREAM, 2.0, loop=False)] == [0, 0.125, 0.5]
    assert [due.at for due in islice(capture.schedule(STREAM, 1.0, loop=True), 7)] == [0, 0.25, 1, 1.5, 1.75, 2.5, 3]


def test_a_capture_of_one_row_repeats_once_a_second(tmp_path: Path) -> None:
    capture = read_capture(saved(tmp_path, HEADER, ROW))
    assert [due.at for due in islice(capture.schedule(STREAM, 1.0, loop=True), 3)] == [0, 1, 2]


def test_the_committed_capture_is_20_seconds_with_one_reset(simulated_capture: Path) -> None:
    frames = read_capture(simulated_capture).frames
    assert len(frames) == 2000
    assert (np.diff(frames["flight_time"]) < -RESET_FALL).sum() == 1


def test_the_committed_capture_is_what_its_command_makes(simulated_capture: Path) -> None:
    pilot = pilots(1, seed=6)[0]
    frames = Flight(arena(), pilot, random_resets(pilot, 14)).frames(0, 20, 100)
    committed = read_capture(simulated_capture).frames
    for field in FIELDS:
        # Another machine's sine may differ in its last bits, and so may the last digit here.
        np.testing.assert_allclose(committed[field], frames[field], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "rows", "resets"), [("liftoff_reset_58s_100hz.csv", 5865, 1), ("liftoff_circuits_50s_100hz.csv", 5015, 0)]
)
def test_a_real_capture_goes_through_the_decoder_unchanged(
    real_captures: Path, name: str, rows: int, resets: int
) -> None:
    capture = read_capture(real_captures / name)
    decoded = STREAM.decode(STREAM.encode(capture.frames))
    assert len(decoded.frames) == rows
    assert decoded.frames.tobytes() == capture.frames.tobytes()
    assert (np.diff(decoded.frames["flight_time"]) < -RESET_FALL).sum() == resets
