"""The original's account calls, as its Unity client makes them."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import resets, services, tokens
from accounts import serializers as bodies
from accounts.proof import prove_password
from accounts.rest import OriginalView, caller, checked, success
from accounts.throttles import AddressThrottle, PasswordOfUserThrottle


@extend_schema(tags=["original"])
class CreateUserView(OriginalView):
    throttle_classes = (AddressThrottle,)
    throttle_scope = "register"

    @extend_schema(request=bodies.OriginalCreateUser, responses=bodies.OriginalAnswer)
    def post(self, request: Request) -> Response:
        """Create an account; 409 when the name is taken."""
        services.register(**checked(bodies.OriginalCreateUser, request))
        return success("User created.")


@extend_schema(tags=["original"])
class LoginView(OriginalView):
    throttle_classes = (AddressThrottle,)
    throttle_scope = "sign_in"

    @extend_schema(request=bodies.OriginalSignIn, responses=bodies.OriginalSignedIn)
    def post(self, request: Request) -> Response:
        """Sign in: gives a token and a session cookie, either of which is enough for the other calls."""
        user = prove_password(request=request, **checked(bodies.OriginalSignIn, request))
        services.start_session(request=request, user=user)
        _, token = tokens.issue_token(user=user, request=request)
        return success("Signed in.", user_id=user.pk, token=token)


@extend_schema(tags=["original"])
class ResetPasswordView(OriginalView):
    throttle_classes = (AddressThrottle, PasswordOfUserThrottle)
    throttle_scope = "password"

    @extend_schema(request=bodies.ResetByAnswer, responses=bodies.OriginalAnswer)
    def post(self, request: Request) -> Response:
        """Set a forgotten password by the answer to the security question; its case and outer blanks do not matter."""
        body = checked(bodies.ResetByAnswer, request)
        resets.reset_password_by_answer(
            request=request,
            username=body["username"],
            answer=body["security_answer"],
            new_password=body["new_password"],
        )
        return success("Password changed.")


@extend_schema(tags=["original"])
class DeleteUserView(OriginalView):
    @extend_schema(parameters=[bodies.OriginalDeleteUser], responses={200: bodies.OriginalAnswer})
    def delete(self, request: Request) -> Response:
        """Delete the account of that name: one's own, or for staff anybody's."""
        user = caller(request)
        query = bodies.OriginalDeleteUser(data=request.query_params)
        query.is_valid(raise_exception=True)
        deleted = services.delete_user_named(username=query.validated_data["username"], by=user)
        if deleted == user:
            services.sign_out(request=request)
        return success("User deleted.")
