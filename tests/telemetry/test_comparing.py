"""Two laps side by side, of however many frames they are."""

from typing import Any

import numpy as np
import pytest

from races.models import Lap, Race
from races.services import create_race, create_track
from telemetry import comparing, pages
from telemetry.comparing import MOST_FRAMES, PARTS, compare
from telemetry.frames import FrameArray, empty
from telemetry.timed_race import time_what_is_recorded
from tests.flown import record_flight
from tests.telemetry.builders import START

pytestmark = pytest.mark.django_db

GATES: list[Any] = [
    {"x": x, "y": 0.0, "z": z, "yaw": yaw, "pitch": 0.0, "width": 6.0, "height": 6.0, "label": ""}
    for x, z, yaw in ((0.0, 0.0, 90.0), (50.0, 20.0, 0.0), (0.0, 50.0, -90.0), (-50.0, 20.0, 180.0))
]
CORNERS = [(-10, 0), (50, 0), (50, 50), (-50, 50), (-50, 0), (0, 0)]


def round_trips(hz: float, lap_s: float, laps: float) -> FrameArray:
    """Fly a rectangle at an even speed."""
    count = round(laps * lap_s * hz)
    points = np.array([*CORNERS[1:-1], CORNERS[1]], float)
    at = np.concatenate([[0.0], np.linalg.norm(np.diff(points, axis=0), axis=1).cumsum()])
    clock = np.arange(count) / hz
    # From 60 m before the first corner on, so that start/finish comes after 10 m.
    metres = (clock / lap_s * at[-1] - 60) % at[-1]
    made = empty(count)
    made["drone"] = 1
    made["seq"] = np.arange(1, count + 1)
    made["time"] = START + np.rint(clock * 1e6).astype(np.int64)
    made["flight_time"] = clock
    made["position"] = np.column_stack(
        [np.interp(metres, at, points[:, 0]), 0 * metres, np.interp(metres, at, points[:, 1])]
    )
    made["velocity"] = (at[-1] / lap_s, 0, 0)
    made["input"] = 0.5
    return made


def flown(hz: float, lap_s: float) -> tuple[Race, list[Lap]]:
    race = create_race(track=create_track(by=None, name="Square", drift_map="arena", gates=GATES))
    record_flight(race, round_trips(hz, lap_s, 2.2))
    time_what_is_recorded(race.pk)
    return race, list(race.laps.order_by("end"))


def test_of_a_lap_of_very_many_frames_a_bounded_number_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MOST_FRAMES", 400)
    monkeypatch.setattr(comparing, "PARTS", 200)
    race, laps = flown(200, 12.0)
    taken = comparing._recorded(laps[0])
    assert len(taken) <= 400
    assert np.diff(taken["time"]).max() <= 12e6 / 200 * 1.3
    found = compare(race, laps[0].pk, laps[1].pk)
    assert laps[0].samples > 2000
    assert found["a"]["time_s"][-1] == pytest.approx(12, abs=0.01)
    whole = _whole(monkeypatch, race, laps)
    assert np.abs(np.subtract(found["a"]["time_s"], whole["a"]["time_s"])).max() < 0.05
    assert np.abs(found["delta_s"]).max() < 0.05


def _whole(monkeypatch: pytest.MonkeyPatch, race: Race, laps: list[Lap]) -> dict[str, Any]:
    monkeypatch.setattr(comparing, "MOST_FRAMES", MOST_FRAMES)
    monkeypatch.setattr(comparing, "PARTS", PARTS)
    return compare(race, laps[0].pk, laps[1].pk)


def test_all_frames_of_a_usual_lap_are_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _, laps = flown(100, 12.0)
    page, asked = pages.page, list[int]()

    def noted(*key: Any, size: int, **about: Any) -> FrameArray:
        asked.append(size)
        return page(*key, size=size, **about)

    monkeypatch.setattr(pages, "page", noted)
    taken = comparing._recorded(laps[0])
    assert asked == [MOST_FRAMES + 1]
    assert len(taken) == pytest.approx(14 * 100, abs=2)


def test_a_pause_within_a_long_lap_leaves_parts_without_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MOST_FRAMES", 200)
    monkeypatch.setattr(comparing, "PARTS", 100)
    race = create_race(track=create_track(by=None, name="Square", drift_map="arena", gates=GATES))
    made = round_trips(100, 12.0, 1.4)
    made = made[(made["flight_time"] < 4) | (made["flight_time"] > 6)]
    record_flight(race, made)
    lap = Lap(race=race, drone=1, number=1, start=START, end=START + 12 * 10**6, time=START + 12 * 10**6)
    taken = comparing._recorded(lap)
    assert len(taken) <= 200
    assert np.diff(taken["time"]).max() >= 2e6
