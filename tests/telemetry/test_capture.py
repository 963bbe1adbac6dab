"""Captures of flights: read, whatever is wrong with them."""

from pathlib import Path

import pytest

from telemetry.capture import CAPTURE_FORMAT, NAMES, NotACaptureError, read_capture
from telemetry.liftoff import compile_format

STREAM = compile_format(CAPTURE_FORMAT)
HEADER = ",".join(NAMES)
ROW = "0.5,1.25,1,2,3,0,0,0,1,10,20,30,-1,0.1,0.2,0.3"


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
