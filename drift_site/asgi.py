"""The ASGI application: Django for HTTP, telemetry's consumers for WebSockets."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drift_site.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()  # sets Django up, before anything imports models

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter

from telemetry.admission import OriginCheck
from telemetry.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": OriginCheck(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
