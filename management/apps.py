from django.apps import AppConfig


class ManagementConfig(AppConfig):
    name = "management"
    default_auto_field = "django.db.models.BigAutoField"
