"""The database as a cache whose counters are exact: Django's own `incr` there reads, then writes."""

import base64
import pickle

from django.core.cache.backends.db import DatabaseCache
from django.db import transaction
from django.utils import timezone

from accounts.models import CacheEntry


class CountingDatabaseCache(DatabaseCache):
    """Django's database cache; `incr` and `decr` hold the row's lock, so that no worker's count is lost."""

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add to a counter and give its new value; ValueError when there is none, as of any Django cache."""
        made = self.make_and_validate_key(key, version=version)
        with transaction.atomic():
            entry = CacheEntry.objects.select_for_update().filter(cache_key=made, expires__gte=timezone.now()).first()
            if entry is None:
                raise ValueError(f"Key '{made}' not found")
            # The parent's encoding, written by this server alone.
            value: int = pickle.loads(base64.b64decode(entry.value)) + delta  # noqa: S301
            entry.value = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("ascii")
            entry.save(update_fields=["value"])
        return value
