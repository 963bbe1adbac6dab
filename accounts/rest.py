"""What REST calls have in common, those of the original's paths in particular."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import SIGN_IN, OriginCheckedSession, TokenAuthentication
from accounts.errors import NotSignedIn
from accounts.models import User


class OriginalView(APIView):
    """A call of the original's: a token or the session cookie alone, and errors as one text in `detail`."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (TokenAuthentication, OriginCheckedSession)
    permission_classes = (AllowAny,)
    plain_errors = True


def success(message: str, **more: Any) -> Response:
    """Give the original's answer to what went well."""
    return Response({"status": "success", "message": message, **more})


def checked(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Give the request's body as `kind` describes it; REST framework's ValidationError otherwise."""
    return _validated(kind(data=request.data))


def checked_query(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Give the parameters of the request's query likewise."""
    return _validated(kind(data=request.query_params))


def _validated(given: serializers.Serializer[Any]) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    values: dict[str, Any] = given.validated_data
    return values


def caller(request: Request) -> User:
    """Give the signed-in user; raises NotSignedIn."""
    if not isinstance(request.user, User):
        raise NotSignedIn(SIGN_IN)
    return request.user
