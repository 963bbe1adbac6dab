"""The bodies of /api/tracks/ and /api/races/, as they arrive and leave. Names are checked by the services."""

from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from races.bodies import MOST_USERS, NAME_LENGTH, UserNumber
from races.models import Drone, Gate, Participant, Race, Track
from races.services.tracks import FARTHEST, LARGEST, LONGEST_LAP, LONGEST_RACE, MOST_GATES, MOST_LAPS
from races.stream_format import DEFAULT_FORMAT, known_keys

DRONE_NAME_LENGTH = 50
LABEL_LENGTH = 50


class Person(serializers.ModelSerializer[User]):
    """A user as others see them."""

    class Meta:
        model = User
        fields: ClassVar = ["id", "username"]
        read_only_fields = fields


# --- tracks


class GateBody(serializers.ModelSerializer[Gate]):
    """A gate: its centre (m), where it faces (degrees), its size (m). `order` counts from 1: start/finish."""

    x = serializers.FloatField(min_value=-FARTHEST, max_value=FARTHEST)
    y = serializers.FloatField(min_value=-FARTHEST, max_value=FARTHEST)
    z = serializers.FloatField(min_value=-FARTHEST, max_value=FARTHEST)
    yaw = serializers.FloatField(min_value=-360, max_value=360, default=0.0)
    pitch = serializers.FloatField(min_value=-90, max_value=90, default=0.0)
    width = serializers.FloatField(min_value=0.01, max_value=LARGEST)
    height = serializers.FloatField(min_value=0.01, max_value=LARGEST)
    label = serializers.CharField(  # type: ignore[assignment]  # a field's name, and an attribute of every serializer
        max_length=LABEL_LENGTH, allow_blank=True, default=""
    )

    class Meta:
        model = Gate
        fields: ClassVar = ["order", "x", "y", "z", "yaw", "pitch", "width", "height", "label", "sector_end"]
        read_only_fields: ClassVar = ["order"]


class TrackSerializer(serializers.ModelSerializer[Track]):
    creator = Person(read_only=True, allow_null=True)
    gates = GateBody(many=True, read_only=True)
    min_lap, grace = (serializers.DecimalField(8, 3, coerce_to_string=False, read_only=True) for _ in range(2))
    time_limit = serializers.DecimalField(8, 3, coerce_to_string=False, read_only=True, allow_null=True)

    class Meta:
        model = Track
        fields: ClassVar = [
            "id", "name", "drift_map", "creator", "created_at", "min_lap", "start_mode", "laps", "time_limit", "grace",
            "gates",
        ]  # fmt: skip
        read_only_fields = fields


class Seconds(serializers.DecimalField):
    """Seconds to the ms, as a number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=8, decimal_places=3, coerce_to_string=False, **options)


class TrackRulesBody(serializers.Serializer[Any]):
    """How a race on the track goes: over `laps`, or over `time_limit` (s) and then `grace` (s), or open."""

    min_lap = Seconds(min_value=0, max_value=LONGEST_LAP, required=False, help_text="Shorter laps do not count, s.")
    start_mode = serializers.ChoiceField(Track.StartMode.choices, required=False)
    laps = serializers.IntegerField(min_value=1, max_value=MOST_LAPS, allow_null=True, required=False)
    time_limit = Seconds(min_value=Decimal("0.001"), max_value=LONGEST_RACE, allow_null=True, required=False)
    grace = Seconds(min_value=0, max_value=LONGEST_RACE, required=False)


class CreateTrack(TrackRulesBody):
    """The gates are in the order in which they are flown; the first is start and finish."""

    name = serializers.CharField(max_length=NAME_LENGTH)
    drift_map = serializers.CharField(max_length=NAME_LENGTH, default="arena")
    gates = serializers.ListField(child=GateBody(), min_length=1, max_length=MOST_GATES)


class ChangeTrack(TrackRulesBody):
    """What is left out stays; `gates` takes the place of them all."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    drift_map = serializers.CharField(max_length=NAME_LENGTH, required=False)
    gates = serializers.ListField(child=GateBody(), min_length=1, max_length=MOST_GATES, required=False)


# --- races


@extend_schema_field({"type": "array", "items": {"type": "string", "enum": known_keys()}})
class StreamFormatField(serializers.JSONField):
    """The StreamFormat keys of the senders, in order."""


class RaceSerializer(serializers.ModelSerializer[Race]):
    creator = Person(read_only=True, allow_null=True)
    stream_format = StreamFormatField(read_only=True)

    class Meta:
        model = Race
        fields: ClassVar = [
            "id", "name", "drift_map", "track", "creator", "is_public", "status", "saved", "udp_port", "problem",
            "stream_format", "created_at", "started_at", "last_frame_at", "ended_at", "frame_count", "byte_count",
        ]  # fmt: skip
        read_only_fields = fields


class CreateRace(serializers.Serializer[Race]):
    name = serializers.CharField(max_length=NAME_LENGTH, default="race")
    drift_map = serializers.CharField(max_length=NAME_LENGTH, default="arena", help_text="With a track, the track's.")
    track = serializers.IntegerField(min_value=1, allow_null=True, default=None)
    is_public = serializers.BooleanField(default=True)
    stream_format = serializers.ListField(
        child=serializers.ChoiceField(known_keys()), default=list(DEFAULT_FORMAT), allow_empty=False, max_length=40
    )


class ChangeRace(serializers.Serializer[Race]):
    """What is left out stays."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    drift_map = serializers.CharField(max_length=NAME_LENGTH, required=False)
    track = serializers.IntegerField(min_value=1, allow_null=True, required=False, help_text="Until the first frame.")
    is_public = serializers.BooleanField(required=False)


class KeepRace(serializers.Serializer[Race]):
    """Everything may be left out."""

    name = serializers.CharField(max_length=NAME_LENGTH, required=False)
    drift_map = serializers.CharField(max_length=NAME_LENGTH, required=False)
    participants = serializers.ListField(
        child=UserNumber(), max_length=MOST_USERS, default=list, help_text="Who is a guest, of those who take part."
    )


class ParticipantSerializer(serializers.ModelSerializer[Participant]):
    user = Person(read_only=True)

    class Meta:
        model = Participant
        fields: ClassVar = ["user", "role", "joined_at"]
        read_only_fields = fields


class Invitation(serializers.Serializer[Participant]):
    username = serializers.CharField(max_length=150)


class DroneSerializer(serializers.ModelSerializer[Drone]):
    pilot = Person(read_only=True, allow_null=True)

    class Meta:
        model = Drone
        fields: ClassVar = ["number", "drone_id", "name", "pilot", "velocity_derived", "frame_count"]
        read_only_fields = fields


class ChangeDrone(serializers.Serializer[Any]):
    """What is left out stays; a blank name takes it away, `null` says that nobody flies the drone."""

    name = serializers.CharField(max_length=DRONE_NAME_LENGTH, allow_blank=True, required=False)
    pilot = serializers.IntegerField(
        min_value=1, allow_null=True, required=False, help_text="One's own id, or that of somebody who takes part."
    )
