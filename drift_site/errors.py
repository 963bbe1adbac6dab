"""The one place where errors become answers: `{"detail": "..."}` with the right status for every program."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_handler
from rest_framework.views import set_rollback

from accounts.errors import NotSignedIn, Refused, TryLater

TOO_LARGE = "The request's body is too large."
MALFORMED = "The request is malformed."
STALE_FORM = "This form is too old, or your browser keeps no cookies. Go back, reload the page and send it again."
FAILED = "The server failed to answer this. The failure is in its log."


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer what a REST view raised; None lets Django answer 500 and log it.

    A view with `plain_errors = True` gets field errors as one text, as the original's clients expect.
    """
    if isinstance(error, Refused):
        set_rollback()
        return Response({"detail": error.detail}, status=error.status, headers=_headers(error))
    if isinstance(error, RequestDataTooBig):
        return Response({"detail": TOO_LARGE}, status=413)
    if isinstance(error, SuspiciousOperation):
        return Response({"detail": MALFORMED}, status=400)
    response = rest_handler(error, context)
    if response is not None and isinstance(error, ValidationError):
        plain = getattr(context.get("view"), "plain_errors", False)
        if plain or not isinstance(error.detail, dict):
            response.data = {"detail": " ".join(_sentences(error.detail))}
    return response


def _headers(error: Refused) -> dict[str, str]:
    if isinstance(error, NotSignedIn):
        return {"WWW-Authenticate": "Token"}
    if isinstance(error, TryLater):
        return {"Retry-After": str(error.retry_after)}
    return {}


def _sentences(detail: object, field: str = "") -> list[str]:
    if isinstance(detail, dict):
        return [text for name, inner in detail.items() for text in _sentences(inner, str(name))]
    if isinstance(detail, list):
        return [text for inner in detail for text in _sentences(inner, field)]
    return [f"{field}: {detail}" if field and field != "non_field_errors" else str(detail)]


def wants_json(request: HttpRequest) -> bool:
    """Tell a program from a person: browsers name text/html when they open a page, programs do not."""
    return request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", "")


def _answer(request: HttpRequest, status: int, detail: str, page: str, **context: Any) -> HttpResponseBase:
    if wants_json(request):
        return JsonResponse({"detail": detail}, status=status)
    # Not by Django's own views: they look for a form's token, and it may be the form that cannot be read.
    return render(request, page, context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    status, detail = (413, TOO_LARGE) if isinstance(exception, RequestDataTooBig) else (400, MALFORMED)
    return _answer(request, status, detail, "400.html")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _answer(request, 403, str(exception) or "You may not do this.", "403.html", exception=str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return _answer(request, 404, "There is nothing at this address.", "404.html")


def server_error(request: HttpRequest) -> HttpResponseBase:
    if wants_json(request):
        return JsonResponse({"detail": FAILED}, status=500)
    return HttpResponse(render_to_string("500.html"), status=500)  # of nothing that may have failed


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Answer a form whose token is missing or old (Django's CSRF_FAILURE_VIEW)."""
    return _answer(request, 403, STALE_FORM, "403.html", exception=STALE_FORM)
