"""The forms of pages are UTF-8, as browsers send them."""

import codecs
from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.middleware.csrf import CsrfViewMiddleware


class PageForms(CsrfViewMiddleware):
    """Django's check of a form's CSRF token, which is the first to read a form, and 400 for one in another charset.

    Django lets a Content-Type name any codec of Python's, and not all of them are charsets. It refuses such a form
    itself, but anew each time that somebody reads it, the page that says so included; and not every kind of form.
    REST calls are exempt, as from the token: drift_site.parsers reads what is sent to them.
    """

    def process_request(self, request: HttpRequest) -> None:
        if charset(request):
            request.encoding = "utf-8"
        super().process_request(request)

    def process_view(
        self,
        request: HttpRequest,
        callback: Callable[..., HttpResponseBase],
        callback_args: tuple[Any, ...],
        callback_kwargs: dict[str, Any],
    ) -> Any:
        named = charset(request)
        if named and request.method == "POST" and not getattr(callback, "csrf_exempt", False) and not is_utf8(named):
            request.POST = QueryDict()  # so that nobody reads it after all
            raise BadRequest("A form must be UTF-8.")
        return super().process_view(request, callback, callback_args, callback_kwargs)


def charset(request: HttpRequest) -> str:
    """Give the charset that the request's Content-Type names, or ''."""
    return (request.content_params or {}).get("charset", "")


def is_utf8(name: str) -> bool:
    """Tell whether a name is one of the many of UTF-8, or of nothing, which is taken for none."""
    try:
        return codecs.lookup(name).name == "utf-8"
    except LookupError:
        return True
