from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from drift_site import analysis_pages, pages

handler400 = "drift_site.errors.bad_request"
handler403 = "drift_site.errors.permission_denied"
handler404 = "drift_site.errors.not_found"
handler500 = "drift_site.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.lobby, name="lobby"),
    path("races.json", pages.races_json, name="races_json"),
    path("races/<uuid:race_id>/", pages.race, name="race"),
    path("races/<uuid:race_id>/analysis/", analysis_pages.race_analysis, name="race_analysis"),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("races.urls")),
    path("", include("telemetry.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
]
