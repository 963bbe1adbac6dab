"""The real commands as processes, on a database and a channel layer of their own."""

import atexit
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

from tests import servers

ROOT = Path(__file__).parents[1]
WAIT_SECONDS = 60.0


class Command:
    """A running `manage.py` command (or another module) and what it has printed."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.name = " ".join(arguments)
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.pid = self._process.pid
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)

    @property
    def output(self) -> str:
        return "".join(self._lines)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def wait_for(self, text: str) -> None:
        """Wait until the command has printed `text`."""
        give_up = time.monotonic() + WAIT_SECONDS
        while text not in self.output:
            if not self.is_running or time.monotonic() > give_up:
                self._reader.join(1)
                if text in self.output:
                    return
                raise AssertionError(f"{self.name} did not print {text!r}:\n{self.output}")
            time.sleep(0.02)

    def wait_for_port(self, port: int) -> None:
        """Wait until the command listens on a TCP port of 127.0.0.1."""
        give_up = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError as error:
                if not self.is_running or time.monotonic() > give_up:
                    raise AssertionError(f"{self.name} does not listen on {port}:\n{self.output}") from error
                time.sleep(0.05)
            else:
                return

    def wait(self, seconds: float = WAIT_SECONDS) -> int:
        """Wait for the command to end; gives its exit code."""
        code = self._process.wait(seconds)
        self._reader.join(5)
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; gives the exit code."""
        if self.is_running:
            self._process.send_signal(number)
        return self.wait()

    def kill(self) -> None:
        if self.is_running:
            self._process.kill()
        self._process.wait()
        self._reader.join(5)
        assert self._process.stdout is not None
        self._process.stdout.close()


class Installation:
    """DRIFT as somebody installed it: its directory, its database, its channel layer, its ports."""

    def __init__(self, directory: Path, *, database_url: str = "", redis_url: str = "") -> None:
        self.directory = directory
        self.database_url = database_url
        self.http_port, self.legacy_port = servers.free_port(), servers.free_port()
        self.udp_port = _free_udp_range()
        self._running: list[Command] = []
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "drift_site.settings",
            "DRIFT_ENV_FILE": os.devnull,
            "DRIFT_DATA_DIR": str(directory),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "DRIFT_REDIS_PREFIX": f"test-{uuid4().hex}",
            "SECRET_KEY": "only-for-tests" if database_url else "",
            "ALLOWED_HOSTS": "*",
            "DRIFT_UDP_HOST": "127.0.0.1",
            "DRIFT_UDP_PORTS": f"{self.udp_port}-{self.udp_port + 7}",
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.http_port}"

    @property
    def legacy_ws(self) -> str:
        return f"ws://127.0.0.1:{self.legacy_port}"

    def start(self, *arguments: str, **environment: str) -> Command:
        """Start a command of manage.py and leave it running."""
        command = Command(["manage.py", *arguments], {**self.environment, **environment})
        self._running.append(command)
        return command

    def start_module(self, *arguments: str, **environment: str) -> Command:
        """Start `python -m …` in this installation and leave it running."""
        command = Command(["-m", *arguments], {**self.environment, **environment})
        self._running.append(command)
        return command

    def start_script(self, path: str, *arguments: str) -> Command:
        """Start a Python file in this installation and leave it running."""
        command = Command([path, *arguments], {**self.environment, "PYTHONPATH": str(ROOT)})
        self._running.append(command)
        return command

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run a command to its end; gives its exit code and what it printed."""
        command = self.start(*arguments, **environment)
        return command.wait(), command.output

    def serve(self, **environment: str) -> Command:
        command = self.start(
            "serve", "--host", "127.0.0.1", "--port", str(self.http_port), "--legacy-port", str(self.legacy_port),
            **environment,
        )  # fmt: skip
        command.wait_for("DRIFT is running")
        return command

    def web_worker(self, port: int) -> Command:
        return self.start("serve", "--no-ingest", "--host", "127.0.0.1", "--port", str(port), "--legacy-port", "0")

    @property
    def database(self) -> str:
        """The name of its database on a server."""
        return urlsplit(self.database_url).path.strip("/")

    def migrate(self) -> None:
        """Make the tables; only one that is not a copy needs it."""
        code, output = self.run("migrate", "--verbosity", "0")
        assert code == 0, output

    def create_race(self, *options: str) -> dict[str, Any]:
        """Create a race; gives its five fields."""
        code, output = self.run("create_race", "--json", *options)
        assert code == 0, output
        fields: dict[str, Any] = next(iter(json.loads(output.splitlines()[-1]).values()))
        return fields

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Give the rows of a query on the installation's database."""
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(query.encode()).fetchall()
        with closing(sqlite3.connect(self.directory / "drift.sqlite3", timeout=20)) as file:
            return file.execute(query).fetchall()

    def frame_count(self) -> int:
        count: int = self.rows("SELECT count(*) FROM telemetry_telemetryframe")[0][0]
        return count

    def close(self) -> None:
        for command in reversed(self._running):
            command.kill()


@contextmanager
def installation(directory: Path, *, fresh: bool = False) -> Iterator[Installation]:
    """Install DRIFT on the backends of this test run: SQLite and memory, or the named servers.

    It is migrated and has its static files, copied from one that was made once; `fresh` is one that never ran.
    """
    url, redis_url = os.environ.get("TEST_DATABASE_URL", ""), os.environ.get("TEST_REDIS_URL", "")
    template = None if fresh else _template(url, redis_url)
    with ExitStack() as stack:
        if url:
            url = stack.enter_context(servers.fresh_database(url, template.database if template else ""))
        if template is not None:
            _copy(template, directory)
        made = Installation(directory, database_url=url, redis_url=redis_url)
        stack.callback(made.close)
        yield made


def embedded_copy(directory: Path) -> None:
    """Fill a data directory with a migrated SQLite database and the static files, made once."""
    directory.mkdir(parents=True, exist_ok=True)
    _copy(_template("", ""), directory)


def _copy(template: Installation, directory: Path) -> None:
    for name in ("drift.sqlite3", "static"):
        source = template.directory / name
        if source.is_dir():
            shutil.copytree(source, directory / name)
        elif source.exists():
            shutil.copy(source, directory / name)


@lru_cache(maxsize=2)
def _template(url: str, redis_url: str) -> Installation:
    """Make the installation that the others are copies of; it goes when the tests end."""
    stack = ExitStack()
    atexit.register(stack.close)
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drift-template-")))
    if url:
        url = stack.enter_context(servers.fresh_database(url))
    made = Installation(directory, database_url=url, redis_url=redis_url)
    made.migrate()
    collect = Command(["-c", "import drift_site.asgi"], made.environment)
    assert collect.wait() == 0, collect.output
    collect.kill()
    made.close()
    return made


def _free_udp_range() -> int:
    # Eight neighbouring ports: a race takes the first free one of the range.
    return servers.free_port() % 40_000 // 8 * 8 + 10_000


def last_number(pattern: str, text: str) -> int:
    """Give the number that `pattern`'s group finds last in `text`."""
    found = re.findall(pattern, text)
    assert found, text
    return int(str(found[-1]).replace(",", ""))
