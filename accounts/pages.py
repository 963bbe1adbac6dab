"""The page that a mailed link opens, to set a forgotten password."""

from typing import Any

from django.contrib.auth.views import PasswordResetCompleteView, PasswordResetConfirmView

from accounts.forms import NewPasswordForm


class ResetPage(PasswordResetConfirmView):
    """Asks for the new password, or says that the link works no longer."""

    form_class = NewPasswordForm
    template_name = "accounts/reset.html"
    title = "Set a new password"


class ResetDonePage(PasswordResetCompleteView):
    template_name = "accounts/reset_done.html"
    title = "Password set"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Django's own goes on to a sign-in page by its setting's name.
        return {"title": self.title, **kwargs}
