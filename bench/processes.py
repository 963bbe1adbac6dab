"""The processes that are measured: started, pinned to the server's core, ended."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from bench import machine
from tests.servers import free_port

ROOT: Final = Path(__file__).resolve().parent.parent
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 20.0


class Failed(Exception):
    """A process that was to be measured did not do its part; the text has the end of what it printed."""


@contextmanager
def running(
    arguments: list[str], environment: dict[str, str], *, tcp_port: int = 0, says: bytes = b""
) -> Iterator[int]:
    """Run Python with `arguments` on the server's core; gives its pid once it listens on `tcp_port` (0: at once).

    `says` is what it prints once it is ready: a socket may listen long before, and starting up would be measured.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            machine.pin(process.pid, machine.SERVER_CORE)
            if tcp_port and not _listens(tcp_port, process):
                raise Failed(f"{' '.join(arguments)} does not listen:\n{_tail(output.fileno())}")
            if says and not _has_said(says, output.fileno(), process):
                raise Failed(f"{' '.join(arguments)} did not get ready:\n{_tail(output.fileno())}")
            yield process.pid
            if process.poll() is not None:
                raise Failed(f"{' '.join(arguments)} ended with {process.returncode}:\n{_tail(output.fileno())}")
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()
            process.wait()


def plain_environment() -> dict[str, str]:
    """Give the environment of a process that is not DRIFT."""
    return dict(os.environ)


def call(arguments: list[str], environment: dict[str, str]) -> str:
    """Run Python with `arguments` to its end and give what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise Failed(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def drift(races: int, database_url: str = "", redis_url: str = "") -> Iterator[tuple[dict[str, str], list[list[str]]]]:
    """Set up a DRIFT of its own; gives its environment, and the races' ids and UDP ports."""
    with ExitStack() as stack:
        first = free_udp_ports(races)
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "drift_site.settings",
            "DRIFT_ENV_FILE": os.devnull,
            "DRIFT_DATA_DIR": stack.enter_context(tempfile.TemporaryDirectory(prefix="drift-bench-")),
            "DRIFT_UDP_PORTS": f"{first}-{first + races - 1}",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            # Each measurement's drones are new ones to a race that was flown before.
            "DRIFT_MAX_DRONES": "1000",
            "SECRET_KEY": "only-for-measuring",
            "ALLOWED_HOSTS": "*",
        }
        call(["manage.py", "migrate", "--verbosity", "0"], environment)
        created = call(["-m", "bench.database", "create", str(races)], environment)
        yield environment, [line.split() for line in created.splitlines()]


@contextmanager
def counting(environment: dict[str, str]) -> Iterator[Callable[[], int]]:
    """Give a function that counts the recorded frames in a DRIFT's database, in a process that stays for it."""
    command = [sys.executable, "-m", "bench.database", "count"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def count() -> int:
            asked.write("\n")
            asked.flush()
            return int(answers.readline())

        yield count
        asked.close()


def free_udp_ports(count: int) -> int:
    """Find `count` free UDP ports in a row; gives the first."""
    while True:
        first = free_port(socket.SOCK_DGRAM)
        with ExitStack() as stack, suppress(OSError, OverflowError):
            for port in range(first, first + count):
                sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                sock.bind(("0.0.0.0", port))
            return first


def _has_said(text: bytes, output: int, process: "subprocess.Popen[bytes]") -> bool:
    give_up = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        if text in os.pread(output, 1 << 20, 0):
            return True
        time.sleep(0.05)
    return False


def _listens(port: int, process: "subprocess.Popen[bytes]") -> bool:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.1)
    return False


def _tail(descriptor: int) -> str:
    with os.fdopen(os.dup(descriptor), "rb") as output:
        output.seek(0)
        return output.read()[-2000:].decode(errors="replace")
