"""`/metrics`: what an operator's Prometheus reads of this process."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from telemetry import metrics


@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """Give the metrics to who has the operator's token, and to signed-in staff."""
    # The token first: it asks no database, which may be what is wrong.
    if metrics.is_operator(request.headers.get("Authorization", "")) or request.user.is_staff:
        return HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)
    answer = JsonResponse({"detail": "Send DRIFT_METRICS_TOKEN as a bearer token, or sign in as staff."}, status=401)
    answer["WWW-Authenticate"] = "Bearer"
    return answer
