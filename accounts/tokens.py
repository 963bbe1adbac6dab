"""Tokens: what a program shows instead of a session, one for each device."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth import user_logged_in
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import clients
from accounts.errors import NotFound
from accounts.models import AuthToken, User

DEVICE_LENGTH = 100


def issue_token(*, user: User, device: str = "", request: HttpRequest) -> tuple[AuthToken, str]:
    """Give a new token for the device, and its text, which is kept nowhere.

    A named device's earlier token ends. One without a name is called by its program and address, and gets a token
    beside its others, since two programs may look the same. Past DRIFT_MAX_DEVICES the oldest token ends.
    """
    name = " ".join(device.split())[:DEVICE_LENGTH]
    with transaction.atomic():
        # One sign-in at a time for a user, so that the limits hold.
        User.objects.select_for_update().get(pk=user.pk)
        mine = AuthToken.objects.filter(user=user)
        mine.filter(expiry__lte=timezone.now()).delete()
        if name:
            mine.filter(device=name).delete()
        kept = mine.order_by("-created").values_list("pk", flat=True)[: settings.DRIFT_MAX_DEVICES - 1]
        mine.exclude(pk__in=list(kept)).delete()
        token, text = AuthToken.objects.create(user=user, device=name or _looks(request))
    return token, text


def note_sign_in(*, request: HttpRequest, user: User) -> None:
    """Tell that a user signed in without a session: the last sign-in is noted, and their wrong tries forgotten."""
    user_logged_in.send(sender=User, request=request, user=user)


def revoke_device(*, user: User, device_id: UUID) -> None:
    """End the token of one of the user's devices; raises NotFound when it is none of theirs."""
    deleted, _ = AuthToken.objects.filter(user=user, id=device_id).delete()
    if not deleted:
        raise NotFound("You have no such device.")


def revoke_tokens(*, user: User, keep: AuthToken | None = None) -> int:
    """End every token of the user but `keep`; gives how many there were."""
    tokens = AuthToken.objects.filter(user=user)
    if keep is not None:
        tokens = tokens.exclude(pk=keep.pk)
    return tokens.delete()[0]


def _looks(request: HttpRequest) -> str:
    program = " ".join(request.headers.get("User-Agent", "").split()) or "unnamed program"
    where = f" at {clients.address(request) or 'an unknown address'}"
    return program[: DEVICE_LENGTH - len(where)] + where
