"""The bodies of the original's race calls, as they arrive and leave; names are checked by the services."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.selectors import MAX_ID
from accounts.serializers import OriginalAnswer
from races.five_fields import NOBODY
from races.models import Race
from races.selectors import user_ids

NAME_LENGTH = 100
MOST_USERS = 200


class RaceFields(serializers.Serializer[Any]):
    """The five fields of an active race."""

    race_id = serializers.UUIDField()
    race_creator = serializers.IntegerField(help_text="−1: nobody, or a former user")
    udp_port = serializers.IntegerField()
    ws_port = serializers.IntegerField()
    status = serializers.CharField()


# As OpenAPI says it: the five fields under the race's id.
RACE_UNDER_ITS_ID = {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/RaceFields"}}


class RaceList(serializers.Serializer[Any]):
    races = serializers.ListField(child=serializers.DictField(child=RaceFields()))


class UserNumber(serializers.IntegerField):
    """A user's number, or −1 for nobody."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=NOBODY, max_value=MAX_ID, **options)


class SaveRace(serializers.Serializer[Any]):
    race_name = serializers.CharField(max_length=NAME_LENGTH)
    drift_map = serializers.CharField(max_length=NAME_LENGTH)
    user_id = serializers.ListField(child=UserNumber(), max_length=MOST_USERS)


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]})
class UserNumberOrNumbers(serializers.Field[Any, Any, Any, Any]):
    """A user's number, or a list of them, as clients of the original send one or the other."""

    def to_internal_value(self, data: Any) -> int | list[int]:
        field = (
            serializers.ListField(child=UserNumber(), max_length=MOST_USERS) if isinstance(data, list) else UserNumber()
        )
        values: int | list[int] = field.run_validation(data)
        return values

    def to_representation(self, value: Any) -> Any:
        return value


class UpdateRace(serializers.Serializer[Any]):
    race_name = serializers.CharField(max_length=NAME_LENGTH)
    drift_map = serializers.CharField(max_length=NAME_LENGTH)
    user_id = UserNumberOrNumbers(required=False, help_text="Need not be given. One number must be one's own.")


class Saved(OriginalAnswer):
    race_size_bytes = serializers.IntegerField()


class SavedRace(serializers.Serializer[Any]):
    race_id = serializers.UUIDField()
    race_name = serializers.CharField()
    drift_map = serializers.CharField()
    created_at = serializers.DateTimeField()
    user_id = serializers.ListField(child=serializers.IntegerField())
    race_size_bytes = serializers.IntegerField()


class SavedRaces(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="success")
    races = SavedRace(many=True)


def saved_race(race: Race) -> dict[str, Any]:
    """Give a saved race as the original's clients read it; its participants are best prefetched."""
    return {
        "race_id": str(race.pk),
        "race_name": race.name,
        "drift_map": race.drift_map,
        "created_at": race.created_at.isoformat(),
        "user_id": user_ids(race),
        "race_size_bytes": race.byte_count,
    }
