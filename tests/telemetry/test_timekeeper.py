"""The loop's side of timing, with its thread, a real database and real frames."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connections

from races.courses import course_of
from races.models import Lap, Race, Ruling
from races.records import engine_lap
from races.services import bind_track, create_race
from races.timing import Lap as TimedLap
from races.timing import Timer
from telemetry import timekeeper as module
from telemetry.frames import FrameArray
from telemetry.timekeeper import Timekeeper
from tests.flown import arena_track, flights, frames_of, record_flight

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def frames() -> FrameArray:
    return frames_of(flights(2), 45)


@pytest.fixture
async def thread() -> AsyncIterator[ThreadPoolExecutor]:
    made = ThreadPoolExecutor(1)
    yield made
    await asyncio.get_running_loop().run_in_executor(made, connections.close_all)
    made.shutdown()


@sync_to_async
def race_on_a_track(**options: Any) -> Race:
    return create_race(track=arena_track(), **options)


@sync_to_async
def true_laps(race: Race, frames: FrameArray) -> list[TimedLap]:
    track = Race.objects.select_related("track").get(pk=race.pk).track
    assert track is not None
    return [event for event in Timer(course_of(track)).feed(frames) if isinstance(event, TimedLap)]


@sync_to_async
def recorded_laps(race: Race) -> list[TimedLap]:
    return [engine_lap(row) for row in race.laps.order_by("time", "drone")]


async def until_written(race: Race) -> None:
    async with asyncio.timeout(20):
        while not await recorded_laps(race):
            await asyncio.sleep(0.01)


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_race_is_timed_off_the_loop_and_told_in_order(thread: ThreadPoolExecutor, frames: FrameArray) -> None:
    race, told = await race_on_a_track(), list[dict[str, Any]]()
    keeper = Timekeeper(race.pk, thread, told.append)
    keeper.look(race.track_id, {})
    for start, end in pairwise(range(0, len(frames) + 30, 30)):
        keeper.feed(frames[start:end])
        await asyncio.sleep(0)
    await keeper.finish(ended=False)
    laps = await true_laps(race, frames)
    assert await recorded_laps(race) == laps
    assert [(each["drone"], each["number"]) for each in told if each["type"] == "lap"] == [
        (lap.drone, lap.number) for lap in laps
    ]
    assert "standings" in {each["type"] for each in told}
    json.dumps(told, allow_nan=False)


async def test_a_race_without_a_track_costs_nothing_until_it_gets_one(
    thread: ThreadPoolExecutor, frames: FrameArray
) -> None:
    race, told = await sync_to_async(create_race)(), list[dict[str, Any]]()
    keeper = Timekeeper(race.pk, thread, told.append)
    keeper.look(None, {})
    keeper.feed(frames[:2000])
    await sync_to_async(record_flight)(race, frames[:2000])
    track = await sync_to_async(arena_track)()
    await sync_to_async(bind_track)(race=race, track=track)
    keeper.look(track.pk, {1: 1000, 2: 1000})
    keeper.feed(frames[2000:])
    await until(lambda: told)
    await keeper.finish(ended=False)
    assert await recorded_laps(race) == await true_laps(race, frames)


async def test_what_was_ruled_shows_in_the_next_standings(thread: ThreadPoolExecutor, frames: FrameArray) -> None:
    race, told = await race_on_a_track(), list[dict[str, Any]]()
    keeper = Timekeeper(race.pk, thread, told.append)
    keeper.look(race.track_id, {})
    keeper.feed(frames)
    await until(lambda: any(each["type"] == "standings" for each in told))
    await until_written(race)
    ruled = Ruling(race=race, kind=Ruling.Kind.DISQUALIFY, drone=1, reason="cut the course")
    await sync_to_async(ruled.save)()
    await sync_to_async(Lap.objects.filter(race=race, drone=2).update)(valid=False)
    told.clear()
    keeper.look(race.track_id, {})
    await until(lambda: told)
    lines = {line["drone"]: line for line in told[-1]["standings"]}
    await keeper.finish(ended=False)
    assert lines[1]["status"] == "DSQ"
    assert lines[2]["laps"] == 0


async def test_while_the_database_is_away_events_go_out_and_laps_are_written_later(
    thread: ThreadPoolExecutor, frames: FrameArray, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    race, told = await race_on_a_track(), list[dict[str, Any]]()
    keeper = Timekeeper(race.pk, thread, told.append)
    keeper.look(race.track_id, {})
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR):
        broken.setattr("races.records.write", _away)
        keeper.feed(frames)
        await until(lambda: any(each["type"] == "lap" for each in told))
        await until(lambda: caplog.messages)
    assert not await recorded_laps(race)
    keeper.look(race.track_id, {})
    await keeper.finish(ended=False)
    assert await recorded_laps(race) == await true_laps(race, frames)
    assert len([each for each in told if each["type"] == "lap"]) == len(await true_laps(race, frames))


def _away(*_: Any, **__: Any) -> None:
    raise OperationalError("gone")


async def test_frames_beyond_what_may_wait_are_taken_from_the_recording(
    thread: ThreadPoolExecutor, frames: FrameArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    race, told = await race_on_a_track(), list[dict[str, Any]]()
    monkeypatch.setattr(module, "MOST_HELD", 100)
    keeper = Timekeeper(race.pk, thread, told.append)
    keeper.look(race.track_id, {})
    keeper.feed(frames)
    await sync_to_async(record_flight)(race, frames)
    keeper.look(race.track_id, {drone: int(frames["seq"][frames["drone"] == drone].max()) for drone in (1, 2)})
    await keeper.finish(ended=True)
    assert await recorded_laps(race) == await true_laps(race, frames)


async def test_one_race_whose_timing_fails_is_left_alone_and_said(
    thread: ThreadPoolExecutor, frames: FrameArray, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    race, told = await race_on_a_track(), list[dict[str, Any]]()
    keeper = Timekeeper(race.pk, thread, told.append)
    monkeypatch.setattr("telemetry.timed_race.feed", _broken)
    keeper.look(race.track_id, {})
    keeper.feed(frames)
    await until(lambda: "is not timed any more" in caplog.text)
    keeper.look(race.track_id, {})
    keeper.feed(frames)
    await keeper.finish(ended=True)
    assert told == []


async def test_whatever_happens_at_its_end_a_race_is_left_behind(
    thread: ThreadPoolExecutor, frames: FrameArray, caplog: pytest.LogCaptureFixture
) -> None:
    race, told = await race_on_a_track(), list[dict[str, Any]]()
    keeper = Timekeeper(race.pk, thread, told.append)
    keeper.look(race.track_id, {})
    keeper.feed(frames[:200])
    await until(lambda: told)
    await Race.objects.filter(pk=race.pk).adelete()
    await keeper.finish(ended=True)
    assert "could not be timed to its end" in caplog.text


def _broken(*_: Any) -> None:
    raise ZeroDivisionError
