from django.urls import URLPattern, URLResolver, path

from accounts import api, legacy, pages

urlpatterns: list[URLPattern | URLResolver] = [
    # The original's: no slash at the end.
    path("create_user", legacy.CreateUserView.as_view()),
    path("login", legacy.LoginView.as_view()),
    path("reset_password", legacy.ResetPasswordView.as_view()),
    path("delete_user", legacy.DeleteUserView.as_view()),
    path("api/auth/register/", api.RegisterView.as_view()),
    path("api/auth/login/", api.LoginView.as_view()),
    path("api/auth/logout/", api.LogoutView.as_view()),
    path("api/auth/me/", api.MeView.as_view()),
    path("api/auth/password/", api.PasswordView.as_view()),
    path("api/auth/password/reset/", api.ResetView.as_view()),
    path("api/auth/password/reset/mail/", api.ResetMailView.as_view()),
    path("api/auth/password/reset/link/", api.ResetByLinkView.as_view()),
    path("api/auth/devices/", api.DevicesView.as_view()),
    path("api/auth/devices/<uuid:device_id>/", api.DeviceView.as_view()),
    path("api/auth/ws-ticket/", api.TicketView.as_view()),
    # Where a mailed link leads.
    path("account/reset/<uidb64>/<token>/", pages.ResetPage.as_view(), name="password_reset_confirm"),
    path("account/reset/done/", pages.ResetDonePage.as_view(), name="password_reset_complete"),
]
