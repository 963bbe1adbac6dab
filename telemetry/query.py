"""Parameters that several calls about frames take."""

from typing import Any

from rest_framework import serializers


class NumberList(serializers.CharField):
    """Drones' numbers, separated by commas."""

    def to_internal_value(self, data: Any) -> Any:
        words = super().to_internal_value(data).split(",")
        if not all(word.isascii() and word.isdigit() and len(word) < 6 for word in words):
            raise serializers.ValidationError("Drones' numbers, separated by commas: 1,3")
        return frozenset(map(int, words))
