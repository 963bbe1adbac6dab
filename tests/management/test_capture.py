"""Captures written, and sent again at their own pace."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from management.capture import schedule, write_capture
from management.course import arena
from management.simulator import Flight, arrivals, pilots, random_resets
from telemetry.capture import CAPTURE_FORMAT, read_capture
from telemetry.frames import RESET_FALL
from telemetry.liftoff import compile_format
from tests.telemetry.test_capture import HEADER, ROW, saved

STREAM = compile_format(CAPTURE_FORMAT)
FIELDS = ("flight_time", "position", "attitude", "gyro", "input")


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
    assert [due.at for due in schedule(capture, STREAM, 1.0, loop=False)] == [0, 0.25, 1]
    assert [due.at for due in schedule(capture, STREAM, 2.0, loop=False)] == [0, 0.125, 0.5]
    assert [due.at for due in islice(schedule(capture, STREAM, 1.0, loop=True), 7)] == [0, 0.25, 1, 1.5, 1.75, 2.5, 3]


def test_a_capture_of_one_row_repeats_once_a_second(tmp_path: Path) -> None:
    capture = read_capture(saved(tmp_path, HEADER, ROW))
    assert [due.at for due in islice(schedule(capture, STREAM, 1.0, loop=True), 3)] == [0, 1, 2]


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
