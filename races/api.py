"""/api/races/ and /api/tracks/: the resource API of races. Frames are in telemetry.api, accounts in accounts.api."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.errors import NotFound
from accounts.models import User
from accounts.rest import caller, checked
from races import selectors, services
from races import serializers as bodies
from races.filters import BoundedSearch, RaceFilter, SteadyOrdering, TrackFilter
from races.models import Drone, Participant, Race, Track

FILTERS = (DjangoFilterBackend, BoundedSearch, SteadyOrdering)
# Answers carry an ETag, by which an unchanged one is asked for again as 304; they are the caller's own.
conditional = method_decorator([cache_control(private=True, no_cache=True), conditional_page], name="dispatch")


@extend_schema(tags=["races"])
@conditional
class RacesView(ListAPIView[Race]):
    """The races that the caller may know of."""

    permission_classes = (IsAuthenticatedOrReadOnly,)
    serializer_class = bodies.RaceSerializer
    queryset = Race.objects.none()  # for the schema
    filter_backends = FILTERS
    filterset_class = RaceFilter
    search_fields = ("name", "drift_map", "creator__username")
    ordering_fields = ("created_at", "started_at", "ended_at", "name", "drift_map", "status", "frame_count")
    ordering = ("-created_at",)

    def get_queryset(self) -> QuerySet[Race]:
        return selectors.visible_to(self.request.user).select_related("creator")

    @extend_schema(request=bodies.CreateRace, responses={201: bodies.RaceSerializer})
    def post(self, request: Request) -> Response:
        """Create a race with a UDP port of its own. The caller is its director."""
        body = checked(bodies.CreateRace, request)
        track = selectors.track_by_id(body["track"]) if body["track"] is not None else None
        race = services.create_race(
            creator=caller(request),
            name=body["name"],
            drift_map=body["drift_map"],
            track=track,
            is_public=body["is_public"],
            keys=body["stream_format"],
        )
        return Response(bodies.RaceSerializer(race).data, 201, headers={"Location": f"/api/races/{race.pk}/"})


class OfRace(APIView):
    """A view of one race, or of a part of it."""

    permission_classes = (IsAuthenticatedOrReadOnly,)

    def race(self) -> Race:
        """Give the race of the path; raises NotFound where the caller may not know of it."""
        return selectors.race_for(self.request.user, self.kwargs["race_id"])


@extend_schema(tags=["races"])
@conditional
class RaceView(OfRace):
    @extend_schema(responses=bodies.RaceSerializer)
    def get(self, request: Request, race_id: UUID) -> Response:
        """Give a race."""
        return Response(bodies.RaceSerializer(self.race()).data)

    @extend_schema(request=bodies.ChangeRace, responses=bodies.RaceSerializer)
    def patch(self, request: Request, race_id: UUID) -> Response:
        """Change a race: its director and staff only."""
        race, user, body = self.race(), caller(request), checked(bodies.ChangeRace, request)
        with transaction.atomic():
            if "track" in body:
                number = body.pop("track")
                track = selectors.track_by_id(number) if number is not None else None
                services.set_track(race=race, by=user, track=track)
            services.update_race(race=race, by=user, **body)
        return Response(bodies.RaceSerializer(race).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, race_id: UUID) -> Response:
        """Delete a race that is over, with its frames: staff, or its director where nobody else takes part."""
        services.delete_race(race=self.race(), by=caller(request))
        return Response(status=204)


@extend_schema(tags=["races"])
class EndRaceView(OfRace):
    @extend_schema(request=None, responses=bodies.RaceSerializer)
    def post(self, request: Request, race_id: UUID) -> Response:
        """End a race: its last frames are recorded, its port is free. 409 while it is still saving."""
        race = services.end_race_for(race=self.race(), by=caller(request))
        return Response(bodies.RaceSerializer(race).data)


@extend_schema(tags=["races"])
class SaveRaceView(OfRace):
    @extend_schema(request=bodies.KeepRace, responses=bodies.RaceSerializer)
    def post(self, request: Request, race_id: UUID) -> Response:
        """Keep a race, and say what it is called and who took part. 404 while it has no frames."""
        body = checked(bodies.KeepRace, request)
        race = services.save_race(
            race=self.race(),
            by=caller(request),
            name=body.get("name"),
            drift_map=body.get("drift_map"),
            user_ids=body["participants"],
            may_invite=False,
        )
        return Response(bodies.RaceSerializer(race).data)


@extend_schema(tags=["races"])
class JoinRaceView(OfRace):
    @extend_schema(request=None, responses=bodies.ParticipantSerializer)
    def post(self, request: Request, race_id: UUID) -> Response:
        """Take part as a pilot: in a public race, or in a private one that one is invited to."""
        participant = services.join_race(race=self.race(), by=caller(request))
        return Response(bodies.ParticipantSerializer(participant).data)


@extend_schema(tags=["races"])
class ParticipantsView(OfRace, ListAPIView[Participant]):
    """Who takes part in a race, in the order of their coming."""

    serializer_class = bodies.ParticipantSerializer
    queryset = Participant.objects.none()  # for the schema
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Participant]:
        return self.race().participants.select_related("user").order_by("joined_at", "id")

    @extend_schema(request=bodies.Invitation, responses={201: bodies.ParticipantSerializer})
    def post(self, request: Request, race_id: UUID) -> Response:
        """Invite a user: the race's director and staff only."""
        username = checked(bodies.Invitation, request)["username"]
        guest = services.invite(race=self.race(), by=caller(request), username=username)
        return Response(bodies.ParticipantSerializer(guest).data, 201)


