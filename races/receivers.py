"""What races does when accounts tells it something."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import user_deleting
from races.services import keeping


@receiver(user_deleting)
def take_off_all_races(user: User, **_: Any) -> None:
    keeping.take_off_all_races(user=user)
