"""The page that sets laps of a race side by side."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from drift_site.pages import visible_race
from races import rules
from races.models import Race
from races.services.tracks import MOST_GATES
from telemetry.track_making import DEFAULT_GATES


@require_safe
@never_cache
def race_analysis(request: HttpRequest, race_id: UUID) -> HttpResponse:
    """Show a race's laps; 404 also where the viewer may not know of it.

    Without laps it says why there are none, and how to get them: its director makes a track of the flight here.
    """
    race = visible_race(request, race_id)
    state = _state(race)
    directs = isinstance(request.user, User) and rules.directs(request.user, race)
    untracked = state == "untracked" and directs
    context = {
        "race": {"race_id": str(race.pk), "race_name": race.name, "drift_map": race.drift_map, "status": race.status},
        "track": {"name": race.track.name, "id": race.track.pk} if race.track else None,
        "state": state,
        "directs": directs,
        "drones": _drones(race) if untracked else [],
        "gates": {"default": DEFAULT_GATES, "most": MOST_GATES},
        "urls": _urls(race),
    }
    return render(request, "drift_site/analysis.html", context)


def _state(race: Race) -> str:
    """Give what there is to analyse: `unrecorded`, `untracked` or `unlapped`, each a reason for none, or `timed`."""
    if race.track is None:
        return "untracked" if race.frame_count else "unrecorded"
    return "timed" if race.laps.exists() else "unlapped"


def _drones(race: Race) -> list[dict[str, Any]]:
    return [
        {"number": drone.number, "label": drone.name or f"Drone {drone.number}"}
        for drone in race.drones.order_by("number")
    ]


def _urls(race: Race) -> dict[str, str]:
    """Give the addresses that the page's modules ask, and those of the files."""
    names = ("race", "race_results", "race_compare", "race_telemetry", "race_retime", "race_export", "race_results_csv")
    urls = {name: reverse(name, args=[race.pk]) for name in names}
    urls["track"] = reverse("track", args=[race.track.pk]) if race.track else ""
    urls["track_from_race"] = reverse("track_from_race")
    return urls
