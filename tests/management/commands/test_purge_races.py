from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from races.models import Race
from races.services import begin_import
from telemetry.models import TelemetryFrame
from telemetry.storage import write_frames
from tests.people import make_race
from tests.telemetry.builders import frames

pytestmark = pytest.mark.django_db(transaction=True)


def ended(days: float, *, saved: bool, flown: bool = True) -> Race:
    race = make_race(None, flown=flown, over=True)
    Race.objects.filter(pk=race.pk).update(saved=saved, ended_at=timezone.now() - timedelta(days=days))
    return race


def purge(*options: str) -> str:
    told = StringIO()
    call_command("purge_races", "--unsaved", "--older-than", "30d", *options, stdout=told)
    return told.getvalue()


def test_old_unsaved_races_go_with_their_frames_and_the_others_stay() -> None:
    old, young, kept = ended(31, saved=False), ended(29, saved=False), ended(400, saved=True)
    active = make_race(None, flown=True)
    said = purge()
    assert str(old.pk) in said
    assert said.endswith("Deleted: races 1, frames 4.\n")
    assert set(Race.objects.values_list("pk", flat=True)) == {young.pk, kept.pk, active.pk}
    assert set(TelemetryFrame.objects.values_list("race_id", flat=True)) == {young.pk, kept.pk, active.pk}


def test_a_dry_run_only_says_what_would_go() -> None:
    old = ended(31, saved=False)
    assert purge("--dry-run").endswith("Would be deleted: races 1, frames 4.\n")
    assert Race.objects.filter(pk=old.pk).exists()
    assert TelemetryFrame.objects.count() == 4


def test_what_a_killed_import_left_goes() -> None:
    left = begin_import(name="half", drift_map="arena")
    write_frames(left.pk, frames([1, 2]))
    Race.objects.filter(pk=left.pk).update(created_at=timezone.now() - timedelta(days=31))
    purge()
    assert not TelemetryFrame.objects.exists()
    assert not Race.objects.exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--older-than", "30d"),
        ("--unsaved",),
        ("--unsaved", "--older-than", "30"),
        ("--unsaved", "--older-than", "-1d"),
    ],
)
def test_what_goes_has_to_be_said(options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("purge_races", *options)
