"""What the races' admin can do with recorded frames, which races itself knows nothing of."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from races.admin import RaceAdmin
from races.models import Race
from telemetry.retiming import retime_race

admin.site.unregister(Race)


@admin.register(Race)
class TimedRaceAdmin(RaceAdmin):
    """The races' admin, with timing again."""

    actions = (*RaceAdmin.actions, "time_again")

    @admin.action(description="Time again: on its track as it is now, from the recording", permissions=["view"])
    def time_again(self, request: HttpRequest, queryset: QuerySet[Race]) -> None:
        assert isinstance(request.user, User)  # the admin lets nobody else in
        by = request.user
        self._each(request, list(queryset), "Timed again.", lambda race: retime_race(race=race, by=by))
