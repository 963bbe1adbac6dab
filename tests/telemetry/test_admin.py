import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from races.models import Lap, Race
from tests.people import make_race, make_user
from tests.telemetry.test_retiming import race, track

__all__ = ["race", "track"]  # fixtures
pytestmark = pytest.mark.django_db


def act(client: Client, *races: Race) -> str:
    form = {"action": "time_again", "_selected_action": [str(one.pk) for one in races]}
    return client.post(reverse("admin:races_race_changelist"), form, follow=True).content.decode()


def test_a_race_is_timed_again_and_the_log_has_it(admin_client: Client, race: Race) -> None:
    before = list(Lap.objects.filter(race=race).order_by("drone", "number").values_list("duration_ms", flat=True))
    Lap.objects.filter(race=race).update(duration_ms=1)
    assert "Timed again." in act(admin_client, race)
    after = list(Lap.objects.filter(race=race).order_by("drone", "number").values_list("duration_ms", flat=True))
    assert after == before
    assert before
    assert LogEntry.objects.filter(object_id=str(race.pk)).exists()


def test_what_cannot_be_timed_again_is_told(admin_client: Client) -> None:
    bare = make_race(make_user("owner"), flown=True, over=True)
    assert "This race has no track" in act(admin_client, bare)
    assert not LogEntry.objects.filter(object_id=str(bare.pk)).exists()
