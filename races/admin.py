"""Races and drones for the operator: to find, to look at, to end, save and delete, and to put names right.

An active race is read-only, since the ingest process writes to it. Every change goes through the services, which look
after ports and frames; what staff do is kept as LogEntry.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.forms import Form
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html

from accounts.admin_refusals import RefusalsAsMessages
from accounts.errors import Refused
from accounts.models import User
from races import rules, services, track_admin
from races.models import Drone, Participant, Race

if TYPE_CHECKING:
    RaceBase = admin.ModelAdmin[Race]
    DroneBase = admin.ModelAdmin[Drone]
    DronesBase = admin.TabularInline[Drone, Race]
    ParticipantsBase = admin.TabularInline[Participant, Race]
else:  # generic for the type checker only
    RaceBase = DroneBase = admin.ModelAdmin
    DronesBase = ParticipantsBase = admin.TabularInline


__all__ = ["track_admin"]  # registered here, where Django looks


class NeverAdded:
    """Rows that only the services and the recorder make."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class NeverDeleted:
    """Rows that go with their race."""

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class DroneInline(NeverAdded, NeverDeleted, DronesBase):
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


class ParticipantInline(NeverAdded, NeverDeleted, ParticipantsBase):
    """Who takes part in a race, to look at."""

    model = Participant
    extra = 0
    fields = ("user", "role", "joined_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participant]:
        return super().get_queryset(request).select_related("race", "user")

    def has_change_permission(self, request: HttpRequest, obj: Race | None = None) -> bool:
        return False


@admin.register(Race)
class RaceAdmin(RefusalsAsMessages, NeverAdded, RaceBase):
    """Every race with its size."""

    list_display = (
        "name", "drift_map", "status", "udp_port", "creator", "is_public", "drones_seen", "frame_count", "size",
        "created_at", "page",
    )  # fmt: skip
    list_filter = ("status", "is_public", "saved", "created_at")
    list_select_related = ("creator",)
    search_fields = ("name", "drift_map", "creator__username")
    search_help_text = "Name, map, creator, or the race's ID."
    date_hierarchy = "created_at"
    show_full_result_count = False
    actions: Sequence[str] = ("end", "save_races")
    fields: ClassVar = [
        "id", "name", "drift_map", "is_public", "creator", "track", ("status", "saved", "udp_port"), "problem",
        "stream_format", ("created_at", "started_at", "last_frame_at", "ended_at"), ("frame_count", "size"),
    ]  # fmt: skip
    readonly_fields = (
        "id", "creator", "track", "status", "saved", "udp_port", "problem", "stream_format", "created_at", "started_at",
        "last_frame_at", "ended_at", "frame_count", "size",
    )  # fmt: skip
    inlines: ClassVar = [DroneInline, ParticipantInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Race]:
        races: QuerySet[Race] = super().get_queryset(request)
        # Counted for the rows of the page alone; a join would count the drones of all races.
        drones = Drone.objects.filter(race=OuterRef("pk")).order_by().values("race").annotate(count=Count("pk"))
        counted = Coalesce(Subquery(drones.values("count")), 0)
        return races.select_related("creator", "track").annotate(drone_count=counted)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Race], search_term: str
    ) -> tuple[QuerySet[Race], bool]:
        try:
            return queryset.filter(pk=UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    def has_change_permission(self, request: HttpRequest, obj: Race | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _holds_port(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Race | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _holds_port(obj)

    @admin.display(description="drones", ordering="drone_count")
    def drones_seen(self, race: Race) -> int:
        count: int = race.drone_count  # type: ignore[attr-defined]  # annotated in get_queryset
        return count

    @admin.display(description="size", ordering="byte_count")
    def size(self, race: Race) -> str:
        return filesizeformat(race.byte_count)

    @admin.display(description="page")
    def page(self, race: Race) -> str:
        return format_html('<a href="{}">{}</a>', self.view_on_site(race), "live" if race.is_active else "open")

    def view_on_site(self, race: Race) -> str:
        return reverse("race", args=[race.pk])

    @admin.action(description="End: record the last frames, free the port", permissions=["view"])
    def end(self, request: HttpRequest, queryset: QuerySet[Race]) -> None:
        races = list(queryset)
        for race in races:  # all at once, so that the waiting is once
            rules.need_director(_staff(request), race)
            services.ask_to_end(race_id=race.pk)
        self._each(request, races, "Ended.", lambda race: services.end_race_for(race=race, by=_staff(request)))

    @admin.action(description="Save: keep, with what is recorded", permissions=["view"])
    def save_races(self, request: HttpRequest, queryset: QuerySet[Race]) -> None:
        self._each(request, list(queryset), "Saved.", lambda race: services.save_race(race=race, by=_staff(request)))

    def _each(self, request: HttpRequest, races: list[Race], said: str, act: Callable[[Race], object]) -> None:
        for race in races:
            try:
                act(race)
            except Refused as refusal:
                self.message_user(request, f"{race.name}: {refusal.detail}", messages.ERROR)
            else:
                self.log_change(request, race, said)
                self.message_user(request, f"{race.name}: {said}", messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: Race, form: Form, change: bool) -> None:
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        kept = Race.objects.select_related("track").get(pk=obj.pk)
        services.update_race(race=kept, by=_staff(request), **changed)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        _name_drones(request, formset)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Say what goes with the races, frames counted; races that are not over stand in the way."""
        races = list(objs)
        total = Race.objects.filter(pk__in=[race.pk for race in races]).aggregate(frames=Sum("frame_count", default=0))
        going = [f"{race.name} ({race.drift_map}, {race.frame_count:,} frames, {self.size(race)})" for race in races]
        counts = {"races": len(races), "frames": total["frames"]}
        active = [f"{race.name}: {rules.END_FIRST}" for race in races if _holds_port(race)]
        lacking = set() if super().has_delete_permission(request) else {"race"}
        return going, counts, lacking, active

    def delete_model(self, request: HttpRequest, obj: Race) -> None:
        rules.need_over(obj)
        # After the page's transaction: the frames, which may be millions, go in bounded steps of their own.
        transaction.on_commit(partial(services.delete_race, race=obj, by=_staff(request)))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Race]) -> None:
        for race in queryset:
            self.delete_model(request, race)


@admin.register(Drone)
class DroneAdmin(RefusalsAsMessages, NeverAdded, NeverDeleted, DroneBase):
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

    def save_model(self, request: HttpRequest, obj: Drone, form: Form, change: bool) -> None:
        services.name_drone(race=obj.race, number=obj.number, by=_staff(request), name=obj.name)


def _name_drones(request: HttpRequest, formset: Any) -> None:
    formset.save(commit=False)  # fills what the history tells: changed_objects, new_objects, deleted_objects
    changed = [(drone, fields) for drone, fields in formset.changed_objects if isinstance(drone, Drone)]
    for drone, _ in changed:
        services.name_drone(race=drone.race, number=drone.number, by=_staff(request), name=drone.name)


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin lets nobody else in
    return request.user


def _holds_port(race: Race | None) -> bool:
    return race is not None and race.status in Race.HOLDS_PORT
