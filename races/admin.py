"""Races and drones for the operator: to look at, and to put names right once a race has ended.

Races are made, ended and deleted by the services, which also look after ports and frames; so the admin does none of it.
"""

from typing import ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat

from races.models import Drone, Race


class NeitherAddedNorDeleted:
    """Rows that only the services make and delete."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class DroneInline(NeitherAddedNorDeleted, admin.TabularInline):  # type: ignore[type-arg]  # generic in the stubs only
    """The drones of a race; their names can be changed once it has ended."""

    model = Drone
    extra = 0
    fields = ("number", "name", "drone_id", "pilot", "frame_count", "velocity_derived")
    readonly_fields = ("number", "drone_id", "pilot", "frame_count", "velocity_derived")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drone]:
        return super().get_queryset(request).select_related("race", "pilot")

    # Django asks an inline about the race it stands in.
    def has_change_permission(self, request: HttpRequest, obj: Race | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _holds_port(obj)


@admin.register(Race)
class RaceAdmin(NeitherAddedNorDeleted, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Every race with its size; read-only while it is active, since the ingest process writes to it then."""

    list_display = (
        "name",
        "drift_map",
        "status",
        "udp_port",
        "creator",
        "is_public",
        "drones_seen",
        "frame_count",
        "size",
        "created_at",
    )
    list_filter = ("status", "is_public", "saved", "created_at")
    list_select_related = ("creator",)
    search_fields = ("name", "drift_map", "creator__username")
    search_help_text = "Name, map, creator, or the race's ID."
    date_hierarchy = "created_at"
    show_full_result_count = False
    fields: ClassVar = [
        "id",
        "name",
        "drift_map",
        "is_public",
        "creator",
        ("status", "saved", "udp_port"),
        "problem",
        "stream_format",
        ("created_at", "started_at", "last_frame_at", "ended_at"),
        ("frame_count", "size"),
    ]
    readonly_fields = (
        "id",
        "creator",
        "status",
        "saved",
        "udp_port",
        "problem",
        "stream_format",
        "created_at",
        "started_at",
        "last_frame_at",
        "ended_at",
        "frame_count",
        "size",
    )
    inlines: ClassVar = [DroneInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Race]:
        races: QuerySet[Race] = super().get_queryset(request)
        return races.select_related("creator").annotate(drone_count=Count("drones"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Race], search_term: str
    ) -> tuple[QuerySet[Race], bool]:
        try:
            return queryset.filter(pk=UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    def has_change_permission(self, request: HttpRequest, obj: Race | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _holds_port(obj)

    @admin.display(description="drones", ordering="drone_count")
    def drones_seen(self, race: Race) -> int:
        count: int = race.drone_count  # type: ignore[attr-defined]  # annotated in get_queryset
        return count

    @admin.display(description="size", ordering="byte_count")
    def size(self, race: Race) -> str:
        return filesizeformat(race.byte_count)


@admin.register(Drone)
class DroneAdmin(NeitherAddedNorDeleted, admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Every drone seen, to find a sender's address in all races."""

    list_display = ("__str__", "race", "number", "drone_id", "pilot", "frame_count", "velocity_derived")
    list_filter = ("race__status", "velocity_derived")
    list_select_related = ("race", "pilot")
    search_fields = ("name", "drone_id", "pilot__username", "race__name")
    show_full_result_count = False
    fields = ("race", "number", "name", "drone_id", "pilot", "frame_count", "velocity_derived")
    readonly_fields = ("race", "number", "drone_id", "pilot", "frame_count", "velocity_derived")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drone]:
        return super().get_queryset(request).select_related("race", "pilot")

    def has_change_permission(self, request: HttpRequest, obj: Drone | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj is not None and _holds_port(obj.race))


def _holds_port(race: Race | None) -> bool:
    return race is not None and race.status in Race.HOLDS_PORT
