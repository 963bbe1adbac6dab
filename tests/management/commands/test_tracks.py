import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from races.courses import course_of
from races.models import Track
from races.services import create_race
from races.timing import Lap, Timer
from telemetry.capture import read_capture
from telemetry.track_making import make_track
from tests.flown import arena_track, flown_race, record_flight
from tests.telemetry.builders import START

pytestmark = pytest.mark.django_db


def run(*words: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_a_track_is_written_and_read(tmp_path: Path) -> None:
    track = arena_track(laps=3)
    file = tmp_path / "arena.json"
    assert run("track_export", str(track.pk), output=file) == f"Wrote {file}.\n"
    assert "with 9 gates" in run("track_import", str(file), name="Arena 2")
    assert json.loads(run("track_export", "Arena 2"))["laps"] == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["track_export", "Nowhere"], "There is no track Nowhere"),
        (["track_import", "nowhere.json"], "cannot be read"),
        (["track_from_race", "3f2b8c1e-5d7a-4c53-9d0e-6a4f4f1d2b90"], "There is no race"),
    ],
)
def test_what_is_not_there_is_one_line(words: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run(*words)


def test_a_name_on_two_maps_is_asked_for_by_number() -> None:
    arena_track()
    Track.objects.create(name="Arena", drift_map="elsewhere")
    with pytest.raises(CommandError, match="give its number"):
        run("track_export", "Arena")


def test_a_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "photo.json"
    file.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(CommandError, match="no text"):
        run("track_import", str(file))


def test_a_track_is_made_of_a_race() -> None:
    race = flown_race(drones=1, seconds=55)
    said = run("track_from_race", str(race.pk), "--drone", "1", "--gates", "5", "--name", "Flown")
    assert "with 5 gates" in said
    assert "is on it now" in said
    race.refresh_from_db()
    assert race.track is not None
    assert race.track.name == "Flown"


def test_the_circuit_of_a_real_flight_is_found(real_captures: Path) -> None:
    capture = read_capture(real_captures / "liftoff_circuits_50s_100hz.csv")
    frames = capture.frames
    frames["drone"] = 1
    frames["seq"] = np.arange(1, len(frames) + 1)
    frames["time"] = START + np.rint(capture.arrival * 1e6).astype(np.int64) + np.arange(len(frames))
    race = create_race()
    record_flight(race, frames)
    made = make_track(race=race, drone=1, by=None, name="Flown", gates=4)
    laps = [event for event in Timer(course_of(made.track)).feed(frames) if isinstance(event, Lap)]
    assert made.laps >= 2
    assert any(lap.valid for lap in laps)
