import io
import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from races.models import Lap, Race
from races.services import close_race
from telemetry.timed_race import time_what_is_recorded
from tests.flown import arena_track, flown_race

pytestmark = pytest.mark.django_db


@pytest.fixture
def race() -> Race:
    made = flown_race(arena_track(), drones=1, seconds=50)
    time_what_is_recorded(made.pk)
    close_race(race=made)
    return made


def run(race: object, **options: Any) -> str:
    out = io.StringIO()
    call_command("retime_race", str(race), stdout=out, **options)
    return out.getvalue()


def test_old_and_new_stand_side_by_side_and_nothing_changes(race: Race) -> None:
    Lap.objects.filter(race=race, number=1).update(duration_ms=1234, flaws=["short"])
    lines = run(race.pk, dry_run=True).splitlines()
    assert lines[0].split() == ["drone", "lap", "before", "after"]
    assert lines[1].split()[:3] == ["1", "1", "1.234!"]
    assert lines[1].endswith("*")
    assert "of which 1 would change" in lines[-1]
    assert Lap.objects.get(race=race, number=1).duration_ms == 1234


def test_a_race_is_timed_again_on_a_named_track(race: Race) -> None:
    other = arena_track(name="Second")
    answer = json.loads(run(race.pk, track="Second", json=True))
    assert (answer["track"], answer["dry_run"], answer["rulings_lost"]) == (other.pk, False, 0)
    assert all(lap["before_ms"] == lap["after_ms"] for lap in answer["laps"])
    race.refresh_from_db()
    assert race.track == other


def test_no_race_and_no_track_are_one_line(race: Race) -> None:
    with pytest.raises(CommandError, match="There is no race"):
        run(uuid4())
    with pytest.raises(CommandError, match="There is no track Nowhere"):
        run(race.pk, track="Nowhere")
