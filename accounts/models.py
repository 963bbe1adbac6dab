from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """Somebody with a sign-in: a race host, a pilot, a spectator who wants private races, an admin.

    `security_answer` is a password-style hash of the folded answer; an empty question means that the
    password cannot be reset by answering it.
    """

    security_question = models.CharField(max_length=200, blank=True)
    security_answer = models.CharField(max_length=128, blank=True, editable=False)

    def __str__(self) -> str:
        return self.username
