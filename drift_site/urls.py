from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from drift_site import pages

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.lobby, name="lobby"),
    path("races.json", pages.races_json, name="races_json"),
    path("races/<uuid:race_id>/", pages.race, name="race"),
    path("admin/", admin.site.urls),
]
