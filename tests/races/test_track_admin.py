from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from races.models import Gate, Race, Track
from races.services import tracks
from tests.people import make_race

pytestmark = pytest.mark.django_db

GATE: dict[str, Any] = {"y": 2.0, "z": 0.0, "yaw": 90.0, "pitch": 0.0, "width": 4.0, "height": 3.0, "label": ""}


@pytest.fixture
def track() -> Track:
    gates: Any = [{**GATE, "x": x} for x in (0.0, 30.0, 60.0)]
    return tracks.create_track(by=None, name="Loop", drift_map="arena", gates=gates)


def form(track: Track, **changes: Any) -> dict[str, Any]:
    gates = list(track.gates.order_by("order"))
    data: dict[str, Any] = {"name": track.name, "drift_map": track.drift_map, "start_mode": track.start_mode}
    data |= {"min_lap": track.min_lap, "grace": track.grace, "gates-INITIAL_FORMS": len(gates)}
    for index, gate in enumerate(gates):
        data |= {f"gates-{index}-{name}": getattr(gate, name) for name in ("id", "order", *GATE, "x")}
        data |= {f"gates-{index}-track": track.pk, f"gates-{index}-sector_end": "on"}
    return {"gates-TOTAL_FORMS": len(gates)} | data | changes


def change(client: Client, track: Track, **changes: Any) -> str:
    address = reverse("admin:races_track_change", args=[track.pk])
    return client.post(address, form(track, **changes), follow=True).content.decode()


def test_the_list_shows_gates_and_races(admin_client: Client, track: Track) -> None:
    make_race(None)
    Race.objects.update(track=track)
    page = admin_client.get(reverse("admin:races_track_changelist")).content.decode()
    assert '<td class="field-gate_count">3</td><td class="field-race_count">1</td>' in page


def test_rules_and_gates_are_changed_by_the_services(admin_client: Client, track: Track) -> None:
    change(admin_client, track, laps=5, **{"gates-1-x": 33.0, "gates-0-order": 4})
    track.refresh_from_db()
    assert track.laps == 5
    assert list(track.gates.order_by("order").values_list("order", "x")) == [(1, 33.0), (2, 60.0), (3, 0.0)]


def test_a_gate_comes_and_a_gate_goes(admin_client: Client, track: Track) -> None:
    new = {f"gates-3-{name}": value for name, value in {**GATE, "x": 90.0, "order": 4}.items()}
    change(admin_client, track, **{"gates-TOTAL_FORMS": 4, "gates-1-DELETE": "on"}, **new)
    assert list(track.gates.order_by("order").values_list("x", flat=True)) == [0.0, 60.0, 90.0]


def test_what_cannot_be_is_told_and_changes_nothing(admin_client: Client, track: Track) -> None:
    assert "Gate 2: width and height are at most 1000 m." in change(admin_client, track, **{"gates-1-width": 5000})
    assert Gate.objects.filter(width=5000).count() == 0


def test_the_track_of_a_race_that_runs_stays_as_it_is(admin_client: Client, track: Track) -> None:
    race = make_race(None)
    Race.objects.filter(pk=race.pk).update(track=track)
    assert "End it first." in change(admin_client, track, laps=5)
    admin_client.post(reverse("admin:races_track_delete", args=[track.pk]), {"post": "yes"})
    assert Track.objects.filter(pk=track.pk, laps=None).exists()


def test_a_track_is_deleted_with_its_gates(admin_client: Client, track: Track) -> None:
    admin_client.post(reverse("admin:races_track_delete", args=[track.pk]), {"post": "yes"})
    assert not Track.objects.exists()
    assert not Gate.objects.exists()
