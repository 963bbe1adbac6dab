"""/api/races/{id}/timeline/ and timeline/standings/: what happened in a race, and who was where at a moment."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.rest import checked_query
from races.api import OfRace, conditional
from races.laps_bodies import StandingLine
from telemetry import history
from telemetry.api import LONGEST
from telemetry.query import NumberList


class AfterField(serializers.CharField):
    """The place of the last crossing that one has, as a page's `next` holds it."""

    def to_internal_value(self, data: Any) -> Any:
        found = history.After.read(super().to_internal_value(data))
        if found is None:
            raise serializers.ValidationError("Take it from the page before.")
        return found


class TimelineQuery(serializers.Serializer[Any]):
    drone = NumberList(
        required=False, max_length=200, help_text="Drones' numbers, separated by commas; all unless given."
    )
    cursor = AfterField(required=False, help_text="From the `next` of the page before.")


class CrossingBody(serializers.Serializer[Any]):
    drone = serializers.IntegerField(help_text="The drone's number.")
    time_s = serializers.FloatField(help_text="Race seconds.")
    gate = serializers.IntegerField(help_text="Its order, from 1: start/finish.")
    lap = serializers.IntegerField(allow_null=True)
    counted = serializers.BooleanField(help_text="Whether it advanced the lap.")
    speed = serializers.FloatField(help_text="m/s")


class ResetBody(serializers.Serializer[Any]):
    drone = serializers.IntegerField()
    time_s = serializers.FloatField(help_text="Race seconds.")
    lap = serializers.IntegerField(allow_null=True, help_text="The number of the lap that it voided.")


class TimelineBody(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True, help_text="Where it goes on; null at the end.")
    crossings = CrossingBody(many=True)
    resets = ResetBody(many=True)


@conditional
class TimelineView(OfRace):
    @extend_schema(tags=["laps"], parameters=[TimelineQuery], responses=TimelineBody)
    def get(self, request: Request, race_id: UUID) -> Response:
        """Give what drones passed and where they were reset, in order, in pages of 5,000 crossings."""
        query = checked_query(TimelineQuery, request)
        page, last = history.timeline(self.race(), query.get("drone"), query.get("cursor"))
        url = None if last is None else replace_query_param(request.build_absolute_uri(), "cursor", str(last))
        return Response({"next": url, **page})


class ChunkQuery(serializers.Serializer[Any]):
    chunk = serializers.IntegerField(min_value=0, max_value=LONGEST, help_text="These ten seconds, from 0.")


class MomentBody(serializers.Serializer[Any]):
    time_s = serializers.FloatField(help_text="From this race second on they hold.")
    standings = StandingLine(many=True)


class MomentsBody(serializers.Serializer[Any]):
    moments = MomentBody(many=True)


@conditional
class TimelineStandingsView(OfRace):
    @extend_schema(tags=["laps"], parameters=[ChunkQuery], responses=MomentsBody)
    def get(self, request: Request, race_id: UUID) -> Response:
        """Give the standings as they were told during ten seconds of a race, the first as they were at their beginning.

        404 for ten seconds that the recording has not. A race that was not timed has no moments.
        """
        query = checked_query(ChunkQuery, request)
        return Response({"moments": history.standings_in(self.race(), query["chunk"])})
