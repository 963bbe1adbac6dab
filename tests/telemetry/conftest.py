"""Fixtures for the tests of telemetry."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from races.models import Race
from races.services import create_race
from telemetry.recorder import Recorder
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
