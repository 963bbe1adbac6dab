"""The page on which a race is created."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.errors import Refused
from accounts.models import User
from races import names, services
from races.bodies import NAME_LENGTH
from races.models import Race, Track


class RaceForm(forms.Form):
    """What a race is created with; its stream format is the usual one."""

    name = forms.CharField(
        max_length=NAME_LENGTH, widget=forms.TextInput({"autofocus": True, "autocomplete": "off"}), initial="race"
    )
    track = forms.ModelChoiceField(
        Track.objects.order_by("drift_map", "name"),
        required=False,
        empty_label="None: laps are not timed",
        help_text="On a track laps are timed. A track is made by flying it, also during the race.",
    )
    drift_map = forms.CharField(
        label="Map",
        max_length=NAME_LENGTH,
        initial="arena",
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text="Where the race is flown. With a track it is the track's.",
    )
    is_public = forms.TypedChoiceField(
        label="Who may watch",
        choices=[("yes", "Everybody"), ("no", "Only those who are invited")],
        initial="yes",
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        if data and data.get("track"):
            self.fields["drift_map"].required = False

    def clean_name(self) -> str:
        return _checked(names.race_name, self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("track") is None and "drift_map" in cleaned:
            try:
                cleaned["drift_map"] = _checked(names.map_name, cleaned["drift_map"])
            except ValidationError as error:
                self.add_error("drift_map", error)
        return cleaned

    def create(self, creator: User) -> Race:
        """Create the race; raises what services.create_race raises."""
        return services.create_race(creator=creator, **self.cleaned_data)


def _checked(check: Any, text: str) -> str:
    try:
        name: str = check(text)
    except Refused as refusal:
        raise ValidationError(refusal.detail) from None
    return name


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def new_race(request: HttpRequest) -> HttpResponse:
    """Create a race, and go on to its page, which says where to send."""
    user = request.user
    assert isinstance(user, User)
    form = RaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            race = form.create(user)
        except Refused as refusal:
            form.add_error(None, refusal.detail)
        else:
            return redirect("race", race.pk)
    return render(request, "drift_site/new_race.html", {"form": form})
