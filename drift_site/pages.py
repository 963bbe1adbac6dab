"""The pages for browsers and the list that keeps them fresh.

The views are ordinary functions: under ASGI Django runs them in its worker thread, where the database may be asked.
Templates get plain values only and ask the database for nothing, so the query counts here are the whole of it.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from races import selectors
from races.models import Race
from races.stream_format import DEFAULT_FORMAT


@require_safe
@never_cache
def lobby(request: HttpRequest) -> HttpResponse:
    """Show the active races the viewer may know of, each with a live top view."""
    races = [race_card(race, race.drone_count) for race in selectors.active_for(request.user)]
    return render(
        request,
        "drift_site/lobby.html",
        {
            "races": races,
            "blank": {"race_id": "", "status": Race.Status.WAITING.value},
            "first_port": settings.DRIFT_UDP_PORTS[0],
            "host": host_name(request),
            "stream_format": DEFAULT_FORMAT,
        },
    )


@require_safe
@never_cache
def races_json(request: HttpRequest) -> JsonResponse:
    """Give what the lobby shows of each active race: `{"races": [race_card, …]}`, newest first."""
    races = [race_card(race, race.drone_count) for race in selectors.active_for(request.user)]
    return JsonResponse({"races": races})


@require_safe
@never_cache
def race(request: HttpRequest, race_id: UUID) -> HttpResponse:
    """Show one race large; 404 also where the viewer may not know of it."""
    found = selectors.visible_to(request.user).filter(pk=race_id).first()
    if found is None:
        raise Http404("There is no such race, or it is private and you are not signed in as one of its guests.")
    return render(
        request,
        "drift_site/race.html",
        {"race": race_card(found, found.drones.count()), "host": host_name(request)},
    )


def race_card(race: Race, drone_count: int) -> dict[str, Any]:
    """Give what a page shows of a race before its stream is open: plain values, names as in docs/protocol.md."""
    return {
        "race_id": str(race.pk),
        "race_name": race.name,
        "drift_map": race.drift_map,
        "status": race.status,
        "public": race.is_public,
        "udp_port": race.udp_port,
        "drones": drone_count,
        "frame_count": race.frame_count,
        "problem": race.problem,
        "url": reverse("race", args=[race.pk]),
    }


def host_name(request: HttpRequest) -> str:
    """Give the name by which the viewer reached this server, without the port: what a pilot's sender can use too."""
    host = request.get_host()
    return host[: host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]
