"""What a service refuses, told to the person in the admin instead of a server error."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.errors import Refused

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:  # mixed into an admin class, generic for the type checker only
    Base = object


class RefusalsAsMessages(Base):
    """Mixed into a ModelAdmin: an accounts.errors.Refused becomes a message, and nothing is changed."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        show = super().changelist_view
        return _told(request, lambda: show(request, extra_context), "")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        show = super().changeform_view
        return _told(request, lambda: show(request, object_id, form_url, extra_context), "")

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        show = super().delete_view
        return _told(request, lambda: show(request, object_id, extra_context), "../change/")


def _told(request: HttpRequest, show: Callable[[], HttpResponse], otherwise: str) -> HttpResponse:
    try:
        return show()
    except Refused as refusal:
        messages.error(request, refusal.detail)
        return HttpResponseRedirect(otherwise or request.get_full_path())
