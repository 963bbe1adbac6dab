from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.people import client_of, make_user


@pytest.fixture
def ann(db: None) -> User:
    return make_user("ann")


@pytest.fixture
def bob(db: None) -> User:
    return make_user("bob")


@pytest.fixture
def staff(db: None) -> User:
    return make_user("staff", staff=True)


@pytest.fixture
def as_(db: None) -> Callable[[User | None], APIClient]:
    """Give the client of a user, or of nobody."""
    return client_of
