"""What the tests of every app need."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from channels.layers import channel_layers
from pytest_django import Settings

from tests import servers

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    no_browser = pytest.mark.skip(reason="needs Chromium (Debian: apt-get install chromium)")
    no_timescale = pytest.mark.skip(reason="needs TimescaleDB (python -m tests starts one where node is installed)")
    for item in items:
        if item.get_closest_marker("browser") and CHROMIUM is None:
            item.add_marker(no_browser)
        timescale = item.get_closest_marker("timescale")
        if timescale and timescale.kwargs.get("only") and not os.environ.get("TEST_TIMESCALE"):
            item.add_marker(no_timescale)


@pytest.fixture(autouse=True)
def _own_channel_layer() -> Iterator[None]:
    """Give each test a channel layer of its own: a layer keeps groups and queues from one test to the next."""
    channel_layers.backends.clear()
    yield
    channel_layers.backends.clear()


@pytest.fixture(autouse=True)
def _own_cache(settings: Settings) -> None:
    """Hide what other tests left in Redis (throttles, lockouts); the database's cache goes with the test's rows."""
    if settings.REDIS_URL:
        settings.CACHES = {"default": {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid4().hex}"}}


@pytest.fixture(scope="session")
def chromium() -> str:
    """Give the path of Chromium; tests that ask for it carry the marker `browser`."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    return CHROMIUM


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Give a function that finds a free TCP port of 127.0.0.1."""
    return servers.free_port


@pytest.fixture
def free_udp_port() -> Callable[[], int]:
    """Give a function that finds a free UDP port of 127.0.0.1."""
    return lambda: servers.free_port(socket.SOCK_DGRAM)
