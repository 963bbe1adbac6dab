"""What REST calls have in common, those of the original's paths in particular."""

from typing import Any

from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.authentication import SIGN_IN, OriginCheckedSession, TokenAuthentication
from accounts.errors import NotSignedIn
from accounts.models import User


class OriginalView(APIView):
    """A call of the original's: a token or the session cookie alone, and errors as one text in `detail`."""

    authentication_classes = (TokenAuthentication, OriginCheckedSession)
    permission_classes = (AllowAny,)
    plain_errors = True


def checked(kind: type[serializers.Serializer[Any]], data: object, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    """Give `data` (a body, a query) as `kind` describes it; REST framework's ValidationError otherwise."""
    body = kind(data=data, **options)
    body.is_valid(raise_exception=True)
    values: dict[str, Any] = body.validated_data
    return values


def caller(request: Request) -> User:
    """Give the signed-in user; raises NotSignedIn."""
    if not isinstance(request.user, User):
        raise NotSignedIn(SIGN_IN)
    return request.user
