"""People with a sign-in, their devices' tokens, and the shared cache's table."""

import uuid
from collections.abc import Iterable
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.base import ModelBase
from knox.models import AbstractAuthToken

from accounts.names import MAX_LENGTH, fold, tidy, validate_username


class UserManager(DjangoUserManager["User"]):
    """Finds users by name whatever the case, also for Django's own sign-in and createsuperuser."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username_key=fold(username or ""))

    async def aget_by_natural_key(self, username: str | None) -> "User":
        return await self.aget(username_key=fold(username or ""))


class User(AbstractUser):
    """Somebody with a sign-in: a race host, a pilot, a spectator who wants private races, an admin.

    `security_answer` is a password-style hash of the folded answer; an empty question means that the
    password cannot be reset by answering it. `username_key` is the folded name: databases disagree on
    the case of letters beyond ASCII.
    """

    username = models.CharField(
        max_length=MAX_LENGTH,
        unique=True,
        validators=[validate_username],
        help_text=f"Up to {MAX_LENGTH} visible characters of any script.",
        error_messages={"unique": "This username is taken."},
    )
    username_key = models.CharField(max_length=255, unique=True, editable=False)
    security_question = models.CharField(max_length=200, blank=True)
    security_answer = models.CharField(max_length=128, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    class Meta(AbstractUser.Meta):
        ordering: ClassVar = ["username_key"]

    def __str__(self) -> str:
        return self.username

    @classmethod
    def normalize_username(cls, username: str) -> str:
        return tidy(username)

    def clean(self) -> None:
        super().clean()
        if User.objects.filter(username_key=fold(self.username)).exclude(pk=self.pk).exists():
            raise ValidationError({"username": "This username is taken."})

    def save(
        self,
        *,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        self.username_key = fold(self.username)
        if update_fields is not None and "username" in update_fields:
            update_fields = {*update_fields, "username_key"}
        super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields)


class AuthToken(AbstractAuthToken):
    """A signed-in device: the hash of its token, and what a person knows it by."""

    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["-created"]

    def __str__(self) -> str:
        return self.device


class CacheEntry(models.Model):
    """The table of the database cache (throttles, tickets), as Django's `createcachetable` would make it.

    It is a model so that `migrate` makes it on every database; with a REDIS_URL it stays empty.
    """

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "drift_cache"
        verbose_name_plural = "cache entries"

    def __str__(self) -> str:
        return self.cache_key
