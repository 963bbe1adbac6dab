from django.urls import URLPattern, URLResolver, path

from races import legacy

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
]
