"""The examples in deploy/ against what the code reads, as far as that shows without a container."""

import re
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from django.apps import apps
from django.conf import settings

from tests.test_conventions import ROOT, SETTINGS, env_settings

IGNORED = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
OWN = sorted({config.name for config in apps.get_app_configs() if Path(config.path).parent == ROOT})


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    return found


def is_in_the_image(path: str) -> bool:
    """Tell what .dockerignore makes of a path: the last pattern counts that fits it or a folder that it lies in."""
    here = PurePosixPath(path)
    kept = True
    for pattern in IGNORED:
        wanted = pattern.removeprefix("!")
        name = wanted.removeprefix("**/")
        assert "/" not in name, "this reads patterns of one name only"
        places = [here, *here.parents][:-1]
        if any(fnmatchcase(place.name, name) for place in places if name != wanted or place.parent.name == ""):
            kept = pattern.startswith("!")
    return kept


@pytest.mark.parametrize(
    "path",
    [
        ".env", ".env.local", ".env.example", "deploy/.env", "accounts/.env", "drift_site/.env.production",
        "var/secret_key", "var/drift.sqlite3", "var/journal/x.journal", "staticfiles/x.css", "drift.sqlite3",
        ".git/config", ".venv/bin/python", "node_modules/x/index.js", "tests/timescale/node_modules/x/index.js",
        ".mypy_cache/x", "accounts/.mypy_cache/x", "races/__pycache__/x.cpython-312.pyc", "races/x.pyc",
        ".hypothesis/x", "tests/conftest.py", "docs/api.md", "recordings.csv", "id_rsa",
    ],
)  # fmt: skip
def test_the_image_has_nothing_of_the_machine_it_is_made_on(path: str) -> None:
    assert not is_in_the_image(path)


def test_the_image_has_all_that_runs() -> None:
    assert {"accounts", "drift_site", "management", "races", "telemetry"} == {*OWN}
    files = [path.relative_to(ROOT) for app in OWN for path in (ROOT / app).rglob("*") if path.is_file()]
    made = {"__pycache__"}
    missing = [path for path in files if not made & {*path.parts} and not is_in_the_image(path.as_posix())]
    assert missing == []
    assert is_in_the_image("manage.py")
    assert is_in_the_image("requirements.txt")


def test_what_compose_sets_is_what_the_settings_read(services: dict[str, dict[str, Any]]) -> None:
    named = {name for each in services.values() if "build" in each for name in each["environment"]}
    assert named - {*SETTINGS} == set()
    assert {"SECRET_KEY", "ALLOWED_HOSTS", "DRIFT_PROXIES", "DRIFT_PUBLIC_URL", "EMAIL_URL", "REDIS_URL"} <= named


def test_the_database_is_ready_only_over_the_network(services: dict[str, dict[str, Any]]) -> None:
    # On its first start the image runs a server on the socket alone, which goes again.
    test = services["database"]["healthcheck"]["test"]
    assert test == ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "drift", "-d", "drift"]
    own = services["migrate"]["environment"]
    names = services["database"]["environment"]
    assert (own["DB_USER"], own["DB_NAME"]) == (names["POSTGRES_USER"], names["POSTGRES_DB"]) == ("drift", "drift")
    assert own["DB_HOST"] == "database"


def test_everything_waits_for_what_it_needs_and_comes_back(services: dict[str, dict[str, Any]]) -> None:
    for name in ("web1", "web2", "ingest"):
        waits = {needed: how["condition"] for needed, how in services[name]["depends_on"].items()}
        assert waits == {"migrate": "service_completed_successfully", "valkey": "service_healthy"}
    assert {name for name, each in services.items() if each["restart"] != "unless-stopped"} == {"migrate"}


def test_the_ports_of_compose_nginx_and_settings_are_the_same(services: dict[str, dict[str, Any]]) -> None:
    conf = (ROOT / "deploy" / "nginx.conf").read_text()
    web = [services[name]["command"] for name in ("web1", "web2")]
    workers = {command[command.index("--port") + 1] for command in web}
    assert set(re.findall(r"server 127\.0\.0\.1:(\d+);", conf)) == workers
    listens = set(re.findall(r"listen (\d+);", conf))
    assert listens == {port.partition(":")[2] for port in services["nginx"]["ports"]}
    assert {"80", str(env_settings()["DRIFT_LEGACY_PORT"])} == listens
    ports = env_settings()["DRIFT_UDP_PORTS"]
    assert services["ingest"]["ports"] == [f"{ports}:{ports}/udp"]
    most = re.findall(r"client_max_body_size (\d+)m;", conf)
    assert [int(size) * 2**20 for size in most] == [settings.DATA_UPLOAD_MAX_MEMORY_SIZE]


def test_the_image_keeps_its_data_where_compose_and_its_own_account_have_it(
    services: dict[str, dict[str, Any]],
) -> None:
    made = (ROOT / "deploy" / "Dockerfile").read_text()
    folder = re.findall(r"DRIFT_DATA_DIR=(\S+)", made)
    assert services["ingest"]["volumes"] == [f"journal:{folder[0]}"]
    assert re.findall(r"--home (\S+) --create-home (\w+)", made) == [(folder[0], "drift")]
    assert re.findall(r"(?m)^(?:USER|VOLUME) (\S+)", made) == ["drift", folder[0]]
    assert "--require-hashes -r requirements.txt" in made
