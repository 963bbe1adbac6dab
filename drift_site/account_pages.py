"""The pages on which people sign in and look after their account: forms over accounts' services, without scripts."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import FormView

from accounts import resets, selectors, services, tokens
from accounts.api import MAIL_ON_ITS_WAY
from accounts.errors import Refused, TryLater
from accounts.models import User
from accounts.proof import prove_password
from accounts.throttles import need_room
from drift_site import account_forms as forms
from races import lobby

MOST_RACES = 50  # on the account page

if TYPE_CHECKING:
    Form = FormView[forms.AccountForm]
else:  # generic for the type checker only
    Form = FormView


def safe_next(request: HttpRequest) -> str:
    """Give the page of this server that `next` names, or '' where it names none."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if own else ""


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class AccountPage(Form, ABC):
    """A form that does one thing of accounts' services, and says in words why it does not."""

    template_name = "drift_site/account/form.html"
    title = ""
    button = ""
    scope = ""  # of the settings' throttle rates
    done = ""  # what the next page says
    proves = ""  # the field with the name whose owner is proved otherwise than by the password

    @abstractmethod
    def act(self, values: dict[str, Any]) -> str:
        """Do it; gives the address of the page to go on to. Raises Refused."""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        context |= {"title": self.title, "button": self.button, "next": safe_next(self.request), "account_page": True}
        return super().get_context_data(**context)

    def form_valid(self, form: forms.AccountForm) -> HttpResponse:
        try:
            username = form.cleaned_data[self.proves] if self.proves else None
            need_room(self.request, self.scope, username=username)
            then = self.act(form.cleaned_data)
        except Refused as refusal:
            form.refuse(refusal)
            answer = self.form_invalid(form)
            if isinstance(refusal, TryLater):
                answer.status_code = refusal.status
                answer["Retry-After"] = str(refusal.retry_after)
            return answer
        if self.done:
            messages.success(self.request, self.done)
        return redirect(then)

    def form_invalid(self, form: forms.AccountForm) -> HttpResponse:
        wrong = next((name for name in form.fields if name in form.errors), None)
        for name, field in form.fields.items():
            # A person who sends a form that will not do goes on at its first wrong field.
            field.widget.attrs["autofocus"] = name == wrong
        return self.render_to_response(self.get_context_data(form=form))


class VisitorPage(AccountPage):
    """A form for somebody who is not signed in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect(self.after())
        return super().dispatch(request, *args, **kwargs)

    def after(self) -> str:
        return safe_next(self.request) or resolve_url(settings.LOGIN_REDIRECT_URL)


class SignInPage(VisitorPage):
    template_name = "drift_site/account/sign_in.html"
    form_class = forms.SignInForm
    title, button, scope = "Sign in", "Sign in", "sign_in"

    def act(self, values: dict[str, Any]) -> str:
        services.start_session(request=self.request, user=prove_password(request=self.request, **values))
        return self.after()


@never_cache
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the page to sign in on, and from there to `next` of the admin."""
    wanted = safe_next(request) or reverse("admin:index")
    if admin.site.has_permission(request):
        return redirect(wanted)
    if request.user.is_authenticated:
        # The page to sign in on would lead back here.
        raise PermissionDenied(f"The admin is for staff, and {request.user} is not. Sign out, then sign in as staff.")
    return redirect_to_login(wanted, reverse("sign_in"))


class RegisterPage(VisitorPage):
    template_name = "drift_site/account/register.html"
    form_class = forms.RegisterForm
    title, button, scope = "Create an account", "Create the account", "register"

    def act(self, values: dict[str, Any]) -> str:
        services.register(**values)
        user = prove_password(request=self.request, username=values["username"], password=values["password"])
        services.start_session(request=self.request, user=user)
        return self.after()


class ForgottenPage(VisitorPage):
    template_name = "drift_site/account/forgotten.html"
    form_class = forms.ForgottenForm
    title, button, scope, proves = "Forgotten password", "Set the new password", "password", "username"
    done = "Your new password is set. Every device has to sign in again."

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(by_mail=settings.EMAIL_CONFIGURED, **context)

    def act(self, values: dict[str, Any]) -> str:
        resets.reset_password_by_answer(
            request=self.request,
            username=values["username"],
            answer=values["security_answer"],
            new_password=values["new_password"],
        )
        return reverse("sign_in")


class MailLinkPage(VisitorPage):
    template_name = "drift_site/account/mail_link.html"
    form_class = forms.MailLinkForm
    title, button, scope, done = "A link by mail", "Send the link", "password", MAIL_ON_ITS_WAY

    def act(self, values: dict[str, Any]) -> str:
        resets.send_reset_link(email=values["email"])
        return reverse("sign_in")


class OwnPage(LoginRequiredMixin, AccountPage):
    """A form of a signed-in user's."""

    scope = "password"

    @property
    def user(self) -> User:
        user = self.request.user
        assert isinstance(user, User)
        return user

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.user}


class PasswordPage(OwnPage):
    form_class = forms.PasswordForm
    title, button = "Change the password", "Change the password"
    done = "Your new password is set. Every other device has to sign in again."

    def act(self, values: dict[str, Any]) -> str:
        services.change_password(request=self.request, user=self.user, **values)
        return reverse("account")


class QuestionPage(OwnPage):
    form_class = forms.QuestionForm
    title, button, done = "Security question", "Keep the question", "Your security question is changed."

    def get_initial(self) -> dict[str, Any]:
        return {"security_question": self.user.security_question}

    def act(self, values: dict[str, Any]) -> str:
        services.change_profile(request=self.request, user=self.user, **values)
        return reverse("account")


class EmailPage(OwnPage):
    form_class = forms.EmailForm
    title, button, done = "E-mail address", "Keep the address", "Your e-mail address is changed."

    def get_initial(self) -> dict[str, Any]:
        return {"email": self.user.email}

    def act(self, values: dict[str, Any]) -> str:
        services.change_profile(request=self.request, user=self.user, **values)
        return reverse("account")


class DeletePage(OwnPage):
    template_name = "drift_site/account/delete.html"
    form_class = forms.DeleteForm
    title, button, done = "Delete the account", "Delete the account for good", "Your account is deleted."

    def act(self, values: dict[str, Any]) -> str:
        services.delete_own_account(request=self.request, user=self.user, **values)
        return reverse("lobby")


@require_safe
@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Show somebody their account: what resets the password, the devices, the races."""
    user = request.user
    assert isinstance(user, User)
    races = list(lobby.own(user)[: MOST_RACES + 1])
    return render(
        request,
        "drift_site/account/account.html",
        {
            "devices": selectors.devices(user),
            "races": [lobby.card_for(user, race, race.drone_count) for race in races[:MOST_RACES]],
            "more_races": len(races) > MOST_RACES,
        },
    )


@require_POST
@login_required
def revoke_device(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """End the token of one device."""
    user = request.user
    assert isinstance(user, User)
    try:
        tokens.revoke_device(user=user, device_id=device_id)
    except Refused as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, "The device is signed out.")
    return redirect("account")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session of this browser."""
    services.sign_out(request=request)
    return redirect("lobby")
