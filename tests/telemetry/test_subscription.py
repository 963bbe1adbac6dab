"""telemetry.subscription on the channel layer of this run."""

import asyncio
import logging
from typing import Any

import pytest
from channels.layers import BaseChannelLayer, get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer

from telemetry import subscription
from telemetry.subscription import Subscription

GROUP = "tests.subscription"


def layer() -> BaseChannelLayer:
    found = get_channel_layer()
    assert found is not None
    return found


def traces() -> list[str]:
    """Give what the layer remembers of this process's channels and of who is in the group."""
    found: Any = layer()
    if isinstance(found, RedisPubSubChannelLayer):
        found = found._get_layer()
    return [*found.channels, *(channel for name, group in found.groups.items() if GROUP in name for channel in group)]


class Heard:
    """What a subscription was handed."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.gaps = 0

    def subscription(self) -> Subscription:
        return Subscription(GROUP, "The tests", self.messages.append, self.gap)

    def gap(self) -> None:
        self.gaps += 1


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_messages_are_handed_on_until_it_is_cancelled() -> None:
    heard = Heard()
    joined = heard.subscription()
    running = asyncio.create_task(joined.run())
    await joined.ready.wait()
    for number in range(3):
        await layer().group_send(GROUP, {"type": "tests.number", "number": number})
    await until(lambda: len(heard.messages) == 3)
    running.cancel()
    await asyncio.wait([running])
    assert [message["number"] for message in heard.messages] == [0, 1, 2]
    assert (heard.gaps, traces()) == (0, [])


async def test_whenever_it_is_cancelled_the_layer_keeps_nothing_for_it() -> None:
    for steps in range(60):
        running = asyncio.create_task(Heard().subscription().run())
        for _ in range(steps):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        await layer().group_send(GROUP, {"type": "tests.number", "number": steps})
    await until(lambda: not subscription._leaving)
    assert traces() == []


async def test_a_layer_that_fails_is_told_once_and_what_it_missed_is_a_gap(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(subscription, "RETRY_SECONDS", 0.01)
    heard, joined = Heard(), layer()
    receive, group_add = joined.receive, joined.group_add
    failures = [ConnectionError("gone")] * 3

    async def receive_once(channel: str) -> dict[str, Any]:
        if heard.messages:
            monkeypatch.setattr(joined, "receive", receive)
            raise ConnectionError("cut")
        message: dict[str, Any] = await receive(channel)
        return message

    async def add_later(group: str, channel: str) -> None:
        await group_add(group, channel)
        if failures and heard.messages:
            raise failures.pop()

    monkeypatch.setattr(joined, "receive", receive_once)
    monkeypatch.setattr(joined, "group_add", add_later)
    made = heard.subscription()
    running = asyncio.create_task(made.run())
    await made.ready.wait()
    await layer().group_send(GROUP, {"type": "tests.number", "number": 0})
    await until(lambda: heard.gaps)
    await layer().group_send(GROUP, {"type": "tests.number", "number": 1})
    await until(lambda: len(heard.messages) == 2)
    running.cancel()
    await asyncio.wait([running])
    assert (failures, traces()) == ([], [])
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 1
