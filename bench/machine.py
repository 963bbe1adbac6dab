"""On what the figures were measured, and which process runs on which core."""

import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

SERVER_CORE: Final = 0
LOAD_CORE: Final = 1
PACKAGES: Final = ("Django", "channels", "uvicorn", "websockets", "uvloop", "numpy", "picows")


def can_pin() -> bool:
    return hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > LOAD_CORE


def pin(pid: int, core: int) -> None:
    """Keep a process (0: this one) on a core, where the system can, so that load and server do not share one."""
    if sys.platform == "linux" and can_pin():
        os.sched_setaffinity(pid, {core})


def busy() -> bool:
    """Say whether other programs have kept over a third of a core busy for a minute, if the system tells."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.33


def describe() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    apart = "server and load on a core each" if can_pin() else "server and load share the cores"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}; {apart}."
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
