"""Random calls of every operation of the OpenAPI schema on a running server: no server error, no undescribed answer."""

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import requests
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.processes import Installation, installation

pytestmark = pytest.mark.processes

EXAMPLES = 25
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ACCOUNTS = 150  # more than there are operations
MAKE_ACCOUNTS = f"""
from accounts.models import AuthToken, User
for number in range({ACCOUNTS}):
    user = User.objects.create_user(f"caller {{number}}")
    print(user.pk, AuthToken.objects.create(user=user, device="fuzz")[1])
"""
RATES = ("SIGN_IN", "REGISTER", "PASSWORD", "PASSWORD_OF_USER", "WS_TICKET")
schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
# The examples are enough: the phase that walks every boundary of every parameter takes minutes.
schema.config.phases.coverage.enabled = False
names = count(1)


@pytest.fixture(scope="module")
def drift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(tmp_path_factory.mktemp("fuzz")) as made:
        if os.environ.get("TEST_DATABASE_URL"):
            made.migrate()
        free = {f"DRIFT_RATE_{name}": "100000/hour" for name in RATES}
        ports = f"{made.udp_port}-{made.udp_port + 400}"
        made.serve(DRIFT_UDP_PORTS=ports, DRIFT_MAX_ACTIVE_RACES="2", **free)
        yield made


@pytest.fixture(scope="module")
def accounts(drift: Installation) -> Iterator[tuple[int, str]]:
    """Users with a token each, made at once: to register and sign in one takes a second of hashing passwords."""
    code, output = drift.run("shell", "--no-imports", "-c", MAKE_ACCOUNTS)
    assert code == 0, output
    return ((int(user), token) for user, token in (line.split() for line in output.splitlines()[-ACCOUNTS:]))


class Caller:
    """A user of their own for an operation, with a race and a token."""

    def __init__(self, base: str, session: requests.Session, user_id: int, token: str) -> None:
        self.headers = {"Authorization": f"Token {token}"}
        made = session.post(f"{base}/create_race?user_id={user_id}", headers=self.headers, timeout=30)
        assert made.status_code == 200, made.text
        self.known = {"race_id": next(iter(made.json())), "user_id": user_id, "number": 1}

    def fit(self, case: Any) -> None:
        """Let every other example be about what is there: a random id is nobody's."""
        if next(names) % 2:
            case.path_parameters.update({name: self.known[name] for name in case.path_parameters if name in self.known})


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    # One that stays open: a session a call leaves its sockets to the garbage collector, whose warning fails a test.
    with requests.Session() as kept:
        yield kept


@pytest.fixture
def caller(drift: Installation, session: requests.Session, accounts: Iterator[tuple[int, str]]) -> Caller:
    return Caller(drift.http, session, *next(accounts))


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_the_schema_says(
    case: Any, drift: Installation, caller: Caller, session: requests.Session
) -> None:
    caller.fit(case)
    session.cookies.clear()
    case.call_and_validate(
        base_url=drift.http, session=session, headers=caller.headers, checks=CHECKS, timeout=30, stream=False
    )
