"""The original's race calls, as its Unity client makes them. Those that give frames are in telemetry.legacy."""

from uuid import UUID

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import SIGN_IN, acting_user
from accounts.errors import NotSignedIn
from accounts.models import User
from accounts.rest import OriginalView, caller, checked, success
from accounts.serializers import OriginalAnswer
from races import bodies, selectors, services
from races.five_fields import five_fields
from races.models import Race

USER_IN_PATH = OpenApiParameter("user_id", OpenApiTypes.INT, OpenApiParameter.PATH)
USER_IN_QUERY = OpenApiParameter("user_id", OpenApiTypes.INT, description="The signed-in user; may be left out.")


def actor(request: Request, user_id: object) -> User:
    """Give the user who calls, whom `user_id` must name where it is given."""
    user = acting_user(request, user_id)
    if user is None:
        raise NotSignedIn(SIGN_IN)
    return user


def director(request: Request, race_id: UUID, user_id: object = None) -> tuple[Race, User]:
    """Give a race and the user who calls: `user_id` where it is given and no list.

    With DRIFT_TRUST_CLIENT_USER_ID, nobody signed in and nobody named, the race's creator is taken to be calling:
    the original asked nobody.
    """
    if user_id is not None and not isinstance(user_id, list):
        user = actor(request, user_id)
        return selectors.race_for(user, race_id), user
    if settings.DRIFT_TRUST_CLIENT_USER_ID and not isinstance(request.user, User):
        race = Race.objects.select_related("track").filter(pk=race_id).first()
        if race is not None and race.creator_id is not None:
            return race, actor(request, race.creator_id)
    user = caller(request)
    return selectors.race_for(user, race_id), user


@extend_schema(tags=["original"])
class CreateRaceView(OriginalView):
    @extend_schema(parameters=[USER_IN_QUERY], request=None, responses={200: bodies.RACE_UNDER_ITS_ID})
    def post(self, request: Request) -> Response:
        """Create a race with a UDP port of its own; gives its five fields under its id."""
        race = services.create_race(creator=actor(request, request.query_params.get("user_id")))
        return Response({str(race.pk): five_fields(race)})


@extend_schema(tags=["original"])
class ListRacesView(OriginalView):
    @extend_schema(responses=bodies.RaceList)
    def get(self, request: Request) -> Response:
        """List the active races that the caller may know of."""
        return Response({"races": [{str(race.pk): five_fields(race)} for race in selectors.listed_for(request.user)]})


@extend_schema(tags=["original"])
class WatchRaceView(OriginalView):
    @extend_schema(parameters=[USER_IN_PATH], responses=bodies.RaceFields)
    def get(self, request: Request, race_id: UUID, user_id: str) -> Response:
        """Give the port of a race's stream; a user who watches a public race takes part in it. −1: nobody."""
        user = acting_user(request, user_id, anonymous=True)
        race = selectors.race_for(user, race_id)
        services.watch_race(race=race, user=user)
        return Response(five_fields(race))


@extend_schema(tags=["original"])
class SaveRaceView(OriginalView):
    @extend_schema(request=bodies.SaveRace, responses=bodies.Saved)
    def post(self, request: Request, race_id: UUID) -> Response:
        """Name a race and keep it; `user_id` are those who took part. 404 while it has no frames."""
        race, user = director(request, race_id)
        body = checked(bodies.SaveRace, request)
        saved = services.save_race(
            race=race, by=user, name=body["race_name"], drift_map=body["drift_map"], user_ids=body["user_id"]
        )
        return success("Race saved.", race_size_bytes=saved.byte_count)


@extend_schema(tags=["original"])
class EndRaceView(OriginalView):
    @extend_schema(responses={200: OriginalAnswer})
    def delete(self, request: Request, race_id: UUID) -> Response:
        """End a race: its frames are saved, its port is free, its viewers are told."""
        race, user = director(request, race_id)
        services.end_race_for(race=race, by=user)
        return success("Race ended.")


@extend_schema(tags=["original"])
class SavedRacesView(OriginalView):
    @extend_schema(responses=bodies.SavedRaces)
    def get(self, request: Request) -> Response:
        """List the saved races that the caller may read."""
        races = selectors.saved_for(request.user)
        return Response({"status": "success", "races": [bodies.saved_race(race) for race in races]})


@extend_schema(tags=["original"])
class UserRacesView(OriginalView):
    @extend_schema(parameters=[USER_IN_PATH], responses=bodies.SavedRaces)
    def get(self, request: Request, user_id: str) -> Response:
        """List the saved races that the user created or took part in."""
        races = selectors.saved_with(actor(request, user_id))
        return Response({"status": "success", "races": [bodies.saved_race(race) for race in races]})


@extend_schema(tags=["original"])
class UpdateRaceView(OriginalView):
    @extend_schema(request=bodies.UpdateRace, responses=OriginalAnswer)
    def put(self, request: Request, race_id: UUID) -> Response:
        """Change a race's name and map."""
        body = checked(bodies.UpdateRace, request)
        race, user = director(request, race_id, body.get("user_id"))
        services.update_race(race=race, by=user, name=body["race_name"], drift_map=body["drift_map"])
        return success("Race updated.")


@extend_schema(tags=["original"])
class DeleteRaceView(OriginalView):
    @extend_schema(parameters=[USER_IN_PATH], responses={200: OriginalAnswer})
    def delete(self, request: Request, race_id: UUID, user_id: str) -> Response:
        """Take the user off a race; with nobody left the race and its frames go."""
        user = actor(request, user_id)
        services.leave_race(race=selectors.race_left_by(user, race_id), user=user)
        return success("Race deleted.")
