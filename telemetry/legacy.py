"""The original's calls that give frames, and those that say that the server is there."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import orjson
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, connection
from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import NotFound
from accounts.rest import OriginalView
from races import bodies, selectors
from races.models import Race
from telemetry import reading, storage
from telemetry.batches import Batch
from telemetry.clock import epoch_us, from_epoch_us
from telemetry.frames import FrameArray

CHUNK = 500  # frames made into text at once: some 300 KB, and a few ms of the event loop


class ReplayedRace(bodies.SavedRace):
    flight_packet = serializers.CharField(help_text="A JSON array of strings, each one frame's JSON.")


class Replay(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="success")
    race = ReplayedRace()


class LatestFrame(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="success")
    data = serializers.DictField()  # type: ignore[assignment]  # a field's name, and an attribute of every serializer


class Health(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="healthy")


class Hello(serializers.Serializer[Any]):
    message = serializers.CharField()


@extend_schema(tags=["original"])
class ReplayRaceView(OriginalView):
    @extend_schema(responses=Replay)
    def get(self, request: Request, race_id: UUID) -> StreamingHttpResponse:
        """Give a race with all of its frames, as the original's player reads them."""
        race = selectors.race_for(request.user, race_id)
        parts = replay_json(race, dict(race.drones.values_list("number", "drone_id")))
        return StreamingHttpResponse(reading.in_steps(parts), content_type="application/json")


@extend_schema(tags=["original"])
class TelemetryView(OriginalView):
    @extend_schema(responses=LatestFrame)
    def get(self, request: Request) -> Response:
        """Give the newest frame of all public races, as the columns of the table; 404 while there is none."""
        races = selectors.visible_to(AnonymousUser()).filter(last_frame_at__isnull=False)
        race = races.order_by("-last_frame_at").first()
        frame = reading.latest_frame(race.pk) if race is not None else None
        if race is None or frame is None:
            raise NotFound("No frame has been recorded yet.")
        return Response({"status": "success", "data": flat_columns(race, frame)})


@extend_schema(tags=["original"])
class HealthView(OriginalView):
    authentication_classes = ()

    @extend_schema(responses=Health)
    def get(self, request: Request) -> Response:
        """Say that the server works; 503 while its database does not answer."""
        try:
            connection.ensure_connection()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            return Response({"detail": "The database does not answer."}, status=503)
        return Response({"status": "healthy"})


@extend_schema(tags=["original"])
class TestView(OriginalView):
    authentication_classes = ()

    @extend_schema(responses=Hello)
    def get(self, request: Request) -> Response:
        """Say hello, whatever state the database is in."""
        return Response({"message": "DRIFT is running."})


def replay_json(race: Race, drone_ids: dict[int, str]) -> Iterator[bytes]:
    """Give the answer of /replay_race in parts: however long the race, few of its frames are held at once."""
    yield orjson.dumps({"status": "success", "race": bodies.saved_race(race)})[:-2] + b',"flight_packet":"['
    start = epoch_us(race.started_at) if race.started_at else 0
    comma = ""
    for frames in reading.frames_of(race.pk):
        for cut in range(0, len(frames), CHUNK):
            texts = Batch(0, start, drone_ids, frames[cut : cut + CHUNK]).original_texts
            # A list of JSON texts as JSON, and that as the inside of a JSON string.
            packet = comma + orjson.dumps(texts)[1:-1].decode()
            yield orjson.dumps(packet)[1:-1]
            comma = ","
    yield b']"}}'


def flat_columns(race: Race, frame: FrameArray) -> dict[str, Any]:
    """Give one frame (an array of one) as the original's columns; what is absent is 0, of the attitude the identity."""
    drone = race.drones.get(number=int(frame["drone"][0]))
    columns: dict[str, Any] = {
        "time": from_epoch_us(int(frame["time"][0])).isoformat(),
        "race_id": str(race.pk),
        "drone_id": drone.drone_id,
        "motor_count": int(frame["motor_count"][0]),
    }
    no_attitude = bool(np.isnan(frame["attitude"][0, 3]))
    for column in storage.MEASURED:
        value = storage.values(frame, column)
        # The shortest text of the float32, as everywhere.
        columns[column.name] = orjson.loads(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY))[0] or 0.0
    if no_attitude:
        columns["attitude_w"] = 1.0
    return columns
