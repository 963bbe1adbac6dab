"""The ASGI application: Django for HTTP; the WebSocket routes are telemetry's."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "drift_site.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
