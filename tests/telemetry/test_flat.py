"""Frames as lines of CSV."""

import csv
import io

import numpy as np

from telemetry import flat
from telemetry.frames import empty
from tests.telemetry.builders import START, frames


def test_a_line_has_seconds_and_the_shortest_texts_and_nothing_for_what_is_absent() -> None:
    made = frames([2])
    made["time"] = START + 250_000
    made["flight_time"], made["motor_rpm"] = 0.1, np.nan
    made["position"], made["velocity"], made["battery"] = (0.1, -0.0, 1e-45), np.nan, (1 / 3, 16.5)
    made["motor_count"] = 0
    assert flat.header_line() + flat.lines(made, START, {2: 'pi"lot,2'}) == (
        "time_s,unix_time_s,drone,drone_id,seq,motor_count,flight_time_s,position_x_m,position_y_m,position_z_m,"
        "attitude_x,attitude_y,attitude_z,attitude_w,velocity_x_m_per_s,velocity_y_m_per_s,velocity_z_m_per_s,"
        "gyro_pitch_deg_per_s,gyro_roll_deg_per_s,gyro_yaw_deg_per_s,input_throttle,input_yaw,input_pitch,input_roll,"
        "battery_charge_0_to_1,battery_voltage_v,motor_1_rpm,motor_2_rpm,motor_3_rpm,motor_4_rpm,motor_5_rpm,"
        "motor_6_rpm,motor_7_rpm,motor_8_rpm\n"
        '0.250000,1767225600.250000,2,"pi""lot,2",1,0,0.1,0.1,-0.0,1e-45,0.0,0.0,0.0,1.0,,,,0.5,0.5,0.5,'
        "0.25,0.25,0.25,0.25,0.33333334,16.5,,,,,,,,\n"
    )


def test_every_line_has_every_column() -> None:
    text = flat.header_line() + flat.lines(frames([1, 2, 1]), START, {1: "10.0.0.1", 2: "10.0.0.2"})
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["drone"], row["drone_id"], row["seq"]) for row in rows] == [
        ("1", "10.0.0.1", "1"), ("2", "10.0.0.2", "2"), ("1", "10.0.0.1", "3")
    ]  # fmt: skip
    assert all(None not in row and None not in row.values() for row in rows)


def test_no_frames_are_no_lines() -> None:
    assert flat.lines(empty(0), START, {}) == ""
