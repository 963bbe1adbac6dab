"""/api/races/{id}/laps/, standings/, results/, rulings/ and /api/tracks/{id}/records/: what the timing gave."""

import csv
import io
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rest import caller, checked, checked_query
from races import laps_bodies as bodies
from races import results, selectors, services
from races.api import OfRace, conditional

CSV_COLUMNS: Final = (
    "place", "drone", "drone_id", "name", "pilot", "status", "number", "source", "valid", "duration_ms", "sectors_ms",
    "start_s", "end_s", "flaws", "missed", "ruled", "reason", "top_speed", "samples", "max_gap_ms",
)  # fmt: skip


@extend_schema(tags=["laps"])
@conditional
class LapsView(OfRace):
    @extend_schema(parameters=[bodies.LapsQuery], responses=bodies.LapBody(many=True), operation_id="races_laps_list")
    def get(self, request: Request, race_id: UUID) -> Response:
        """Give a race's laps by their ends."""
        race = self.race()
        return Response(results.laps(race, drone=checked_query(bodies.LapsQuery, request).get("drone")))

    @extend_schema(request=bodies.AddLap, responses={201: bodies.LapBody})
    def post(self, request: Request, race_id: UUID) -> Response:
        """Add a lap that was not timed: the race's director and staff only."""
        race, user, body = self.race(), caller(request), checked(bodies.AddLap, request)
        end = results.start_of(race) + round(body.pop("end_s") * 1e6)
        lap = services.add_lap(race=race, by=user, end=end, **body)
        return Response(results.lap(race, lap), 201)


@extend_schema(tags=["laps"])
class LapView(OfRace):
    @extend_schema(request=bodies.RuleOnLap, responses=bodies.LapBody)
    def patch(self, request: Request, race_id: UUID, lap_id: int) -> Response:
        """Invalidate or restore a lap: the race's director and staff only."""
        race, user = self.race(), caller(request)
        lap = services.rule_on_lap(race=race, lap_id=lap_id, by=user, **checked(bodies.RuleOnLap, request))
        return Response(results.lap(race, lap))


@extend_schema(tags=["laps"])
class SplitLapView(OfRace):
    @extend_schema(request=bodies.SplitLap, responses={201: bodies.LapBody(many=True)})
    def post(self, request: Request, race_id: UUID, lap_id: int) -> Response:
        """Make two laps of one: the race's director and staff only."""
        race, user = self.race(), caller(request)
        laps = services.split_lap(race=race, lap_id=lap_id, by=user, **checked(bodies.SplitLap, request))
        return Response([results.lap(race, lap) for lap in laps], 201)


@extend_schema(tags=["laps"])
@conditional
class RulingsView(OfRace):
    @extend_schema(responses=bodies.RulingBody(many=True), operation_id="races_rulings_list")
    def get(self, request: Request, race_id: UUID) -> Response:
        """Give all that was ruled in a race, in its order."""
        rulings = self.race().rulings.select_related("by").order_by("id")
        return Response(bodies.RulingBody(rulings, many=True).data)

    @extend_schema(request=bodies.RuleOnDrone, responses={201: bodies.RulingBody})
    def post(self, request: Request, race_id: UUID) -> Response:
        """Give a drone a time penalty, disqualify it, or reinstate it: the race's director and staff only."""
        race, user = self.race(), caller(request)
        ruling = services.rule_on_drone(race=race, by=user, **checked(bodies.RuleOnDrone, request))
        return Response(bodies.RulingBody(ruling).data, 201)


@extend_schema(tags=["laps"])
@conditional
class StandingsView(OfRace):
    @extend_schema(responses=bodies.StandingBody(many=True), operation_id="races_standings_list")
    def get(self, request: Request, race_id: UUID) -> Response:
        """Give the ranking by the laps recorded so far, the first first."""
        return Response(results.standings(self.race()))


@extend_schema(tags=["laps"])
@conditional
class ResultsView(OfRace):
    @extend_schema(responses=bodies.ResultsBody)
    def get(self, request: Request, race_id: UUID) -> Response:
        """Give the ranking, all laps and all rulings of a race."""
        race = self.race()
        rulings = bodies.RulingBody(race.rulings.select_related("by").order_by("id"), many=True).data
        return Response(
            {
                "race": {"id": str(race.pk), "name": race.name, "drift_map": race.drift_map, "status": race.status},
                "track": {"id": race.track.pk, "name": race.track.name} if race.track else None,
                "standings": results.standings(race),
                "laps": results.laps(race),
                "rulings": rulings,
            }
        )


@extend_schema(tags=["laps"])
class ResultsTableView(OfRace):
    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY}, operation_id="races_results_csv")
    def get(self, request: Request, race_id: UUID) -> HttpResponse:
        """Give the results as CSV: one row a lap, by place, then by time."""
        race = self.race()
        text = io.StringIO()
        table = csv.DictWriter(text, CSV_COLUMNS, extrasaction="ignore", lineterminator="\r\n")
        table.writeheader()
        table.writerows({name: _cell(value) for name, value in row.items()} for row in results.rows(race))
        answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = content_disposition_header(
            as_attachment=True, filename=f"results-{race.pk}.csv"
        )
        return answer


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join("-" if item is None else str(item) for item in value)
    # Else a spreadsheet takes a name for a formula.
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} else value


@extend_schema(tags=["tracks"])
class RecordsView(APIView):
    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(responses=bodies.RecordBody(many=True), operation_id="tracks_records_list")
    def get(self, request: Request, track_id: int) -> Response:
        """Give the fastest laps on a track in the races that the caller may know of, each pilot's best one."""
        track = selectors.track_by_id(track_id)
        return Response(results.records(track, selectors.visible_to(request.user)))
