"""Reading accounts."""

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from accounts.models import AuthToken, User
from accounts.names import fold

MAX_ID = 2**63 - 1  # of the column; a larger number is nobody's


def find_user(username: str) -> User | None:
    """Give the user of this name in any case and spelling, active or not."""
    return User.objects.filter(username_key=fold(username)).first()


def user_by_id(user_id: int) -> User | None:
    """Give the active user with this number."""
    if not 0 < user_id <= MAX_ID:
        return None
    return User.objects.filter(pk=user_id, is_active=True).first()


def devices(user: User) -> QuerySet[AuthToken]:
    """Give the user's tokens that are still good, the newest first."""
    return AuthToken.objects.filter(Q(expiry__isnull=True) | Q(expiry__gt=timezone.now()), user=user)


def token_by_digest(digest: str) -> AuthToken | None:
    """Give the unexpired token of an active user with this hash, with its user."""
    alive = Q(expiry__isnull=True) | Q(expiry__gt=timezone.now())
    return AuthToken.objects.select_related("user").filter(alive, digest=digest, user__is_active=True).first()


def users_with_email(email: str) -> list[User]:
    """Give the active users with this e-mail address in any case, who have a password to forget."""
    users = User.objects.filter(email__iexact=email, is_active=True)
    return [user for user in users if user.email and user.has_usable_password()]


def failed_tries(user: User) -> list[tuple[str | None, int]]:
    """Give, for each address, how many wrong passwords and answers came from it that still count."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    recent = AccessAttempt.objects.filter(username=user.username_key, attempt_time__gte=since)
    counted = recent.values("ip_address").annotate(tries=Sum("failures_since_start")).order_by("-tries")
    return [(row["ip_address"], row["tries"]) for row in counted]
