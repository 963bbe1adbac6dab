"""The ingest service step by step, with a real recorder, real sockets and the real channel layer."""

import asyncio
import contextlib
import logging
import socket
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import InterfaceError, OperationalError
from django.db.models.functions import Now

from races import ingest_host
from races.announce import race_group
from races.models import IngestHost, Race
from races.services import ask_to_end, create_race
from telemetry.batches import Batch
from telemetry.ingest import AlreadyRunning, Ingest
from telemetry.models import TelemetryFrame
from telemetry.recorder import RaceRecording, Recorder
from tests.telemetry.builders import datagram
from tests.telemetry.ingesting import new_race, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ports", "no_connection_stays")]


async def subscribe(race: Race) -> tuple[Any, str]:
    layer = get_channel_layer()
    assert layer is not None
    channel = await layer.new_channel()
    await layer.group_add(race_group(race.pk), channel)
    return layer, channel


async def test_one_message_a_tick_holds_all_frames_of_a_race(ingest: Ingest, sender: socket.socket) -> None:
    race = await new_race(ingest)
    layer, channel = await subscribe(race)
    running = ingest.races[race.pk]
    for number in range(10):
        sender.sendto(datagram(position=(number, 0, 0)), ("127.0.0.1", race.udp_port))
    await until(lambda: running.feed.accepted == 10)
    first = await layer.receive(channel)
    assert (first["type"], first["event"]["status"]) == ("race.event", "live")
    seqs: list[int] = []
    numbers: list[int] = []
    async with asyncio.timeout(10):
        while len(seqs) < 10:
            batch = Batch.from_message(await layer.receive(channel))
            numbers.append(batch.number)
            seqs += batch.frames["seq"].tolist()
    assert seqs == list(range(1, 11))
    assert numbers == list(range(1, len(numbers) + 1))
    assert batch.drone_ids == {1: "127.0.0.1"}


async def test_counts_and_status_are_kept_with_the_frames(ingest: Ingest, sender: socket.socket) -> None:
    race = await new_race(ingest)
    sent = datagram()
    for _ in range(20):
        sender.sendto(sent, ("127.0.0.1", race.udp_port))
    await until(lambda: ingest.recorder.stats.recorded == 20)
    await race.arefresh_from_db()
    assert (race.status, race.frame_count, race.byte_count) == ("live", 20, 20 * len(sent))
    assert await TelemetryFrame.objects.filter(race=race).acount() == 20
    assert race.started_at is not None
    first = await TelemetryFrame.objects.filter(race=race).order_by("time").afirst()
    assert first is not None
    assert first.time == race.started_at
    assert await race.drones.acount() == 1


async def test_an_ending_race_is_drained_closed_and_its_port_free(ingest: Ingest, sender: socket.socket) -> None:
    race = await new_race(ingest)
    layer, channel = await subscribe(race)
    for _ in range(5):
        sender.sendto(datagram(), ("127.0.0.1", race.udp_port))
    await database_sync_to_async(ask_to_end)(race_id=race.pk)
    await until(lambda: race.pk not in ingest.races)
    port = race.udp_port
    await race.arefresh_from_db()
    assert (race.status, race.udp_port, race.frame_count, race.saved) == ("ended", None, 5, True)
    last: dict[str, Any] = {}
    async with asyncio.timeout(10):
        while last.get("event", {}).get("status") != "ended":
            last = await layer.receive(channel)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", port))


async def test_a_race_created_and_ended_before_a_frame_is_not_saved(ingest: Ingest) -> None:
    race = await new_race(ingest)
    await database_sync_to_async(ask_to_end)(race_id=race.pk)
    await until(lambda: race.pk not in ingest.races)
    await race.arefresh_from_db()
    assert (race.status, race.saved) == ("ended", False)


async def test_a_silent_race_ends_by_itself(ingest: Ingest, settings: Any) -> None:
    race = await new_race(ingest)
    ingest.races[race.pk].feed.last_heard_ns -= (settings.DRIFT_SILENT_MINUTES * 60 + 1) * 10**9
    await until(lambda: race.pk not in ingest.races)
    await race.arefresh_from_db()
    assert race.status == "ended"


async def test_a_race_that_was_deleted_is_let_go(ingest: Ingest, sender: socket.socket) -> None:
    race = await new_race(ingest)
    sender.sendto(datagram(), ("127.0.0.1", race.udp_port))
    await Race.objects.filter(pk=race.pk).adelete()
    await until(lambda: race.pk not in ingest.races)


