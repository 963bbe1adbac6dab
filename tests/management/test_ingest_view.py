"""The ingest's counters as a person sees them."""

import asyncio
import io
import logging
import sys
from collections import Counter
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from rich.console import Console

from management import ingest_view
from management.ingest_view import Rates
from telemetry.recorder import Stats


@pytest.fixture
def ingest() -> Any:
    feed = SimpleNamespace(
        sources=SimpleNamespace(drones={1: None, 2: None}),
        received=12_345,
        accepted=12_300,
        refusals=SimpleNamespace(by_reason=Counter({"short": 40, "too fast": 5})),
    )
    publisher = SimpleNamespace(published=600, dropped=2)
    race = SimpleNamespace(race_id=uuid4(), name="Finale", port=9001, feed=feed, publisher=publisher)
    silent = SimpleNamespace(**{**vars(race), "race_id": uuid4(), "name": "Alone", "publisher": None})
    recorder = SimpleNamespace(stats=Stats(recorded=12_000, backlog=300, state="ok"))
    return SimpleNamespace(races={race.race_id: race, silent.race_id: silent}, recorder=recorder, ticks_late=3)


def test_the_line_has_every_counter(ingest: Any) -> None:
    line = ingest_view.line(ingest)
    for part in (
        "2 races", "24,690 datagrams received", "80 short, 10 too fast", "12,000 frames recorded",
        "600 batches published", "300 frames wait", "3 late ticks", "recorder ok",
    ):  # fmt: skip
        assert part in line


async def test_on_a_terminal_it_is_a_live_table_that_leaves_no_trace(ingest: Any) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=140)
    async with ingest_view.shown(ingest, console):
        await asyncio.sleep(0.1)
    text = screen.getvalue()
    for part in ("Finale", "9001", "12,345", "600", "40 short", "waiting for the database 300", "recorded 12,000"):
        assert part in text
    assert "\x1b[?25h" in text, "the cursor is back"


async def test_log_lines_go_above_the_live_table_and_back_to_where_they_went(ingest: Any) -> None:
    terminal = sys.stderr
    to_terminal, to_file = logging.StreamHandler(terminal), logging.StreamHandler(io.StringIO())
    logging.getLogger().addHandler(to_terminal)
    logging.getLogger().addHandler(to_file)
    try:
        file = to_file.stream
        async with ingest_view.shown(ingest, Console(file=io.StringIO(), force_terminal=True)):
            await asyncio.sleep(0.05)
            assert to_terminal.stream is not terminal
            assert to_file.stream is file
        assert to_terminal.stream is terminal
    finally:
        logging.getLogger().removeHandler(to_terminal)
        logging.getLogger().removeHandler(to_file)


async def test_elsewhere_it_is_a_log_line(
    ingest: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ingest_view, "LINE_SECONDS", 0.01)
    with caplog.at_level(logging.INFO, "management.ingest_view"):
        async with ingest_view.shown(ingest, Console(file=io.StringIO(), force_terminal=False)):
            await asyncio.sleep(0.05)
    assert "24,690 datagrams received" in caplog.text


def test_rates_are_frames_a_second_between_two_looks() -> None:
    rates = Rates()
    assert rates.look({"a": 100}, now=10.0) == {"a": 0.0}
    assert rates.look({"a": 350, "new": 90}, now=12.5) == {"a": 100.0, "new": 0.0}
