from django.apps import AppConfig


class DriftSiteConfig(AppConfig):
    name = "drift_site"
