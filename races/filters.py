"""How lists of races and tracks are narrowed down, searched and ordered."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import Model, QuerySet
from django_filters.fields import IsoDateTimeField
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.selectors import MAX_ID
from races.models import Race, Track

LONGEST_SEARCH = 200  # characters
MOST_WORDS = 10  # each is a condition a field, and databases bound the depth of those


class BoundedSearch(SearchFilter):
    """`?search=`: every word must be found, in any of the fields."""

    def get_search_terms(self, request: Request) -> list[str]:
        terms: list[str] = super().get_search_terms(request)
        if len(terms) > MOST_WORDS or sum(map(len, terms)) > LONGEST_SEARCH:
            raise ValidationError({"search": f"At most {MOST_WORDS} words of {LONGEST_SEARCH} characters together."})
        return terms


class SteadyOrdering(OrderingFilter):
    """`?ordering=name` or `-name`; equals by id, so that pages neither repeat nor miss any."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        ordering = self.get_ordering(request, queryset, view)
        return queryset.order_by(*ordering, "id") if ordering else queryset


class WholeNumber(django_filters.Filter):
    """A number of a row; larger than any is nobody's, not an error of the database."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, min_value=1, max_value=MAX_ID, **options)


class Moment(IsoDateTimeField):
    """A date and time that is one in UTC too."""

    def clean(self, value: Any) -> datetime | None:
        try:
            moment: datetime | None = super().clean(value)
            return moment.astimezone(UTC) if moment is not None else None
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class MomentFilter(django_filters.IsoDateTimeFilter):
    field_class = Moment


class RaceFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=Race.Status.choices)
    creator = WholeNumber(field_name="creator_id")
    track = WholeNumber(field_name="track_id")
    drift_map = django_filters.CharFilter(lookup_expr="iexact")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model: type[Model] = Race
        fields = ("saved", "is_public")


class TrackFilter(django_filters.FilterSet):
    creator = WholeNumber(field_name="creator_id")
    drift_map = django_filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model: type[Model] = Track
        fields = ()
