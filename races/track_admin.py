"""Tracks for the operator: to find, to name, to move gates. They are made by flying, by import or over the API."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms import Form
from django.http import HttpRequest

from accounts.admin_refusals import RefusalsAsMessages
from accounts.models import User
from races.models import Gate, Track
from races.services import tracks

if TYPE_CHECKING:
    TrackBase = admin.ModelAdmin[Track]
    GatesBase = admin.TabularInline[Gate, Track]
else:  # generic for the type checker only
    TrackBase = admin.ModelAdmin
    GatesBase = admin.TabularInline

GATE_VALUES = ("x", "y", "z", "yaw", "pitch", "width", "height", "label", "sector_end")


class GateInline(GatesBase):
    """The gates of a track, in their order."""

    model = Gate
    extra = 0
    fields = ("order", *GATE_VALUES)
    ordering = ("order",)


@admin.register(Track)
class TrackAdmin(RefusalsAsMessages, TrackBase):
    """Every track; changes go through the services, which keep tracks of running races as they are."""

    list_display = ("name", "drift_map", "gate_count", "race_count", "creator", "created_at")
    list_filter = ("drift_map", "start_mode")
    list_select_related = ("creator",)
    search_fields = ("name", "drift_map", "creator__username")
    show_full_result_count = False
    fields = ("name", "drift_map", "start_mode", "min_lap", "laps", ("time_limit", "grace"), "creator", "created_at")
    readonly_fields = ("creator", "created_at")
    inlines = (GateInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        counted = {"gates_there": Count("gates", distinct=True), "races_flown": Count("races", distinct=True)}
        tracks_shown: QuerySet[Track] = super().get_queryset(request).annotate(**counted)
        return tracks_shown

    @admin.display(description="gates", ordering="gates_there")
    def gate_count(self, track: Track) -> int:
        count: int = track.gates_there  # type: ignore[attr-defined]  # annotated in get_queryset
        return count

    @admin.display(description="races", ordering="races_flown")
    def race_count(self, track: Track) -> int:
        count: int = track.races_flown  # type: ignore[attr-defined]  # annotated in get_queryset
        return count

    def save_model(self, request: HttpRequest, obj: Track, form: Form, change: bool) -> None:
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        tracks.update_track(track=_stored(obj), by=_staff(request), **changed)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)  # fills what the history tells: changed_objects, new_objects, deleted_objects
        if not formset.has_changed():
            return
        rows = [row.cleaned_data for row in formset.forms if row.cleaned_data and not row.cleaned_data.get("DELETE")]
        gates: Any = [{name: row[name] for name in GATE_VALUES} for row in sorted(rows, key=lambda row: row["order"])]
        tracks.update_track(track=_stored(form.instance), by=_staff(request), gates=gates)

    def delete_model(self, request: HttpRequest, obj: Track) -> None:
        tracks.delete_track(track=obj, by=_staff(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        # All of them or none: the page tells of one refusal.
        with transaction.atomic():
            for track in queryset:
                self.delete_model(request, track)


def _stored(track: Track) -> Track:
    return Track.objects.get(pk=track.pk)


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin lets nobody else in
    return request.user
