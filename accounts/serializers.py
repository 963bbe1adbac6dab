"""The bodies of /api/auth/ and of the original's account calls, as they arrive and leave."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts import passwords
from accounts.models import AuthToken, User
from accounts.services import ANSWER_LENGTH, QUESTION_LENGTH
from accounts.tokens import DEVICE_LENGTH

# As typed; services say what becomes of it. Longer ones are refused before they cost anything.
NAME_LENGTH = 150
PASSWORD_LENGTH = passwords.MAX_LENGTH


def name_field() -> serializers.CharField:
    return serializers.CharField(max_length=NAME_LENGTH)


def password_field() -> serializers.CharField:
    return serializers.CharField(max_length=PASSWORD_LENGTH, trim_whitespace=False, write_only=True)


def answer_field(*, required: bool = True) -> serializers.CharField:
    return serializers.CharField(max_length=ANSWER_LENGTH, required=required, allow_blank=not required, write_only=True)


def question_field() -> serializers.CharField:
    return serializers.CharField(max_length=QUESTION_LENGTH, required=False, allow_blank=True)


class UserSerializer(serializers.ModelSerializer[User]):
    """Somebody's own account; the security answer never leaves."""

    email = serializers.CharField(read_only=True, help_text="Empty where there is none.")

    class Meta:
        model = User
        fields: ClassVar = ["id", "username", "email", "security_question", "is_staff", "date_joined"]
        read_only_fields = fields


class Register(serializers.Serializer[Any]):
    username = name_field()
    password = password_field()
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    security_question = question_field()
    security_answer = answer_field(required=False)


class SignIn(serializers.Serializer[Any]):
    username = name_field()
    password = password_field()
    device = serializers.CharField(
        max_length=DEVICE_LENGTH,
        required=False,
        allow_blank=True,
        help_text="What to call this device; an earlier token of the same name ends.",
    )
    session = serializers.BooleanField(
        default=False, help_text="Sign this browser in with a cookie instead of giving a token; needs the CSRF token."
    )


class SignedIn(serializers.Serializer[Any]):
    user = UserSerializer()
    token = serializers.CharField(allow_null=True, help_text="For `Authorization: Token …`; shown only now.")
    expires_at = serializers.DateTimeField(allow_null=True)


class ChangeMe(serializers.Serializer[Any]):
    current_password = password_field()
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254)
    security_question = question_field()
    security_answer = answer_field(required=False)


class ChangePassword(serializers.Serializer[Any]):
    current_password = password_field()
    new_password = password_field()


class ResetByAnswer(serializers.Serializer[Any]):
    username = name_field()
    security_answer = answer_field()
    new_password = password_field()


class ResetMail(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)


class ResetByLink(serializers.Serializer[Any]):
    uid = serializers.CharField(max_length=100)
    token = serializers.CharField(max_length=100)
    new_password = password_field()


class Device(serializers.ModelSerializer[AuthToken]):
    """A signed-in device; `current` is the one that asks."""

    name = serializers.CharField(source="device")
    expires_at = serializers.DateTimeField(source="expiry")
    current = serializers.SerializerMethodField()

    class Meta:
        model = AuthToken
        fields: ClassVar = ["id", "name", "created", "expires_at", "current"]

    def get_current(self, token: AuthToken) -> bool:
        used = self.context["request"].auth
        return isinstance(used, AuthToken) and used.pk == token.pk


class Ticket(serializers.Serializer[Any]):
    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="seconds")


class Detail(serializers.Serializer[Any]):
    detail = serializers.CharField()


class OriginalCreateUser(serializers.Serializer[Any]):
    username = name_field()
    password = password_field()
    security_question = serializers.CharField(max_length=QUESTION_LENGTH, allow_blank=True)
    security_answer = serializers.CharField(max_length=ANSWER_LENGTH, allow_blank=True, write_only=True)


class OriginalSignIn(serializers.Serializer[Any]):
    username = name_field()
    password = password_field()


class OriginalDeleteUser(serializers.Serializer[Any]):
    username = name_field()


class OriginalAnswer(serializers.Serializer[Any]):
    status = serializers.CharField(help_text="success")
    message = serializers.CharField()


class OriginalSignedIn(OriginalAnswer):
    user_id = serializers.IntegerField()
    token = serializers.CharField()
