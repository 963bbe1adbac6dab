"""The forms with which people sign in and look after their account. The rules are those of accounts' services."""

from typing import Any, ClassVar, Final

from django import forms

from accounts import serializers as bodies
from accounts import services
from accounts.errors import Conflict, Refused, TryLater, WrongPassword
from accounts.models import User
from accounts.names import validate_username

EMAIL_LENGTH: Final = 254


def name_field(*, autofocus: bool = False) -> forms.CharField:
    attributes = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
    widget = forms.TextInput(attributes | ({"autofocus": True} if autofocus else {}))
    return forms.CharField(label="Username", max_length=bodies.NAME_LENGTH, widget=widget)


def password_field(label: str, *, new: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=bodies.PASSWORD_LENGTH,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password" if new else "current-password"}),
        help_text="At least 8 characters, not only digits, and no password that many people use." if new else "",
    )


def question_field() -> forms.CharField:
    return forms.CharField(
        label="Security question",
        required=False,
        max_length=services.QUESTION_LENGTH,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text="Its answer sets a forgotten password anew. For example: What was your first drone?",
    )


def answer_field(*, required: bool) -> forms.CharField:
    return forms.CharField(
        label="Answer",
        required=required,
        max_length=services.ANSWER_LENGTH,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        help_text="Capital letters and outer blanks make no difference.",
    )


def email_field(*, required: bool) -> forms.EmailField:
    return forms.EmailField(
        label="E-mail address",
        required=required,
        max_length=EMAIL_LENGTH,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )


class AccountForm(forms.Form):
    """A form that says what a service refuses beside the right field."""

    # The field to which a refusal belongs, the narrower kind before the wider; the rest stands above the form.
    refusals: ClassVar[dict[type[Refused], str]] = {}

    def refuse(self, refusal: Refused) -> None:
        later = isinstance(refusal, TryLater)
        fields = (field for kind, field in self.refusals.items() if isinstance(refusal, kind) and not later)
        self.add_error(next(fields, None), refusal.detail)

    def need_strong(self, field: str, user: User) -> None:
        """Say beside `field` why the password in it will not do for `user`, if it will not."""
        password = self.cleaned_data.get(field)
        if password:
            try:
                services.check_password_strength(password=password, user=user)
            except Refused as refusal:
                self.add_error(field, refusal.detail)


class SignInForm(AccountForm):
    username = name_field(autofocus=True)
    password = password_field("Password")


class RegisterForm(AccountForm):
    refusals: ClassVar = {Conflict: "username", Refused: "security_answer"}

    username = name_field(autofocus=True)
    password = password_field("Password", new=True)
    security_question = question_field()
    security_answer = answer_field(required=False)
    email = email_field(required=False)

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        validate_username(name)
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.need_strong("password", User(username=cleaned.get("username", ""), email=cleaned.get("email", "")))
        return cleaned


class ForgottenForm(AccountForm):
    username = name_field(autofocus=True)
    security_answer = answer_field(required=True)
    new_password = password_field("New password", new=True)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.need_strong("new_password", User(username=cleaned.get("username", "")))
        return cleaned


class MailLinkForm(AccountForm):
    email = email_field(required=True)


class OwnForm(AccountForm):
    """A form of a signed-in user's, who proves it with the password."""

    refusals: ClassVar = {WrongPassword: "current_password"}

    current_password = password_field("Current password")

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user


class PasswordForm(OwnForm):
    new_password = password_field("New password", new=True)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self.need_strong("new_password", self.user)
        return cleaned


class QuestionForm(OwnForm):
    refusals: ClassVar = {WrongPassword: "current_password", Refused: "security_answer"}

    security_question = question_field()
    security_answer = answer_field(required=False)


class EmailForm(OwnForm):
    email = email_field(required=False)


class DeleteForm(OwnForm):
    """The password, and nothing else."""
