"""The WebSocket routes."""

from django.urls import path, re_path

from telemetry import consumers

websocket_urlpatterns = [
    re_path(r"^race/(?P<udp_port>[0-9]{1,5})/?$", consumers.OriginalRaceConsumer.as_asgi()),
    path("ws/races/<uuid:race_id>/", consumers.LiveRaceConsumer.as_asgi()),
    path("ws/races/<uuid:race_id>/replay/", consumers.ReplayConsumer.as_asgi()),
    path("ws/lobby/", consumers.LobbyConsumer.as_asgi()),
    re_path(r"", consumers.NoSuchPath.as_asgi()),
]
