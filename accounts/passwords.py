"""What Django's own rules for new passwords leave out."""

from django.core.exceptions import ValidationError

from accounts.models import User

MAX_LENGTH = 1000  # characters; whoever signs in with more is refused before it costs anything


class MaximumLengthValidator:
    """Refuses a password that is too long to sign in with: not all forms that set one have a bound of their own."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) > MAX_LENGTH:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return f"A password has at most {MAX_LENGTH} characters."
