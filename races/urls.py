from django.urls import URLPattern, URLResolver, path

from races import api, laps_api, legacy

urlpatterns: list[URLPattern | URLResolver] = [
    # The original's: no slash at the end.
    path("create_race", legacy.CreateRaceView.as_view()),
    path("list_races", legacy.ListRacesView.as_view()),
    path("watch_race/<uuid:race_id>/<str:user_id>", legacy.WatchRaceView.as_view()),
    path("save_race/<uuid:race_id>", legacy.SaveRaceView.as_view()),
    path("end_race/<uuid:race_id>", legacy.EndRaceView.as_view()),
    path("saved_races", legacy.SavedRacesView.as_view()),
    path("user_races/<str:user_id>", legacy.UserRacesView.as_view()),
    path("update_race/<uuid:race_id>", legacy.UpdateRaceView.as_view()),
    path("delete_race/<uuid:race_id>/<str:user_id>", legacy.DeleteRaceView.as_view()),
    path("api/races/", api.RacesView.as_view()),
    path("api/races/<uuid:race_id>/", api.RaceView.as_view()),
    path("api/races/<uuid:race_id>/end/", api.EndRaceView.as_view()),
    path("api/races/<uuid:race_id>/save/", api.SaveRaceView.as_view()),
    path("api/races/<uuid:race_id>/join/", api.JoinRaceView.as_view()),
    path("api/races/<uuid:race_id>/participants/", api.ParticipantsView.as_view()),
    path("api/races/<uuid:race_id>/participants/<int:user_id>/", api.ParticipantView.as_view()),
    path("api/races/<uuid:race_id>/drones/", api.DronesView.as_view()),
    path("api/races/<uuid:race_id>/drones/<int:number>/", api.DroneView.as_view()),
    path("api/races/<uuid:race_id>/laps/", laps_api.LapsView.as_view()),
    path("api/races/<uuid:race_id>/laps/<int:lap_id>/", laps_api.LapView.as_view()),
    path("api/races/<uuid:race_id>/laps/<int:lap_id>/split/", laps_api.SplitLapView.as_view()),
    path("api/races/<uuid:race_id>/rulings/", laps_api.RulingsView.as_view()),
    path("api/races/<uuid:race_id>/standings/", laps_api.StandingsView.as_view()),
    path("api/races/<uuid:race_id>/results/", laps_api.ResultsView.as_view(), name="race_results"),
    path("api/races/<uuid:race_id>/results.csv", laps_api.ResultsTableView.as_view(), name="race_results_csv"),
    path("api/tracks/", api.TracksView.as_view()),
    path("api/tracks/<int:track_id>/", api.TrackView.as_view(), name="track"),
    path("api/tracks/<int:track_id>/records/", laps_api.RecordsView.as_view()),
]
