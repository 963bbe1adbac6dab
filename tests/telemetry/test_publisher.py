import asyncio
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer

from telemetry import publisher
from telemetry.publisher import MAX_EVENTS, MAX_WAITING, Publisher


class Layer(InMemoryChannelLayer):
    """A layer that can stand still or fail."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.awake = asyncio.Event()
        self.awake.set()
        self.failure: Exception | None = None

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self.awake.wait()
        if self.failure is not None:
            raise self.failure
        self.sent.append(message)


def frames(number: int) -> dict[str, Any]:
    return {"type": "race.frames", "number": number}


EVENT = {"type": "race.event", "event": {"type": "race"}}


async def test_messages_arrive_in_order_and_closing_waits_for_them() -> None:
    layer = Layer()
    race = Publisher(layer, "race.x")
    for number in range(10):
        race.put(frames(number))
    race.put(EVENT)
    await race.close()
    assert layer.sent == [*map(frames, range(10)), EVENT]
    assert race.published == 11


async def test_a_layer_that_stands_still_costs_old_batches_and_no_event() -> None:
    layer = Layer()
    layer.awake.clear()
    race = Publisher(layer, "race.x")
    race.put(EVENT)
    for number in range(500):
        race.put(frames(number))
        assert len(race._waiting) <= MAX_WAITING + 1
    layer.awake.set()
    await race.close()
    numbers = [message["number"] for message in layer.sent if message["type"] == "race.frames"]
    assert numbers == list(range(500))[-len(numbers) :]
    assert EVENT in layer.sent
    assert race.dropped == 500 - len(numbers)


async def test_a_layer_that_stands_still_for_long_costs_old_events_and_then_a_number() -> None:
    layer = Layer()
    layer.awake.clear()
    race = Publisher(layer, "race.x")
    events = [{"type": "race.event", "event": {"type": "lap", "number": number}} for number in range(3 * MAX_EVENTS)]
    for event in events:
        race.put(event)
        assert len(race._waiting) <= MAX_EVENTS
    race.put(frames(1))
    race.put(frames(2))
    layer.awake.set()
    await race.close()
    assert frames(1) not in layer.sent, "the hub, which sees the gap, asks how the race stands"
    assert layer.sent[-1] == frames(2)
    assert layer.sent[-MAX_EVENTS // 2 : -1] == events[-MAX_EVENTS // 2 + 1 :]
    assert race.dropped == len(events) + 2 - len(layer.sent)


async def test_a_layer_that_fails_is_told_once_and_used_again(caplog: pytest.LogCaptureFixture) -> None:
    layer = Layer()
    layer.failure = ConnectionError("gone")
    race = Publisher(layer, "race.x")
    for number in range(3):
        race.put(frames(number))
    while race.dropped < 3:
        await asyncio.sleep(0)
    layer.failure = None
    race.put(frames(3))
    await race.close()
    assert [message["number"] for message in layer.sent] == [3]
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "race.x: the channel layer takes no messages: gone"
    ]


async def test_a_frozen_layer_does_not_keep_it_from_closing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "TIMEOUT_SECONDS", 0.01)
    layer = Layer()
    layer.awake.clear()
    race = Publisher(layer, "race.x")
    for number in range(20):
        race.put(frames(number))
    await race.close()
    assert layer.sent == []
