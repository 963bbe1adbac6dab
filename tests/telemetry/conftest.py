"""Fixtures for the tests of telemetry."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from channels.layers import get_channel_layer

from races.models import Race
from races.services import create_race
from telemetry.ingest import Ingest
from telemetry.recorder import Recorder
from tests import servers
from tests.people import leave_the_database
from tests.telemetry.recording import Clock


@pytest.fixture
def race() -> Race:
    return create_race()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(tmp_path: Path, clock: Clock) -> Iterator[Recorder]:
    """Give a recorder without threads; what the test leaves is not recorded."""
    made = Recorder(tmp_path, clock=clock)
    yield made
    made.close()


@pytest.fixture
async def no_connection_stays() -> AsyncIterator[None]:
    """Close the connections of the threads that ask for coroutines: PostgreSQL drops no database in use."""
    yield
    await leave_the_database()


@pytest.fixture
def ports(settings: Any) -> None:
    """Let races listen on free ports of 127.0.0.1."""
    first = servers.free_port(socket.SOCK_DGRAM) // 8 * 8
    settings.DRIFT_UDP_PORTS = range(first, first + 8)
    settings.DRIFT_UDP_HOST = "127.0.0.1"
    settings.DRIFT_RECORD_INTERVAL_MS = 20


@pytest.fixture
async def ingest(tmp_path: Path, ports: None) -> AsyncIterator[Ingest]:
    """Give an ingest that runs."""
    made = Ingest(Recorder(tmp_path), get_channel_layer())
    ready = asyncio.Event()
    running = asyncio.create_task(made.run(on_ready=ready.set))
    await asyncio.wait([asyncio.create_task(ready.wait()), running], return_when=asyncio.FIRST_COMPLETED)
    yield made
    made.stop()
    await running


@pytest.fixture
def sender() -> Iterator[socket.socket]:
    """Give a socket to send datagrams with."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        yield made
