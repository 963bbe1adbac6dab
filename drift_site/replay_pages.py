"""The replay of a recorded race in the browser; a race that still goes on is replayed up to now."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from races import selectors
from races.models import Race
from telemetry import snapshot
from telemetry.recordings import recording_of


@require_safe
@never_cache
def replay(request: HttpRequest, race_id: UUID) -> HttpResponse:
    """Show the replay of a race; 404 also where the viewer may not know of it."""
    race = selectors.visible_to(request.user).select_related("track").filter(pk=race_id).first()
    if race is None:
        raise Http404("There is no such race, or it is private and you are not signed in as one of its guests.")
    facts = facts_of(race)
    return render(
        request,
        "drift_site/replay.html",
        {
            "race": race,
            "facts": facts,
            "is_empty": race.frame_count == 0,
            "is_active": race.status != Race.Status.ENDED,
            "drone_count": len(facts["drones"]),
            "url": reverse("race", args=[race.pk]),
        },
    )


def facts_of(race: Race) -> dict[str, Any]:
    """Give what the page's script knows from the beginning: no standings, which would tell how the race ends.

    `duration` is the last frame's time in race seconds, 0 without frames; `track` and `drones` are those of `hello`.
    """
    hello = snapshot.hello(race.pk) or {"track": None, "drones": []}
    return {
        "race_id": str(race.pk),
        "status": race.status,
        "duration": recording_of(race).duration / 1e6,
        "timed": hello["track"] is not None,
        "track": hello["track"],
        "drones": hello["drones"],
        "api": f"/api/races/{race.pk}/",
    }
