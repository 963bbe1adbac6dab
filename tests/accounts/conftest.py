from collections.abc import Callable

import pytest
from django.conf import settings
from django.core.cache import cache
from rest_framework.test import APIClient

from accounts import services
from accounts.models import User

PASSWORD = "correct horse 9"
ANSWER = "Blue Whale"


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    """Throttles count in the shared cache: as the database, it is rolled back with a test, as Redis it is not."""
    if settings.REDIS_URL:
        cache.clear()


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(username: str = "alice", **more: str) -> User:
        given = {"password": PASSWORD, "security_question": "Animal?", "security_answer": ANSWER, **more}
        return services.register(username=username, **given)

    return make


@pytest.fixture
def alice(make_user: Callable[..., User]) -> User:
    return make_user("alice", email="alice@example.org")


@pytest.fixture
def client() -> APIClient:
    return APIClient()


@pytest.fixture
def signed_in(alice: User) -> APIClient:
    """A client with a token of alice's."""
    api = APIClient()
    answer = api.post("/api/auth/login/", {"username": "alice", "password": PASSWORD, "device": "headset"})
    api.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    return api
