"""The secret key that DRIFT makes for itself, and lists."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from django.core.exceptions import ImproperlyConfigured

from drift_site import secret_key, settings
from tests.processes import ROOT

READ = "from drift_site import settings; print(settings.SECRET_KEY)"
# Dies like a process that is killed, or a machine that loses its power, while the key is being written.
DIE = f"import os, secrets; secrets.token_urlsafe = lambda length: os._exit(9); {READ}"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Give the key's file in a data directory that is not there yet."""
    return tmp_path / "data" / "secret_key"


def start(directory: Path, code: str = READ) -> "subprocess.Popen[str]":
    """Let a process of its own read the settings of a new embedded installation."""
    own = {
        "DJANGO_SETTINGS_MODULE": "drift_site.settings",
        "DRIFT_ENV_FILE": os.devnull,
        "DRIFT_DATA_DIR": str(directory),
    }
    none = dict.fromkeys(("SECRET_KEY", "DATABASE_URL", "DB_NAME", "REDIS_URL", "DEBUG", "DRIFT_METRICS_LISTEN"), "")
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **own, **none}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def test_a_key_is_made_once_and_is_nobody_elses_to_read(kept: Path) -> None:
    key = secret_key.kept_in(kept.parent)
    assert len(key) > 50
    assert kept.read_text() == key == secret_key.kept_in(kept.parent)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [*kept.parent.iterdir()] == [kept]


def test_several_commands_at_once_have_one_key(tmp_path: Path) -> None:
    running = [start(tmp_path / "data") for _ in range(6)]
    said = [process.communicate(timeout=60) for process in running]
    assert {(out, errors) for out, errors in said} == {((tmp_path / "data" / "secret_key").read_text() + "\n", "")}
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret_key"]


def test_another_one_that_makes_it_meanwhile_is_the_one_that_counts(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.link

    def link(written: Path, name: Path) -> None:
        kept.write_text("o" * 67)
        real(written, name)

    monkeypatch.setattr(os, "link", link)
    assert secret_key.kept_in(kept.parent) == "o" * 67
    assert [*kept.parent.iterdir()] == [kept]


def test_a_process_that_dies_over_it_leaves_no_key(tmp_path: Path) -> None:
    with start(tmp_path, DIE) as process:
        assert process.wait(60) == 9
    assert not (tmp_path / "secret_key").exists()
    said, errors = start(tmp_path).communicate(timeout=60)
    assert (len(said.strip()) > 50, errors) == (True, "")


def test_a_file_system_without_hard_links_has_a_key_as_well(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(_written: Path, _name: Path) -> NoReturn:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    key = secret_key.kept_in(kept.parent)
    assert len(key) > 50
    assert kept.read_text() == key == secret_key.kept_in(kept.parent)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [*kept.parent.iterdir()] == [kept]


@pytest.mark.parametrize("content", [b"", b"\n", b" " * 80, b"x" * 49, b"\0" * 20])
def test_a_file_without_a_key_is_named_with_what_to_do(kept: Path, content: bytes) -> None:
    kept.parent.mkdir()
    kept.write_bytes(content)
    with pytest.raises(ImproperlyConfigured, match="delete it") as refused:
        secret_key.kept_in(kept.parent)
    assert str(kept) in str(refused.value)
    assert kept.read_bytes() == content


def test_the_command_line_says_it_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "secret_key").touch()
    process = start(tmp_path, "import sys, manage; sys.argv = ['manage.py', 'check']; manage.main()")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith(f"Configuration: {tmp_path / 'secret_key'} holds no secret key")
    assert errors.count("\n") == 1


def test_a_key_with_a_line_break_behind_it_is_that_key(kept: Path) -> None:
    kept.parent.mkdir()
    kept.write_text("k" * 60 + "\r\n")
    assert secret_key.kept_in(kept.parent) == "k" * 60


@pytest.mark.parametrize("in_the_way", ["secret_key", ""])
def test_a_place_where_nothing_can_be_kept_is_named(kept: Path, in_the_way: str) -> None:
    if in_the_way:
        kept.mkdir(parents=True)
    else:
        kept.parent.write_text("a file")
    with pytest.raises(ImproperlyConfigured, match="cannot be kept") as refused:
        secret_key.kept_in(kept.parent)
    assert str(kept.parent) in str(refused.value)


@pytest.mark.parametrize("given", ["a.org,b.org", "a.org, b.org", " a.org ,, b.org,"])
def test_blanks_beside_the_commas_of_a_list_make_no_difference(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", given)
    assert settings.names("ALLOWED_HOSTS", []) == ["a.org", "b.org"]
