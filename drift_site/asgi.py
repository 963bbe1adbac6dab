"""The ASGI application: Django for HTTP, telemetry's consumers for WebSockets."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drift_site.settings")

import django
from django.core.asgi import get_asgi_application

django.setup()  # before anything imports models

from drift_site.assets import collect_if_outdated

collect_if_outdated()  # before the middleware that serves the files lists them
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

from drift_site.content_type import ReadableContentType
from drift_site.limits import BodyLimit, DatabaseLetGo
from telemetry.admission import OriginCheck, TicketAuth
from telemetry.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(DatabaseLetGo(ReadableContentType(django_application)), settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
        "websocket": OriginCheck(AuthMiddlewareStack(TicketAuth(URLRouter(websocket_urlpatterns)))),
    }
)