async def test_one_races_fault_is_not_anothers(
    ingest: Ingest, sender: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = await new_race(ingest), await new_race(ingest)
    ingest.races[broken.pk].feed.format = None  # type: ignore[assignment]
    feed = ingest.races[broken.pk].feed
    feed._pending.append((0, 0, ("127.0.0.1", 1), b"x"))
    sender.sendto(datagram(), ("127.0.0.1", sound.udp_port))
    await until(lambda: ingest.races[sound.pk].feed.accepted == 1)
    assert "a tick failed" in caplog.text


async def test_a_race_that_cannot_be_opened_keeps_no_other_from_opening_or_ending(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ending = await new_race(ingest)
    open_journal, broken = ingest.recorder.open, set[Any]()

    def refuse(race: Race) -> RaceRecording:
        broken.add(race.pk) if not broken else None
        if race.pk in broken:
            raise PermissionError(13, "Permission denied", "journal")
        return open_journal(race)

    monkeypatch.setattr(ingest.recorder, "open", refuse)
    unlucky = await database_sync_to_async(create_race)()
    await until(lambda: unlucky.pk in broken)
    sound = await new_race(ingest)
    await database_sync_to_async(ask_to_end)(race_id=ending.pk)
    await until(lambda: ending.pk not in ingest.races)
    assert sound.pk in ingest.races
    assert unlucky.pk not in ingest.races
    await until(lambda: "Permission denied" in caplog.text)
    await unlucky.arefresh_from_db()
    assert unlucky.problem == "It cannot be recorded on this host: [Errno 13] Permission denied: 'journal'"
    assert caplog.text.count("It cannot be recorded on this host") == 1
    monkeypatch.setattr(ingest.recorder, "open", open_journal)
    await until(lambda: unlucky.pk in ingest.races)
    await unlucky.arefresh_from_db()
    assert unlucky.problem == ""


async def test_while_the_recorder_waits_for_the_database_the_heart_beats_on(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    open_journal = ingest.recorder.open

    def slowly(race: Race) -> RaceRecording:
        release.wait(30)
        return open_journal(race)

    monkeypatch.setattr(ingest.recorder, "open", slowly)
    race = await database_sync_to_async(create_race)()
    beats = set[Any]()
    async with asyncio.timeout(30):
        while len(beats) < 3:
            beats.add((await IngestHost.objects.aget()).beat_at)
            await asyncio.sleep(0.1)
    assert race.pk not in ingest.races
    release.set()
    await until(lambda: race.pk in ingest.races)


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
async def test_a_beat_that_fails_is_not_the_last_one(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    beat, failures = ingest_host.beat, [error("gone")] * 2

    def failing(token: UUID) -> bool:
        if failures:
            raise failures.pop()
        return beat(token)

    before = (await IngestHost.objects.aget()).beat_at
    monkeypatch.setattr(ingest_host, "beat", failing)
    async with asyncio.timeout(30):
        while failures or (await IngestHost.objects.aget()).beat_at == before:
            await asyncio.sleep(0.1)
    assert not ingest._stopping.is_set()


async def test_viewers_are_told_that_a_race_is_ending_and_then_that_it_has_ended(ingest: Ingest) -> None:
    race = await new_race(ingest)
    layer, channel = await subscribe(race)
    ingest.races[race.pk].feed.last_heard_ns -= 10**15  # silent for long: the ingest itself asks for the end
    told: list[str] = []
    async with asyncio.timeout(20):
        while "ended" not in told:
            told.append((await layer.receive(channel))["event"]["status"])
    assert told == ["ending", "ended"]


async def test_a_full_disk_is_told_and_viewers_go_on(
    ingest: Ingest, sender: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    race = await new_race(ingest)
    layer, channel = await subscribe(race)
    running = ingest.races[race.pk]

    class Full:
        def append(self, *_: object) -> None:
            raise OSError(28, "No space left on device")

    recording, running.recording = running.recording, Full()  # type: ignore[assignment]
    sender.sendto(datagram(), ("127.0.0.1", race.udp_port))
    await until(lambda: running.unrecorded == 1)
    running.recording = recording
    types = [(await layer.receive(channel))["type"] for _ in range(2)]
    assert types == ["race.event", "race.frames"]
    assert "1 frames are NOT recorded: [Errno 28] No space left on device" in caplog.text


async def test_a_living_owner_is_not_pushed_aside(ingest: Ingest, tmp_path: Path) -> None:
    second = Ingest(Recorder(tmp_path / "other"), None)
    with pytest.raises(AlreadyRunning, match="already runs for this database"):
        async with asyncio.timeout(20):
            await second._ownership.claim()
    await second._leave_database()


async def test_a_successor_makes_this_one_stop(ingest: Ingest, caplog: pytest.LogCaptureFixture) -> None:

    with caplog.at_level(logging.CRITICAL):
        await IngestHost.objects.aupdate(token=uuid4(), beat_at=Now() + timedelta(seconds=0))
        await until(ingest._stopping.is_set)
    assert "taken over" in caplog.text


async def test_without_a_layer_frames_are_recorded_and_not_published(tmp_path: Path, sender: socket.socket) -> None:
    made = Ingest(Recorder(tmp_path), None)
    running = asyncio.create_task(made.run())
    race = await database_sync_to_async(create_race)()
    await until(lambda: race.pk in made.races)
    sender.sendto(datagram(), ("127.0.0.1", race.udp_port))
    await until(lambda: made.recorder.stats.recorded == 1)
    assert made.races[race.pk].publisher is None
    made.stop()
    with contextlib.suppress(asyncio.CancelledError):
        await running
