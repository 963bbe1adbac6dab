"""Timing that looks into recorded frames: /api/races/{id}/retime/ and compare/, /api/tracks/from-race/."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.rest import caller, checked, checked_query
from accounts.selectors import MAX_ID
from races import selectors
from races.api import OfRace, track_data
from races.bodies import NAME_LENGTH
from races.serializers import TrackSerializer
from races.services.tracks import MOST_GATES
from races.timing import CHANNELS
from telemetry.comparing import compare
from telemetry.retiming import retime_race
from telemetry.track_making import make_track

LONGEST_FLIGHT = 10**7  # s
MOST_DRONE = 65_535


class Retime(serializers.Serializer[Any]):
    track = serializers.IntegerField(
        min_value=1, allow_null=True, default=None, help_text="Another track of the map, which the race then keeps."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Change nothing, only show.")
    reason = serializers.CharField(max_length=200, default="timed again")


class ChangeBody(serializers.Serializer[Any]):
    """A lap before and after; null where there is none. What a marshal ruled is left out of account."""

    drone = serializers.IntegerField()
    number = serializers.IntegerField()
    before_ms = serializers.IntegerField(allow_null=True)
    after_ms = serializers.IntegerField(allow_null=True)
    valid_before = serializers.BooleanField(allow_null=True)
    valid_after = serializers.BooleanField(allow_null=True)


class RetimedBody(serializers.Serializer[Any]):
    track = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    rulings_lost = serializers.IntegerField(help_text="Rulings on laps that are no longer there.")
    laps = ChangeBody(many=True)


class RetimeView(OfRace):
    @extend_schema(tags=["laps"], request=Retime, responses=RetimedBody)
    def post(self, request: Request, race_id: UUID) -> Response:
        """Time a race that is over again, from its recording: the race's director and staff only."""
        race, user, body = self.race(), caller(request), checked(Retime, request)
        track = selectors.track_by_id(body["track"]) if body["track"] is not None else None
        again = retime_race(race=race, by=user, track=track, reason=body["reason"], dry_run=body["dry_run"])
        return Response(
            {
                "track": again.track.pk,
                "dry_run": again.dry_run,
                "rulings_lost": again.rulings_lost,
                "laps": [asdict(lap) for lap in again.laps],
            }
        )


class CompareQuery(serializers.Serializer[Any]):
    a = serializers.IntegerField(min_value=1, max_value=MAX_ID, help_text="A lap's id.")
    b = serializers.IntegerField(min_value=1, max_value=MAX_ID, help_text="Another's.")


class Column(serializers.ListField):
    """A value for each of `distance_m`."""

    child = serializers.FloatField(allow_null=True)


class ComparedLap(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    drone = serializers.IntegerField()
    number = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    time_s = Column(help_text="Since the lap's start.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), **{name: Column() for name in CHANNELS}}


class CompareBody(serializers.Serializer[Any]):
    """Two laps at every half metre or so of the reference line. Speed in m/s, altitude in m, sticks −1..1."""

    length_m = serializers.FloatField()
    distance_m = serializers.ListField(child=serializers.FloatField())
    delta_s = Column(help_text="By how much b is behind a there.")
    a = ComparedLap()
    b = ComparedLap()


class CompareView(OfRace):
    @extend_schema(tags=["laps"], parameters=[CompareQuery], responses=CompareBody)
    def get(self, request: Request, race_id: UUID) -> Response:
        """Give two laps of the race side by side, ready to plot."""
        query = checked_query(CompareQuery, request)
        return Response(compare(self.race(), query["a"], query["b"]))


class TrackFromRace(serializers.Serializer[Any]):
    """Gates come at even distances, `gates` of them, or besides start/finish one at each of `times`."""

    race = serializers.UUIDField()
    drone = serializers.IntegerField(min_value=1, max_value=MOST_DRONE, default=1)
    name = serializers.CharField(max_length=NAME_LENGTH)
    gates = serializers.IntegerField(min_value=1, max_value=MOST_GATES, required=False)
    times = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=LONGEST_FLIGHT),
        min_length=1,
        max_length=MOST_GATES - 1,
        required=False,
        help_text="Seconds of the drone's own clock, within a lap.",
    )


class MadeTrackBody(serializers.Serializer[Any]):
    track = TrackSerializer()
    laps = serializers.IntegerField(help_text="How many laps were found in the flight.")
    fastest_s = serializers.FloatField()
    bound = serializers.BooleanField(help_text="Whether the race is on the new track now.")


class TrackFromRaceView(APIView):
    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(tags=["tracks"], request=TrackFromRace, responses={201: MadeTrackBody})
    def post(self, request: Request) -> Response:
        """Make a track of what a drone flew: its closed lap is found, and gates are put along it.

        A race without a track gets it, where the caller directs the race.
        """
        user, body = caller(request), checked(TrackFromRace, request)
        race = selectors.race_for(user, body.pop("race"))
        made = make_track(race=race, by=user, **body)
        answer = {
            "track": track_data(made.track.pk),
            "laps": made.laps,
            "fastest_s": round(made.fastest, 3),
            "bound": made.bound,
        }
        return Response(answer, 201, headers={"Location": f"/api/tracks/{made.track.pk}/"})