@extend_schema(tags=["races"])
class ParticipantView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, race_id: UUID, user_id: int) -> Response:
        """Take a user off the race: oneself, or for its director anybody. With nobody left the race goes."""
        user = caller(request)
        services.remove_participant(race=selectors.race_left_by(user, race_id), by=user, user_id=user_id)
        return Response(status=204)


@extend_schema(tags=["races"])
@conditional
class DronesView(OfRace, ListAPIView[Drone]):
    """A race's drones by their numbers."""

    serializer_class = bodies.DroneSerializer
    queryset = Drone.objects.none()  # for the schema
    filter_backends = ()
    pagination_class = None

    def get_queryset(self) -> QuerySet[Drone]:
        return self.race().drones.select_related("pilot").order_by("number")


@extend_schema(tags=["races"])
class DroneView(OfRace):
    @extend_schema(request=bodies.ChangeDrone, responses=bodies.DroneSerializer)
    def patch(self, request: Request, race_id: UUID, number: int) -> Response:
        """Name a drone and say who flies it; the race's viewers are told."""
        race, user, body = self.race(), caller(request), checked(bodies.ChangeDrone, request)
        with transaction.atomic():
            drone = selectors.drone_for(race, number)
            if "pilot" in body:
                pilot = pilot_for(race, user, body["pilot"]) if body["pilot"] is not None else None
                drone = services.bind_drone(race=race, number=number, by=user, pilot=pilot)
            if "name" in body:
                drone = services.name_drone(race=race, number=number, by=user, name=body["name"])
        return Response(bodies.DroneSerializer(drone).data)


def pilot_for(race: Race, by: User, user_id: int) -> User:
    pilot = selectors.people_of(race, by, [user_id]).get(user_id)
    if pilot is None:
        raise NotFound("This user takes no part in the race. Invite them by their name.")
    return pilot


@extend_schema(tags=["tracks"])
@conditional
class TracksView(ListAPIView[Track]):
    """All tracks, with their gates."""

    permission_classes = (IsAuthenticatedOrReadOnly,)
    serializer_class = bodies.TrackSerializer
    queryset = Track.objects.select_related("creator").prefetch_related("gates")
    filter_backends = FILTERS
    filterset_class = TrackFilter
    search_fields = ("name", "drift_map", "creator__username")
    ordering_fields = ("name", "drift_map", "created_at")
    ordering = ("name",)

    @extend_schema(request=bodies.CreateTrack, responses={201: bodies.TrackSerializer})
    def post(self, request: Request) -> Response:
        """Create a track. 409 when its map has one of this name."""
        track = services.create_track(by=caller(request), **checked(bodies.CreateTrack, request))
        return Response(track_data(track.pk), 201, headers={"Location": f"/api/tracks/{track.pk}/"})


@extend_schema(tags=["tracks"])
@conditional
class TrackView(APIView):
    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(responses=bodies.TrackSerializer)
    def get(self, request: Request, track_id: int) -> Response:
        """Give a track with its gates in order."""
        return Response(track_data(track_id))

    @extend_schema(request=bodies.ChangeTrack, responses=bodies.TrackSerializer)
    def patch(self, request: Request, track_id: int) -> Response:
        """Change a track: its creator and staff only; 409 while a race on it is active."""
        track = selectors.track_by_id(track_id)
        services.update_track(track=track, by=caller(request), **checked(bodies.ChangeTrack, request))
        return Response(track_data(track_id))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, track_id: int) -> Response:
        """Delete a track: its creator and staff only; races flown on it stay."""
        services.delete_track(track=selectors.track_by_id(track_id), by=caller(request))
        return Response(status=204)


def track_data(track_id: int) -> Any:
    return bodies.TrackSerializer(selectors.track_by_id(track_id)).data
