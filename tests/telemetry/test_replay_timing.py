"""The laps, crossings and standings of a replay, against those that were told while the race was flown."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from races import timeline
from races.models import Crossing, Gate, Lap, Race, RaceTiming, Reset, Track
from races.services import close_race, create_race, rule_on_drone
from races.services.marshalling import add_lap
from telemetry import replay_timing
from telemetry.frames import FrameArray
from telemetry.hub import Wish
from telemetry.recordings import recording_of
from telemetry.replay_session import DatabaseReader
from telemetry.replay_timing import TimingReplay, timing_of
from telemetry.retiming import retime_race
from telemetry.viewer import MAX_EVENTS
from tests.flown import arena_track, flights, frames_of
from tests.people import make_user, put
from tests.telemetry.builders import START
from tests.telemetry.recording import Clock
from tests.telemetry.replays import TICK_US, Event, flown_live, replayed, ticks, timed_race

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_connection_stays")]

SECONDS = 40.0
SAME = ("place", "drone", "status", "laps", "total_ms", "last_ms", "best_ms", "best_lap", "passed", "laps_down")


@pytest.fixture(scope="module")
def frames() -> FrameArray:
    """Give what three drones fly, with a reset, in the order in which a replay has it."""
    made = frames_of(flights(3, resets=(20.0,)), SECONDS)
    return made[np.lexsort((made["drone"], made["time"]))]


def engine_events(told: list[Event]) -> list[Event]:
    return [event for event in told if event["type"] in {"crossing", "lap"}]


def after_each(told: list[Event]) -> Iterator[tuple[int, list[Event]]]:
    """Give for each number of crossings and laps the first standings after them."""
    count = 0
    given = -1
    for event in told:
        count += event["type"] in {"crossing", "lap"}
        if event["type"] == "standings" and count != given:
            given = count
            yield count, event["standings"]


def lines(standings: list[Event], names: tuple[str, ...] = SAME) -> list[list[Any]]:
    return [[line[name] for name in names] for line in standings]


async def test_a_replay_tells_what_the_live_stream_told(frames: FrameArray) -> None:
    race = await sync_to_async(lambda: create_race(track=arena_track()))()
    live = await flown_live(race, frames)
    async with replayed(race, hurry=4.0) as shown:
        told = await shown.until("ended")
    assert engine_events(told) == engine_events(live)
    assert {event["type"] for event in engine_events(live)} == {"crossing", "lap"}
    then, now = dict(after_each(live)), dict(after_each(told))
    # Several passings in a tick are ranked together live, and one after the other in the replay.
    assert then.keys() - {0} <= now.keys()
    for count in then.keys() - {0}:
        assert lines(now[count]) == lines(then[count])
        for a, b in zip(now[count], then[count], strict=True):
            assert (a["gap_ms"] is None) == (b["gap_ms"] is None)
            assert abs((a["gap_ms"] or 0) - (b["gap_ms"] or 0)) <= 60
            assert abs(a["distance"] - b["distance"]) < 3
    last = [event["standings"] for event in (*live, *told) if event["type"] == "standings"][-1]
    assert lines(last) == lines([event["standings"] for event in live if event["type"] == "standings"][-1])
    assert {line["status"] for line in last} == {"FIN"}


async def test_events_come_between_the_frames_around_them(frames: FrameArray) -> None:
    race = await sync_to_async(timed_race)(frames)
    async with replayed(race, Wish("json", every=5)) as shown:
        told = await shown.until("ended")
    last, seen = 0, 0
    for event in told:
        if event["type"] == "frames":
            times = [round(frame["timestamp"] * 1e6) + START + 1 for frame in event["frames"]]
            assert times[0] > last
            seen += len(times)
            last = times[-1]
        elif event["type"] in {"crossing", "lap"}:
            assert event["time"] <= last
            last = event["time"]
    assert seen == len(frames)


async def test_hello_has_the_track_and_the_standings_of_its_moment(frames: FrameArray) -> None:
    race = await sync_to_async(timed_race)(frames)
    for start, flown in ((None, 0), (0.5, 3), (19.5, 3)):
        async with replayed(race, start=start) as shown:
            await shown.until("playing")
        hello = shown.messages[0]
        assert hello["type"] == "hello"
        assert len(hello["track"]["gates"]) == len(hello["track"]["gates"]) > 1
        assert len(hello["standings"]) == flown
        assert {line["status"] for line in hello["standings"]} <= {"RUN"}
        assert all(line["laps"] == (start == 19.5) for line in hello["standings"])


async def test_a_seek_tells_the_standings_of_that_moment_and_nothing_of_the_future(frames: FrameArray) -> None:
    race = await sync_to_async(timed_race)(frames)
    async with replayed(race) as shown:
        shown.say(type="pause")
        await shown.until("paused")
        laps: list[int] = []
        for to in (19.0, 5.0, SECONDS, 0.5):
            after = len(shown.messages)
            shown.say(type="seek", to=to)
            standings = await shown.standings(after=after)
            laps.append(sum(line["laps"] for line in standings))
            assert [message["type"] for message in shown.messages[after:]][:2] == ["replay", "frames"]
            assert {line["status"] for line in standings} == ({"FIN"} if to == SECONDS else {"RUN"})
        after = len(shown.messages)
        shown.say(type="play")
        again = await shown.until("ended", after=after)
    assert laps == [3, 0, laps[2], 0]
    crossed = [event["time"] for event in engine_events(again)]
    assert crossed == sorted(crossed)
    assert len([event for event in again if event["type"] == "lap"]) == laps[2]


async def test_standings_after_a_seek_are_those_of_playing_up_to_it(frames: FrameArray) -> None:
    race = await sync_to_async(timed_race)(frames, laps=2)
    timing, recording = await sync_to_async(lambda: (timing_of(race), recording_of(race)))()
    assert timing is not None
    reader = DatabaseReader(race.pk, recording.chosen(None))
    clock = Clock()
    played, sought = (TimingReplay(timing, recording.end + 1, clock) for _ in range(2))
    await played.turn_to(recording.start, frames[:0])
    for at, part in enumerate(ticks(frames)):
        end = int(part["time"][-1]) + 1
        clock.now += TICK_US / 1e6
        for time, happened in await played.due(end):
            played.see(part[part["time"] <= time])
            part = part[part["time"] > time]  # noqa: PLW2901  what is left of it
            played.tell(happened)
        played.see(part)
        played.now_and_then()
        if at % 40 == 39:
            played._look()
            wanted = played._now.ranking.now(played._now.follower.whereabouts(), start=timing.start)
            found = await sought.turn_to(end, await reader.latest(end - 1))
            assert lines(found["standings"]) == lines(wanted["standings"])
            for a, b in zip(found["standings"], wanted["standings"], strict=True):
                assert abs(a["distance"] - b["distance"]) < 0.1
                if a["gap_ms"] is not None and b["gap_ms"] is not None:
                    assert abs(a["gap_ms"] - b["gap_ms"]) < 250


async def test_a_loop_tells_the_standings_of_its_beginning_each_time(frames: FrameArray) -> None:
    race = await sync_to_async(timed_race)(frames)
    async with replayed(race, start=12.0, hurry=5.0) as shown:
        shown.say(type="loop", **{"from": 12.0, "to": 18.0})
        async with asyncio.timeout(30):
            while len(jumps(shown.messages)) < 3:
                await asyncio.sleep(0.01)
    rounds = jumps(shown.messages)[:3]
    first = [
        [event for event in shown.messages[begin:end] if event["type"] in {"standings", "crossing", "lap"}]
        for begin, end in pairwise(rounds)
    ]
    assert {events[0]["type"] for events in first} == {"standings"}
    assert [sum(line["laps"] for line in events[0]["standings"]) for events in first] == [0, 0]
    assert engine_events(first[0]) == engine_events(first[1])
    assert len([event for event in first[0] if event["type"] == "lap"]) == 3


def jumps(messages: list[Event]) -> list[int]:
    """Give the places of the messages that tell of a loop that came round."""
    return [at for at, each in enumerate(messages) if each["type"] == "replay" and each["loop"] and each["time"] == 12]


async def test_play_at_the_end_begins_with_the_standings_of_the_beginning(frames: FrameArray) -> None:
    race = await sync_to_async(timed_race)(frames)
    async with replayed(race) as shown:
        first = await shown.until("ended")
        after = len(first)
        shown.say(type="play")
        assert sum(line["laps"] for line in await shown.standings(after=after)) == 0
        again = await shown.until("ended", after=after)
    assert engine_events(again) == engine_events(first)


async def test_a_viewer_of_one_drone_sees_the_race_of_all(frames: FrameArray) -> None:
    race = await sync_to_async(timed_race)(frames)
    async with replayed(race, Wish("json", every=2, drones=frozenset({2}))) as shown:
        told = await shown.until("ended")
    assert {frame["drone"] for event in told if event["type"] == "frames" for frame in event["frames"]} == {2}
    assert {event["drone"] for event in engine_events(told)} == {1, 2, 3}
    assert {len(event["standings"]) for event in told if event["type"] == "standings"} >= {3}


async def test_a_race_that_was_not_timed_tells_none(frames: FrameArray) -> None:
    def untimed() -> Race:
        race = create_race()
        put(race, frames[:500])
        close_race(race=race)
        return race

    race = await sync_to_async(untimed)()
    async with replayed(race) as shown:
        told = await shown.until("ended")
    assert told[0]["standings"] == []
    assert {event["type"] for event in told} == {"hello", "replay", "frames"}


async def test_a_race_timed_again_replays_with_its_new_laps(frames: FrameArray) -> None:
    def retimed() -> Race:
        race = timed_race(frames)
        track = Track.objects.get()
        Gate.objects.filter(track=track, order__gt=3).delete()
        retime_race(race=race, by=None)
        Gate.objects.filter(track=track, order=3).delete()  # which changes nothing for a race that was timed before
        return race

    race = await sync_to_async(retimed)()
    async with replayed(race) as shown:
        told = await shown.until("ended")
    laps = [event for event in told if event["type"] == "lap"]
    assert laps
    assert {event["source"] for event in laps} == {"recalc"}
    assert {event["gate"] for event in told if event["type"] == "crossing"} == {1, 2, 3}
    rows = await sync_to_async(lambda: list(race.laps.order_by("time", "id").values_list("drone", "duration_ms")))()
    assert [(lap["drone"], lap["duration_ms"]) for lap in laps] == rows


async def test_rulings_hold_and_a_marshals_lap_comes_in_its_place(frames: FrameArray) -> None:
    def ruled() -> tuple[Race, User]:
        staff = make_user("marshal", staff=True)
        race = timed_race(frames)
        rule_on_drone(race=race, drone=1, by=staff, kind="disqualify", reason="cut the course")
        Lap.objects.filter(race=race, drone=2, number=1).update(valid=False, ruled="invalid", reason="cut")
        add_lap(race=race, drone=2, by=staff, end=START + 12_000_000, duration_ms=9_000, reason="seen")
        return race, staff

    race, _ = await sync_to_async(ruled)()
    async with replayed(race, hurry=4.0) as shown:
        told = await shown.until("ended")
    places = {line["drone"]: line for event in told if event["type"] == "standings" for line in event["standings"]}
    assert (places[1]["status"], places[1]["place"]) == ("DSQ", None)
    laps = [(event["drone"], event["source"], event["valid"]) for event in told if event["type"] == "lap"]
    assert laps[0] == (2, "manual", True)
    assert (2, "auto", False) in laps


async def test_a_race_that_goes_on_is_replayed_without_a_result(frames: FrameArray) -> None:
    race = await sync_to_async(timed_race)(frames[:3000], over=False)
    async with replayed(race) as shown:
        told = await shown.until("ended")
    last = [event["standings"] for event in told if event["type"] == "standings"][-1]
    assert {line["status"] for line in last} == {"RUN"}


async def test_a_viewer_who_does_not_read_is_waited_for_with_events_too(
    frames: FrameArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_timing, "STANDINGS_SECONDS", 0.0)
    race = await sync_to_async(timed_race)(frames)
    async with replayed(race, Wish("json", every=1, drones=frozenset({9})), hurry=1.0) as shown:
        await shown.until("playing")
        shown.reading.clear()
        assert shown.session is not None
        for _ in range(1000):
            shown.session._player._at += 20_000
            await asyncio.sleep(0)
        assert shown.session._viewer._events_waiting < MAX_EVENTS
        shown.reading.set()
        assert [event for event in await shown.until("ended") if event["type"] == "lap"]


def test_what_happened_is_read_in_bounded_pages(frames: FrameArray) -> None:
    race = timed_race(frames)
    whole, end = timeline.happenings(race.pk, first=START, end=START + 10**9, most=10_000)
    assert end == START + 10**9
    assert len(whole) == sum(model.objects.filter(race=race).count() for model in (Crossing, Lap, Reset))
    parts, first = [], START
    while first < end:
        with CaptureQueriesContext(connection) as queries:
            page, first = timeline.happenings(race.pk, first=first, end=end, most=7)
        assert len(queries) == 3
        assert len([each for each in page if each.event.kind == "crossing"]) <= 7
        parts += page
    assert parts == whole


async def test_a_session_holds_a_page_of_what_happens(frames: FrameArray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_timing, "PAGE", 10)
    race = await sync_to_async(timed_race)(frames)
    timing, recording = await sync_to_async(lambda: (timing_of(race), recording_of(race)))()
    assert timing is not None
    replay = TimingReplay(timing, recording.end + 1, Clock())
    await replay.turn_to(recording.start, frames[:0])
    told, most = 0, 0
    for end in range(recording.start, recording.end + 1_000_000, 500_000):
        told += sum(len(happened) for _, happened in await replay.due(end))
        most = max(most, len(replay._waiting))
    assert told == await sync_to_async(lambda: Crossing.objects.count() + Lap.objects.count() + Reset.objects.count())()
    assert most <= 20


def test_a_race_whose_track_is_gone_was_timed_all_the_same(frames: FrameArray) -> None:
    race = timed_race(frames[:500], laps=2)
    before = timing_of(race)
    Track.objects.all().delete()
    race.refresh_from_db()
    after = timing_of(race)
    assert before is not None
    assert after is not None
    assert (after.course, after.terms.race_format) == (before.course, before.terms.race_format)
    RaceTiming.objects.all().delete()
    assert timing_of(race) is None
