"""The bodies of what the timing gave, as they arrive and leave."""

from typing import Any, ClassVar

from rest_framework import serializers

from races.models import Ruling
from races.serializers import Person
from races.services.marshalling import LONGEST_LAP_MS, MOST_PENALTY_MS, RULES_ON_DRONES

REASON_LENGTH = 200
LONGEST_RACE_S = 10**7
MOST_DRONE = 65_535


class Who(serializers.Serializer[Any]):
    drone = serializers.IntegerField(help_text="The drone's number.")
    drone_id = serializers.CharField()
    name = serializers.CharField()
    pilot = serializers.CharField(allow_null=True, help_text="A user name.")


class LapBody(Who):
    """A lap. `flaws` is what the engine found, `valid` what counts now. Instants are race seconds."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field's name, and an attribute of every serializer
        ["auto", "manual", "recalc"]
    )
    start_s = serializers.FloatField()
    end_s = serializers.FloatField()
    arrival_s = serializers.FloatField(
        help_text="When the frame arrived that closed it: long after end_s where the drone's clock has fallen behind."
    )
    start_flight = serializers.FloatField(allow_null=True, help_text="The drone's own clock, s.")
    end_flight = serializers.FloatField(allow_null=True)
    duration_ms = serializers.IntegerField()
    sectors_ms = serializers.ListField(child=serializers.IntegerField(allow_null=True))
    valid = serializers.BooleanField()
    flaws = serializers.ListField(child=serializers.ChoiceField(["missed_gates", "short"]))
    missed = serializers.ListField(child=serializers.IntegerField(), help_text="The orders of gates.")
    ruled = serializers.ChoiceField(["", "valid", "invalid"])
    reason = serializers.CharField()
    best = serializers.ChoiceField(["overall", "personal"], allow_null=True)
    samples = serializers.IntegerField()
    max_gap_ms = serializers.IntegerField()
    top_speed = serializers.FloatField(help_text="m/s")


class LapsQuery(serializers.Serializer[Any]):
    drone = serializers.IntegerField(required=False, min_value=1, max_value=MOST_DRONE, help_text="A drone's number.")


class AddLap(serializers.Serializer[Any]):
    drone = serializers.IntegerField(min_value=1, max_value=MOST_DRONE)
    end_s = serializers.FloatField(min_value=0, max_value=LONGEST_RACE_S, help_text="When it ended, race seconds.")
    duration_ms = serializers.IntegerField(min_value=1, max_value=LONGEST_LAP_MS)
    reason = serializers.CharField(max_length=REASON_LENGTH)


class RuleOnLap(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    reason = serializers.CharField(max_length=REASON_LENGTH)


class SplitLap(serializers.Serializer[Any]):
    at_ms = serializers.IntegerField(min_value=1, max_value=LONGEST_LAP_MS, help_text="After the lap's start.")
    reason = serializers.CharField(max_length=REASON_LENGTH)


class RuleOnDrone(serializers.Serializer[Any]):
    """A penalty has `milliseconds`, below 0 to take one back; the others have none."""

    kind = serializers.ChoiceField([str(kind) for kind in RULES_ON_DRONES])
    drone = serializers.IntegerField(min_value=1, max_value=MOST_DRONE)
    milliseconds = serializers.IntegerField(min_value=-MOST_PENALTY_MS, max_value=MOST_PENALTY_MS, required=False)
    reason = serializers.CharField(max_length=REASON_LENGTH)


class RulingBody(serializers.ModelSerializer[Ruling]):
    by = Person(read_only=True, allow_null=True)

    class Meta:
        model = Ruling
        fields: ClassVar = ["id", "kind", "drone", "lap", "milliseconds", "reason", "by", "at"]
        read_only_fields = fields


class StandingLine(serializers.Serializer[Any]):
    """A line of the ranking; the fields are those of the `standings` event in docs/protocol.md."""

    drone = serializers.IntegerField(help_text="The drone's number.")
    place = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(["RUN", "FIN", "DNF", "DNS", "DSQ"])
    laps = serializers.IntegerField()
    total_ms = serializers.IntegerField(allow_null=True)
    penalty_ms = serializers.IntegerField()
    last_ms = serializers.IntegerField(allow_null=True)
    best_ms = serializers.IntegerField(allow_null=True)
    best_lap = serializers.IntegerField(allow_null=True)
    best_possible_ms = serializers.IntegerField(allow_null=True)
    consistency = serializers.FloatField(allow_null=True)
    overall_best = serializers.BooleanField()
    gap_ms = serializers.IntegerField(allow_null=True)
    interval_ms = serializers.IntegerField(allow_null=True)
    laps_down = serializers.IntegerField()
    passed = serializers.IntegerField()
    distance = serializers.FloatField()


class StandingBody(Who, StandingLine):
    """The same, with who flies the drone."""


class NamedRace(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    drift_map = serializers.CharField()
    status = serializers.CharField()


class NamedTrack(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ResultsBody(serializers.Serializer[Any]):
    race = NamedRace()
    track = NamedTrack(allow_null=True)
    standings = StandingBody(many=True)
    laps = LapBody(many=True)
    rulings = RulingBody(many=True)


class RecordBody(Who):
    """A record. `place` is shared by equals."""

    place = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    sectors_ms = serializers.ListField(child=serializers.IntegerField(allow_null=True))
    race = NamedRace()
    lap = serializers.IntegerField(help_text="The lap's id.")
    at = serializers.DateTimeField(help_text="When it was ended.")
