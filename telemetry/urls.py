from django.urls import URLPattern, URLResolver, path

from telemetry import api, downloads, history_api, legacy, timing_api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/races/<uuid:race_id>/export/", downloads.ExportView.as_view(), name="race_export"),
    # The original's: no slash at the end.
    path("replay_race/<uuid:race_id>", legacy.ReplayRaceView.as_view()),
    path("telemetry", legacy.TelemetryView.as_view()),
    path("health", legacy.HealthView.as_view()),
    path("test", legacy.TestView.as_view()),
    path("api/races/<uuid:race_id>/telemetry/", api.TelemetryView.as_view(), name="race_telemetry"),
    path("api/races/<uuid:race_id>/timeline/", history_api.TimelineView.as_view()),
    path("api/races/<uuid:race_id>/timeline/standings/", history_api.TimelineStandingsView.as_view()),
    path("api/races/<uuid:race_id>/retime/", timing_api.RetimeView.as_view(), name="race_retime"),
    path("api/races/<uuid:race_id>/compare/", timing_api.CompareView.as_view(), name="race_compare"),
    path("api/tracks/from-race/", timing_api.TrackFromRaceView.as_view(), name="track_from_race"),
]
