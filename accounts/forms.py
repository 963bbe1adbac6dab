"""Django's own forms where they set passwords and questions, so that our services' rules hold there as well."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, SetPasswordForm, UserChangeForm
from django.db import transaction

from accounts import services, tokens
from accounts.errors import Refused
from accounts.models import User

if TYPE_CHECKING:
    NewPassword = SetPasswordForm[User]
    AdminPassword = AdminPasswordChangeForm[User]
    Change = UserChangeForm[User]
else:  # generic for the type checker only
    NewPassword, AdminPassword, Change = SetPasswordForm, AdminPasswordChangeForm, UserChangeForm


class NewPasswordForm(NewPassword):
    """The form behind a mailed link."""

    def save(self, commit: bool = True) -> User:
        services.set_password(user=self.user, password=self.cleaned_data["new_password1"])
        services.unlock(user=self.user)
        return self.user


class AdminPasswordForm(AdminPassword):
    """The admin's form for another's password: the old devices' tokens end with the old password."""

    def save(self, commit: bool = True) -> User:
        with transaction.atomic():
            user = super().save(commit=commit)
            tokens.revoke_tokens(user=user)
        return user


class AdminUserForm(Change):
    """The admin's form for a user. The stored answer is a hash: a new one is typed, or the field left empty."""

    new_security_answer = forms.CharField(
        required=False,
        max_length=services.ANSWER_LENGTH,
        strip=True,
        help_text="Leave empty to keep the present answer. Emptying the question removes both.",
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        question = cleaned.get("security_question", "")
        answer = cleaned.get("new_security_answer", "")
        if question and not answer and not self.instance.security_answer:
            self.add_error("new_security_answer", "A security question needs an answer.")
        elif (answer or not question) and not self.errors:
            try:
                services.put_security_question(user=self.instance, question=question, answer=answer)
            except Refused as error:
                self.add_error("new_security_answer", error.detail)
        return cleaned
