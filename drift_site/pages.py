"""The pages for browsers and the list that keeps them fresh.

The views are ordinary functions: under ASGI Django runs them in its worker thread, where the database may be asked.
Templates get plain values only and ask the database for nothing, so the query counts here are the whole of it.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from races import lobby as races
from races import selectors, sending
from races.models import Race
from races.stream_format import DEFAULT_FORMAT
from races.winners import winners
from telemetry.clock import epoch_us

FINISHED_A_PAGE: Final = 20
# What an overlay for a broadcast can show.
OVERLAY_PARTS: Final = ("leaderboard", "hud", "scene")
OVERLAY_DEFAULT: Final = ("leaderboard", "hud")


@require_safe
@never_cache
def lobby(request: HttpRequest) -> HttpResponse:
    """Show the races the viewer may know of: the active ones live, and a page of those that are over."""
    cards = list(races.active_for(request.user))
    port = settings.DRIFT_UDP_PORTS[0]
    return render(
        request,
        "drift_site/lobby.html",
        {
            "races": cards,
            "blank": {"race_id": "", "status": Race.Status.WAITING.value},
            "configuration": sending.configuration(receiving_address(request), port, DEFAULT_FORMAT),
            "first_port": port,
            "host": receiving_address(request),
            **finished(request),
        },
    )


@require_safe
@never_cache
def races_json(request: HttpRequest) -> JsonResponse:
    """Give the cards of the active races, newest first; with `?page=` that page of those that are over, too."""
    answer: dict[str, Any] = {
        "races": list(races.active_for(request.user)),
        "server_time": epoch_us(datetime.now(UTC)),
    }
    return JsonResponse(answer | (finished(request) if "page" in request.GET else {}))


def finished(request: HttpRequest) -> dict[str, Any]:
    """Give the page of `?page=` of the races that are over: each race's card with its `winner`, or None."""
    paginator: Paginator[Race] = Paginator(races.finished_for(request.user), FINISHED_A_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    listed = list(page.object_list)
    first = winners(listed)
    return {
        "finished": [
            races.card_for(request.user, race, race.drone_count) | {"winner": first.get(race.pk)}  # type: ignore[attr-defined]  # annotated
            for race in listed
        ],
        "page": page.number,
        "pages": paginator.num_pages,
    }


@require_safe
@never_cache
def race(request: HttpRequest, race_id: UUID) -> HttpResponse:
    """Show one race large, or with `?overlay=1` its parts of `&show=` alone; 404 also where it must not be known."""
    found = visible_race(request, race_id)
    if request.GET.get("overlay") == "1":
        card = races.card_for(request.user, found, found.drones.count())
        return render(request, "drift_site/overlay.html", {"race": card, "show": overlay_parts(request)})
    return render(
        request,
        "drift_site/race.html",
        {
            "race": races.card_for(request.user, found, found.drones.count()),
            "host": receiving_address(request),
            "waiting": waiting(request, found),
        },
    )


def overlay_parts(request: HttpRequest) -> set[str]:
    """Give which of OVERLAY_PARTS `?show=` names, separated by commas; OVERLAY_DEFAULT when it names none of them."""
    wanted = set(request.GET.get("show", "").split(","))
    return wanted.intersection(OVERLAY_PARTS) or set(OVERLAY_DEFAULT)


def visible_race(request: HttpRequest, race_id: UUID) -> Race:
    """Give a race that the viewer may know of, with its creator and track; raises Http404."""
    found = selectors.visible_to(request.user).select_related("creator", "track").filter(pk=race_id).first()
    if found is None:
        raise Http404("There is no such race, or it is private and you are not signed in as one of its guests.")
    return found


def waiting(request: HttpRequest, race: Race) -> dict[str, Any] | None:
    """Give what waiting.html says to pilots: where to send, and the game's file; None for a race without a port."""
    if race.udp_port is None:
        return None
    host = receiving_address(request)
    return {
        "end_point": sending.end_point(host, race.udp_port),
        "configuration": sending.configuration(host, race.udp_port, race.stream_format),
        "download": reverse("telemetry_configuration", args=[race.pk]),
    }


@require_safe
@never_cache
def telemetry_configuration(request: HttpRequest, race_id: UUID) -> HttpResponse:
    """Give the game's TelemetryConfiguration.json for a race, as a file to keep; 404 once it has ended."""
    values = waiting(request, visible_race(request, race_id))
    if values is None:
        raise Http404("This race has ended: nothing can be sent to it any more.")
    answer = HttpResponse(values["configuration"], content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="TelemetryConfiguration.json"'
    return answer


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead browsers, which ask for it on pages that name none, to the mark of the site."""
    return redirect(static("drift/favicon.svg"))


def receiving_address(request: HttpRequest) -> str:
    """Give the address that pilots send to, as far as it is known here."""
    return sending.address_for(host_name(request))


def host_name(request: HttpRequest) -> str:
    """Give the name by which the viewer reached this server, without the port."""
    host = request.get_host()
    return host[: host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]
