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
from tests.unity import UnityClient

pytestmark = pytest.mark.processes

EXAMPLES = 25
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PASSWORD = "correct horse 9"
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


class Caller:
    """A user of their own for an operation, with a race, a track and a token."""

    def __init__(self, base: str) -> None:
        unity = UnityClient(base)
        account = {"username": f"caller {next(names)}", "password": PASSWORD}
        assert unity.call("POST", "/api/auth/register/", account)[0] == 201
        self.user = unity.call("POST", "/login", account)[1]
        self.headers = {"Authorization": f"Token {self.user['token']}"}
        _, race = unity.call("POST", f"/create_race?user_id={self.user['user_id']}")
        self.known = {"race_id": next(iter(race)), "user_id": self.user["user_id"], "number": 1}

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
def caller(drift: Installation) -> Caller:
    return Caller(drift.http)


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
