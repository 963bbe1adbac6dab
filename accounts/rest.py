"""What all calls of the original's paths have in common."""

from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from accounts.authentication import OriginCheckedSession, TokenAuthentication


class OriginalView(APIView):
    """A call of the original's: a token or the session cookie alone, and errors as one text in `detail`."""

    authentication_classes = (TokenAuthentication, OriginCheckedSession)
    permission_classes = (AllowAny,)
    plain_errors = True
