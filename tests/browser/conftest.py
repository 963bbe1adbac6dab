"""The real server, a simulator and a real browser, each a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from tests import servers
from tests.processes import embedded_copy

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 60.0
STOP_SECONDS = 20.0
LAUNCH = [
    "--no-sandbox",
    # WebGL without a graphics card.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Drift:
    """`manage.py serve` with a database of its own; it can be killed and started again on the same port."""

    def __init__(self, data: Path) -> None:
        self.port = servers.free_port()
        first = min(servers.free_port(socket.SOCK_DGRAM), 65_530)
        self.first_udp_port = first
        self.log = data / "serve.log"
        embedded_copy(data / "var")
        # The machine's own settings must not reach the server: it has this database, this port, and no Redis.
        ours = {
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "DRIFT_ENV_FILE": os.devnull,
            "SECRET_KEY": "",
            "DRIFT_PUBLIC_URL": "",
        }
        ours |= {"DRIFT_DATA_DIR": str(data / "var"), "DRIFT_UDP_PORTS": f"{first}-{first + 4}", "PYTHONUTF8": "1"}
        ours |= {"DJANGO_SETTINGS_MODULE": "drift_site.settings", "ALLOWED_HOSTS": "*", "DRIFT_UDP_HOST": "127.0.0.1"}
        gone = {"DRIFT_PUBLIC_URL", "DB_NAME", "DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DEBUG"}
        self.environment = {name: value for name, value in os.environ.items() if name not in gone} | ours
        self._server: subprocess.Popen[bytes] | None = None
        self._senders: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._server = self._popen(
                "serve", "--host", "127.0.0.1", "--port", str(self.port), "--legacy-port", "0", output=log
            )
        give_up = time.monotonic() + START_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/races.json", timeout=5).close()
            except OSError as error:
                if self._server.poll() is not None or time.monotonic() > give_up:
                    raise AssertionError(f"serve did not start:\n{self.log.read_text()}") from error
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """End the server as a power cut does."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def stop(self) -> None:
        for sender in self._senders:
            sender.kill()
            sender.wait()
        if self._server is not None:
            self._server.send_signal(signal.SIGTERM)
            try:
                self._server.wait(STOP_SECONDS)
            finally:
                self._server.kill()
                self._server.wait()

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def create_race(self, name: str, *, track: str = "") -> str:
        """Give the ID of a new race; `track` is the name of the one it is flown on."""
        return self.manage("create_race", "--name", name, *(["--track", track] if track else [])).split()[-1]

    def create_arena(self) -> str:
        """Make the track that simulated drones fly unless told otherwise; gives its name."""
        make = "from management.tracks import arena_track; print(arena_track().name)"
        return self.manage("shell", "--no-imports", "-c", make).strip()

    def fly(self, *, port: int | None = None, drones: int = 3, options: Sequence[str] = ()) -> Callable[[], None]:
        """Let simulated drones fly; gives the function that ends it."""
        to = f"127.0.0.1:{port or self.first_udp_port}"
        sender = self._popen("simulate", "--drones", str(drones), *options, "--udp", to, output=subprocess.DEVNULL)
        self._senders.append(sender)

        def stop() -> None:
            sender.kill()
            sender.wait()

        return stop

    def _popen(self, *arguments: str, output: Any) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=output, stderr=output)


@pytest.fixture
def drift(tmp_path: Path) -> Iterator[Drift]:
    server = Drift(tmp_path)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=LAUNCH)
        yield started
        await started.close()


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page whose scripts must not fail."""
    opened = await browser.new_page()
    failures = watch(opened)
    yield opened
    await opened.close()
    assert failures == []


async def comes_to_rest(page: Page, drawn: str) -> int:
    """Wait until `drawn`, a script's count of pictures, has not risen for two seconds; give it."""
    before = -1
    for _ in range(30):
        now = int(await page.evaluate(drawn))
        if now == before:
            return now
        before = now
        await page.wait_for_timeout(2000)
    raise AssertionError(f"{drawn} rises and rises")


def watch(page: Page) -> list[str]:
    """Give a list that fills with what the page's scripts throw or log as an error."""
    failures: list[str] = []

    def logged(message: ConsoleMessage) -> None:
        # Chromium itself logs every connection that a server which is away refuses, or drops as it goes.
        away = "ERR_CONNECTION" in message.text or "before receiving a handshake response" in message.text
        if message.type == "error" and not away:
            failures.append(f"{message.text} {message.location}")

    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", logged)
    return failures
