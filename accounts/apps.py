import logging

from django.apps import AppConfig
from django.conf import settings

logger = logging.getLogger(__name__)


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import schema  # noqa: F401, PLC0415  registers the authentication classes with the schema

        if settings.DRIFT_TRUST_CLIENT_USER_ID:
            logger.warning(
                "DRIFT_TRUST_CLIENT_USER_ID is on: anybody who reaches this server can act as any user who is not "
                "staff. Use it on a closed network only."
            )
