"""`python -m tests [pytest arguments]`: the suite on SQLite and memory, then on real servers.

1. SQLite and the in-memory channel layer, as `manage.py serve` runs by default;
2. PostgreSQL and Valkey, as many processes run;
3. the tests marked `timescale` on TimescaleDB.

TEST_DATABASE_URL and TEST_REDIS_URL name servers of your own: then the suite runs once, on those. A pass whose
server this machine cannot run is skipped, and says why. The exit code is pytest's worst one.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from tests import servers

# As many processes as cores, up to half of the databases that Redis has; a file's tests stay together, since some
# share a server. Debugging wants `-n 0`.
IN_PARALLEL = ["-n", "auto", "--maxprocesses", "8", "--dist", "loadfile"]
NO_TESTS = 5  # pytest's exit code when the arguments select none
ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Pass:
    """One run of the suite: its name, what it needs started, and how it went."""

    name: str
    environment: Callable[[ExitStack], dict[str, str]]
    arguments: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {"passed": 0, "failed": 0, "skipped": 0})
    exit_code: int = 0
    seconds: float = 0.0
    unavailable: str = ""

    def run(self, given: list[str]) -> None:
        print(f"\n=== {self.name} ===", flush=True)
        started = time.monotonic()
        with ExitStack() as stack:
            try:
                environment = self.environment(stack)
            except servers.Unavailable as reason:
                self.unavailable = str(reason)
                print(f"skipped: {reason}", flush=True)
                return
            report = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drift-report-"))) / "junit.xml"
            command = [sys.executable, "-m", "pytest", *self.arguments, *given, f"--junitxml={report}"]
            self.exit_code = subprocess.call(command, cwd=ROOT, env={**os.environ, **environment})
            self.count(report)
        self.seconds = time.monotonic() - started

    def count(self, report: Path) -> None:
        if not report.exists():
            return
        suites = ET.parse(report).getroot().iter("testsuite")
        for suite in suites:
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            self.counts["failed"] += failed
            self.counts["skipped"] += skipped
            self.counts["passed"] += int(suite.get("tests", 0)) - failed - skipped

    def summary(self) -> str:
        if self.unavailable:
            return f"{self.name}: skipped, {self.unavailable}"
        if self.exit_code == NO_TESTS:
            return f"{self.name}: the arguments select no test"
        counted = ", ".join(f"{count} {name}" for name, count in self.counts.items())
        broken = "" if self.exit_code in {0, 1} else f" (pytest ended with code {self.exit_code})"
        return f"{self.name}: {counted} in {self.seconds:.0f} s{broken}"


def embedded(_: ExitStack) -> dict[str, str]:
    return {"TEST_DATABASE_URL": "", "TEST_REDIS_URL": ""}


def real_servers(stack: ExitStack) -> dict[str, str]:
    return {
        "TEST_DATABASE_URL": stack.enter_context(servers.postgres()),
        "TEST_REDIS_URL": stack.enter_context(servers.valkey()),
    }


def timescale(stack: ExitStack) -> dict[str, str]:
    url = stack.enter_context(servers.timescale())
    return {"TEST_DATABASE_URL": url, "TEST_REDIS_URL": "", "TEST_TIMESCALE": "1"}


def named(_: ExitStack) -> dict[str, str]:
    return {}


def passes(given: list[str]) -> Iterator[Pass]:
    if os.environ.get("TEST_DATABASE_URL") or os.environ.get("TEST_REDIS_URL"):
        yield Pass("the servers of TEST_DATABASE_URL and TEST_REDIS_URL", named, IN_PARALLEL)
        return
    yield Pass("SQLite and memory", embedded, IN_PARALLEL)
    # The browser sees the same pages whatever is behind them.
    yield Pass("PostgreSQL and Valkey", real_servers, [*IN_PARALLEL, "-m", "not browser and not soak"])
    if not any(argument.startswith("-m") for argument in given):
        yield Pass("TimescaleDB", timescale, ["-m", "timescale and not soak"])


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM end the run as Ctrl-C does, so that no server stays behind."""

    def leave(*_: object) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(given: list[str]) -> int:
    done: list[Pass] = []
    with stoppable():
        for one in passes(given):
            one.run(given)
            done.append(one)
    print("\n=== all passes ===")
    for one in done:
        print(one.summary())
    total = {name: sum(one.counts[name] for one in done) for name in ("passed", "failed", "skipped")}
    ran = [one.exit_code for one in done if not one.unavailable and one.exit_code != NO_TESTS]
    # A run that broke off (usage, interrupt, internal error) failed even where it counted no failure.
    total["failed"] += sum(1 for one in done if one.exit_code not in {0, 1, NO_TESTS} and not one.counts["failed"])
    print(", ".join(f"{count} {name}" for name, count in total.items()))
    return max(ran) if ran else NO_TESTS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
