"""/api/auth/…: accounts for new programs and for the pages."""

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import resets, selectors, services, tickets, tokens
from accounts import serializers as bodies
from accounts.models import AuthToken
from accounts.proof import prove_password
from accounts.rest import caller, checked
from accounts.throttles import AddressThrottle, PasswordOfUserThrottle, ScopedThrottle

MAIL_ON_ITS_WAY = "If an account has this address, a link is on its way to it."


@extend_schema(tags=["auth"])
class RegisterView(APIView):
    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)
    throttle_scope = "register"

    @extend_schema(request=bodies.Register, responses={201: bodies.UserSerializer})
    def post(self, request: Request) -> Response:
        """Create an account. The name is unique whatever the case; 409 when it is taken."""
        user = services.register(**checked(bodies.Register, request))
        return Response(bodies.UserSerializer(user).data, status=201)


@extend_schema(tags=["auth"])
class LoginView(APIView):
    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)
    throttle_scope = "sign_in"

    @extend_schema(request=bodies.SignIn, responses=bodies.SignedIn)
    def post(self, request: Request) -> Response:
        """Sign in: gives a token, or with `session` a cookie. Unknown name and wrong password look alike (401)."""
        body = checked(bodies.SignIn, request)
        if body["session"]:
            # Also for visitors: a foreign page must not sign them in as somebody else.
            SessionAuthentication().enforce_csrf(request)
        user = prove_password(request=request, username=body["username"], password=body["password"])
        if body["session"]:
            services.start_session(request=request, user=user)
            return Response(bodies.SignedIn({"user": user, "token": None, "expires_at": None}).data)
        tokens.note_sign_in(request=request, user=user)
        token, text = tokens.issue_token(user=user, device=body.get("device", ""), request=request)
        return Response(bodies.SignedIn({"user": user, "token": text, "expires_at": token.expiry}).data)


@extend_schema(tags=["auth"])
class LogoutView(APIView):
    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the session, or the token, that this call was made with."""
        services.sign_out(request=request, token=request.auth if isinstance(request.auth, AuthToken) else None)
        return Response(status=204)


@extend_schema(tags=["auth"])
class MeView(APIView):
    throttle_scope = "password"

    def get_throttles(self) -> list[Any]:
        # Only what takes a password is worth guessing at.
        return [ScopedThrottle()] if self.request.method == "PATCH" else []

    @extend_schema(responses=bodies.UserSerializer)
    def get(self, request: Request) -> Response:
        """Give the signed-in user."""
        return Response(bodies.UserSerializer(caller(request)).data)

    @extend_schema(request=bodies.ChangeMe, responses=bodies.UserSerializer)
    def patch(self, request: Request) -> Response:
        """Change the e-mail address, the security question with its answer, or both; an empty text takes it away."""
        user, body = caller(request), checked(bodies.ChangeMe, request)
        services.change_profile(request=request, user=user, **body)
        return Response(bodies.UserSerializer(user).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Delete the account. Its races stay, without a creator, unless nobody else takes part in them."""
        services.delete_user(user=caller(request))
        services.sign_out(request=request)
        return Response(status=204)


@extend_schema(tags=["auth"])
class PasswordView(APIView):
    throttle_classes = (ScopedThrottle,)
    throttle_scope = "password"

    @extend_schema(request=bodies.ChangePassword, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change the password. This device stays signed in, every other one has to sign in again."""
        services.change_password(request=request, user=caller(request), **checked(bodies.ChangePassword, request))
        return Response(status=204)


@extend_schema(tags=["auth"])
class ResetView(APIView):
    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle, PasswordOfUserThrottle)
    throttle_scope = "password"

    @extend_schema(request=bodies.ResetByAnswer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set a forgotten password by the answer to the security question; its case and outer blanks do not matter."""
        body = checked(bodies.ResetByAnswer, request)
        resets.reset_password_by_answer(
            request=request,
            username=body["username"],
            answer=body["security_answer"],
            new_password=body["new_password"],
        )
        return Response(status=204)


@extend_schema(tags=["auth"])
class ResetMailView(APIView):
    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)
    throttle_scope = "password"

    @extend_schema(request=bodies.ResetMail, responses={202: bodies.Detail})
    def post(self, request: Request) -> Response:
        """Mail a link that sets a forgotten password; 409 when this server sends no mail."""
        resets.send_reset_link(email=checked(bodies.ResetMail, request)["email"])
        return Response({"detail": MAIL_ON_ITS_WAY}, status=202)


@extend_schema(tags=["auth"])
class ResetByLinkView(APIView):
    permission_classes = (AllowAny,)
    throttle_classes = (AddressThrottle,)
    throttle_scope = "password"

    @extend_schema(request=bodies.ResetByLink, responses={204: None})
    def post(self, request: Request) -> Response:
        """Set a forgotten password by the last two parts of a mailed link."""
        resets.reset_password_by_link(**checked(bodies.ResetByLink, request))
        return Response(status=204)


@extend_schema(tags=["auth"])
class DevicesView(ListAPIView[AuthToken]):
    """The devices that hold a token of the signed-in user, the newest first."""

    serializer_class = bodies.Device
    queryset = AuthToken.objects.none()  # for the schema
    filter_backends = ()
    pagination_class = None

    def get_queryset(self) -> Any:
        return selectors.devices(caller(self.request))


@extend_schema(tags=["auth"])
class DeviceView(APIView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, device_id: UUID) -> Response:
        """End the token of one device."""
        tokens.revoke_device(user=caller(request), device_id=device_id)
        return Response(status=204)


@extend_schema(tags=["auth"])
class TicketView(APIView):
    throttle_classes = (ScopedThrottle,)
    throttle_scope = "ws_ticket"

    @extend_schema(request=None, responses={201: bodies.Ticket})
    def post(self, request: Request) -> Response:
        """Give a ticket that opens one WebSocket, as `?ticket=`, within 30 seconds."""
        ticket = tickets.issue(caller(request))
        return Response({"ticket": ticket, "expires_in": settings.DRIFT_TICKET_SECONDS}, status=201)
