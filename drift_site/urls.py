from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from drift_site import account_pages, analysis_pages, metrics_page, new_race, pages, replay_pages

handler400 = "drift_site.errors.bad_request"
handler403 = "drift_site.errors.permission_denied"
handler404 = "drift_site.errors.not_found"
handler500 = "drift_site.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.lobby, name="lobby"),
    path("races.json", pages.races_json, name="races_json"),
    path("races/new/", new_race.new_race, name="new_race"),
    path("races/<uuid:race_id>/", pages.race, name="race"),
    path("races/<uuid:race_id>/replay/", replay_pages.replay, name="race_replay"),
    path("races/<uuid:race_id>/analysis/", analysis_pages.race_analysis, name="race_analysis"),
    path(
        "races/<uuid:race_id>/TelemetryConfiguration.json",
        pages.telemetry_configuration,
        name="telemetry_configuration",
    ),
    path("account/", account_pages.account, name="account"),
    path("account/sign-in/", account_pages.SignInPage.as_view(), name="sign_in"),
    path("account/sign-out/", account_pages.sign_out, name="sign_out"),
    path("account/register/", account_pages.RegisterPage.as_view(), name="register"),
    path("account/forgotten/", account_pages.ForgottenPage.as_view(), name="forgotten"),
    path("account/forgotten/mail/", account_pages.MailLinkPage.as_view(), name="mail_link"),
    path("account/password/", account_pages.PasswordPage.as_view(), name="change_password"),
    path("account/question/", account_pages.QuestionPage.as_view(), name="change_question"),
    path("account/email/", account_pages.EmailPage.as_view(), name="change_email"),
    path("account/delete/", account_pages.DeletePage.as_view(), name="delete_account"),
    path("account/devices/<uuid:device_id>/revoke/", account_pages.revoke_device, name="revoke_device"),
    path("metrics", metrics_page.show, name="metrics"),
    path("favicon.ico", pages.favicon),
    # Passwords are proved on our own pages, where tries are counted and what has to end with a password ends.
    path("admin/login/", account_pages.admin_sign_in),
    path("admin/password_change/", RedirectView.as_view(pattern_name="change_password")),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("races.urls")),
    path("", include("telemetry.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(template_name="drift_site/api_docs.html"), name="docs"),
]
