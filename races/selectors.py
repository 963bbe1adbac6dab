"""Reading races: who may see which, and the views of them that several parts share."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from accounts.models import User
from races.models import Race


def visible_to(user: User | AnonymousUser) -> QuerySet[Race]:
    """Give the races that `user` may know of: the public ones, one's own, those one takes part in; staff: all."""
    if isinstance(user, AnonymousUser):
        return Race.objects.filter(is_public=True)
    if user.is_staff:
        return Race.objects.all()
    return Race.objects.filter(Q(is_public=True) | Q(creator=user) | Q(participants__user=user)).distinct()
