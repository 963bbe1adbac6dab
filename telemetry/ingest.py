"""The ingest service: owner of every active race's UDP port; each tick goes to the journal, then to the viewers.

One asyncio service per database. Its loop never waits for the database, the disk's sync or the channel layer: the
recorder has a thread of its own, look-ups run in another, and each race publishes through a bounded task.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from channels.db import database_sync_to_async
from channels.layers import BaseChannelLayer
from django.conf import settings
from django.db import DatabaseError, connections

from races import announce, services
from races.models import Race
from telemetry.batches import Batch
from telemetry.clock import SteadyClock
from telemetry.counts import IngestCounts
from telemetry.feed import Intake, RaceFeed, known_sources, listen
from telemetry.kept_connection import keep_connection
from telemetry.liftoff import compile_format
from telemetry.ownership import AlreadyRunning, Ownership
from telemetry.publisher import Publisher
from telemetry.recorder import RaceGone, RaceRecording, Recorder
from telemetry.sources import Sources, parse_allowed
from telemetry.subscription import Subscription
from telemetry.timekeeper import Timekeeper

__all__ = ["AlreadyRunning", "Ingest", "RunningRace"]

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

LOOK_SECONDS: Final = 1.0
LATE_TICKS: Final = 50  # after a stall longer than this many ticks, the missed ones are not made up for


@dataclass
class RunningRace:
    """A race as the ingest has it open."""

    race_id: uuid.UUID
    name: str
    port: int
    feed: RaceFeed
    recording: RaceRecording
    publisher: Publisher | None
    timekeeper: Timekeeper
    start: int | None  # µs, the first frame's time
    batch_number: int = 0
    unrecorded: int = 0  # frames that the journal could not take
    finishing: bool = False
    disk_complaint_at: float = field(default=-1e9, repr=False)


class Ingest:
    """The service. `run` keeps it going until `stop` is called; the steps in between can be called one by one.

    Without a `layer` frames are recorded and not published.
    """

    def __init__(self, recorder: Recorder, layer: BaseChannelLayer | None) -> None:
        self.recorder = recorder
        self.races: dict[uuid.UUID, RunningRace] = {}
        self._layer = layer
        self._ownership = Ownership(self.stop)
        self._clock = SteadyClock()
        self._allowed = parse_allowed(settings.DRIFT_ALLOWED_SOURCES)
        self._database = ThreadPoolExecutor(1, thread_name_prefix="ingest-database")
        self._timing = ThreadPoolExecutor(1, thread_name_prefix="timekeeper")
        self._stopping = asyncio.Event()
        self._look_now = asyncio.Event()
        # What web processes say; without it a look comes a second later.
        self._hints = Subscription(
            announce.INGEST_GROUP, "The ingest's hints", lambda _: self._look_now.set(), self._look_now.set
        )
        self._finishing: set[asyncio.Task[None]] = set()
        self._database_away = False
        self._problems: dict[uuid.UUID, str] = {}
        self.ticks_late = 0
        self._ended = IngestCounts()

    @property
    def counts(self) -> IngestCounts:
        """What has been received, refused and published since the start."""
        return self._ended.with_races(list(self.races.values()))

    # --- the whole

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Own the database's races until `stop`; then record what has been received and close.

        Raises AlreadyRunning when another living process owns them, DatabaseError when there is no database.
        """
        try:
            await self._ownership.claim()
        except BaseException:
            await self._leave_database()
            raise
        await self._in_database(self.recorder.start)
        hints = asyncio.create_task(self._hints.run()) if self._layer is not None else None
        try:
            await self.look()
            on_ready()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tick_until_stopped())
                tasks.create_task(self._look_until_stopped())
        finally:
            if hints is not None:
                hints.cancel()
                await asyncio.wait([hints])
            await self._drain()

    def stop(self) -> None:
        self._stopping.set()
        self._look_now.set()

    # --- races come and go

    async def look(self) -> None:
        """Compare the database's races with the open ones: open new ones, finish those asked to end."""
        try:
            wanted = {race.pk: race for race in await self._in_database(_races_with_a_port)}
            for race in wanted.values():
                await self._look_at(race)
            for running in list(self.races.values()):
                if running.race_id not in wanted:
                    self._finish(running)  # ended or deleted while this process was out of touch
            await self._end_silent_races()
        except DatabaseError as error:
            if not self._database_away:
                logger.error("The database is away; races go on, and are recorded from the journal later: %s", error)
            self._database_away = True
            return
        if self._database_away:
            logger.info("The database is back")
        self._database_away = False

    async def _look_at(self, race: Race) -> None:
        try:
            if race.pk not in self.races:
                await self._open(race)
            if race.pk in self.races:
                self._attend(self.races[race.pk], race)
        except DatabaseError:
            raise
        except RaceGone:
            logger.info("Race %s was deleted before it was opened", race.pk)
        except Exception as error:  # noqa: BLE001  one race's trouble is never another's
            await self._report(race, f"It cannot be recorded on this host: {error}", error)

    def _attend(self, running: RunningRace, race: Race) -> None:
        """Do what the database says of an open race: time it on its track, finish it."""
        drones = running.feed.sources.drones.values()
        running.timekeeper.look(race.track_id, {source.number: source.last_seq for source in drones})
        if race.status == Race.Status.ENDING:
            self._finish(running)

    async def _open(self, race: Race) -> None:
        recording = await self._in_database(lambda: self.recorder.open(race))
        stream_format = compile_format(race.stream_format)
        sources = Sources(
            known_sources((d.number, d.drone_id, d.last_seq, d.last_time) for d in recording.drones.values()),
            max_drones=settings.DRIFT_MAX_DRONES,
            silence_ns=settings.DRIFT_SOURCE_SILENCE_S * 10**9,
            rate=settings.DRIFT_MAX_FRAME_RATE,
            allowed=self._allowed,
        )
        port = race.udp_port or 0
        feed = RaceFeed(f"Race {race.name} on UDP port {port}", stream_format, sources, self._clock)
        if race.status != Race.Status.ENDING:
            try:
                await listen(feed, settings.DRIFT_UDP_HOST, port, settings.DRIFT_UDP_BUFFER)
            except OSError as error:
                recording.release()
                await self._report(race, f"UDP port {port} cannot be opened on this host: {error.strerror or error}")
                return
            await self._report(race, "")
        publisher = Publisher(self._layer, announce.race_group(race.pk)) if self._layer is not None else None
        tell = (lambda _event: None) if publisher is None else publisher.put_event
        timekeeper = Timekeeper(race.pk, self._timing, tell)
        self.races[race.pk] = RunningRace(
            race.pk, race.name, port, feed, recording, publisher, timekeeper, recording.started
        )
        logger.info("%s is open (%s)", feed.name, race.pk)

    async def _report(self, race: Race, problem: str, error: Exception | None = None) -> None:
        """Keep why a race cannot receive where people look: in the race itself, and once in the log."""
        if problem == self._problems.get(race.pk, race.problem):
            return
        self._problems[race.pk] = problem
        if problem:
            logger.error("Race %s: %s", race.pk, problem, exc_info=error)
        await self._in_database(lambda: Race.objects.filter(pk=race.pk).update(problem=problem[:200]))

    async def _end_silent_races(self) -> None:
        limit_ns = settings.DRIFT_SILENT_MINUTES * 60 * 10**9
        for running in list(self.races.values()):
            if not running.finishing and time.perf_counter_ns() - running.feed.last_heard_ns > limit_ns:
                logger.info("%s has been silent for %d minutes", running.feed.name, settings.DRIFT_SILENT_MINUTES)
                # It announces: the channel layer is the loop's, which this way to a thread leads back to.
                await database_sync_to_async(services.ask_to_end)(race_id=running.race_id)
                self._look_now.set()

    def _finish(self, running: RunningRace) -> None:
        if not running.finishing:
            running.finishing = True
            task = asyncio.create_task(self._finish_race(running))
            self._finishing.add(task)
            task.add_done_callback(self._finishing.discard)

    async def _finish_race(self, running: RunningRace) -> None:
        """Take what is still in the socket, close it, and tell the viewers once all of it is recorded."""
        await self._close_feed(running)
        recorded = asyncio.wrap_future(running.recording.end())
        while True:
            try:
                await asyncio.shield(recorded)
                break
            except asyncio.CancelledError:
                raise
            except Exception:
                logger.exception("Race %s could not be closed", running.race_id)
                break
        await running.timekeeper.finish(ended=True)
        if self.races.pop(running.race_id, None) is not None:
            self._ended.add(running)
        self._problems.pop(running.race_id, None)
        event = announce.status_event(running.race_id, Race.Status.ENDED)
        if running.publisher is not None:
            running.publisher.put_event(event)
            await running.publisher.close()
        await self._tell_lobby(event)
        logger.info("%s has ended: %d frames", running.feed.name, running.feed.accepted)

    async def _close_feed(self, running: RunningRace) -> None:
        # The loop reads a socket in turns: two ticks let it take what the kernel already holds.
        await asyncio.sleep(2 * settings.DRIFT_TICK_MS / 1000)
        running.feed.close()
        self.tick(running)

    # --- frames

    def tick(self, running: RunningRace) -> None:
        """Journal and publish what one race has received since its last tick."""
        try:
            intake = running.feed.tick()
            if intake is not None:
                self._journal(running, intake)
                self._publish(running, intake)
        except Exception:
            # One race's trouble is never another's.
            logger.exception("%s: a tick failed", running.feed.name)

    def _journal(self, running: RunningRace, intake: Intake) -> None:
        frames = intake.frames
        try:
            running.recording.append(
                frames["drone"].tolist(),
                frames["seq"].tolist(),
                frames["time"].tolist(),
                [source.drone_id for source in intake.sources],
                intake.datagrams,
            )
        except OSError as error:
            running.unrecorded += len(frames)
            now = time.monotonic()
            if now - running.disk_complaint_at > 1.0:
                running.disk_complaint_at = now
                logger.error("%s: %d frames are NOT recorded: %s", running.feed.name, running.unrecorded, error)
        else:
            running.timekeeper.feed(frames)

    def _publish(self, running: RunningRace, intake: Intake) -> None:
        first = running.start is None
        if running.start is None:
            running.start = int(intake.frames["time"].min())
        if running.publisher is None:
            return
        if first:
            running.publisher.put_event(announce.status_event(running.race_id, Race.Status.LIVE))
        running.batch_number += 1
        drone_ids = {source.number: source.drone_id for source in running.feed.sources.drones.values()}
        derived = running.feed.format.derives_velocity
        batch = Batch(running.batch_number, running.start, drone_ids, intake.frames, velocity_derived=derived)
        running.publisher.put(batch.to_message())

    # --- loops

    async def _tick_until_stopped(self) -> None:
        loop = asyncio.get_running_loop()
        tick_seconds = settings.DRIFT_TICK_MS / 1000
        due = loop.time()
        while not self._stopping.is_set():
            due += tick_seconds
            late = loop.time() - due
            if late > 0:
                self.ticks_late += 1
                if late > LATE_TICKS * tick_seconds:
                    due = loop.time()
            await asyncio.sleep(max(0.0, due - loop.time()))
            for running in list(self.races.values()):
                self.tick(running)

    async def _look_until_stopped(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), LOOK_SECONDS)
            self._look_now.clear()
            if not self._stopping.is_set():
                try:
                    await self.look()
                except Exception:
                    logger.exception("Looking for races failed; trying again")

    async def _tell_lobby(self, event: dict[str, Any]) -> None:
        if self._layer is not None:
            lobby = Publisher(self._layer, announce.LOBBY_GROUP)
            lobby.put({"type": "lobby.event", "event": event})
            await lobby.close()

    async def _drain(self) -> None:
        """Record everything received, close the sockets, leave the database to the next process."""
        if self._finishing:
            await asyncio.wait(self._finishing, timeout=services.END_WAIT_SECONDS)
        # All sockets first: what waits in one must not grow while another race is timed to its end.
        await asyncio.gather(*(self._close_feed(running) for running in self.races.values() if not running.finishing))
        await asyncio.gather(*map(self._leave_race, self.races.values()))
        try:
            await self._in_database(self.recorder.close)
        finally:
            await self._leave_database()

    async def _leave_race(self, running: RunningRace) -> None:
        await running.timekeeper.finish(ended=False)
        if running.publisher is not None:
            await running.publisher.close()

    async def _leave_database(self) -> None:
        loop = asyncio.get_running_loop()
        await self._ownership.release()
        for thread in (self._timing, self._database):
            await loop.run_in_executor(thread, connections.close_all)
            thread.shutdown(wait=False)

    async def _in_database(self, call: Callable[[], Result]) -> Result:
        def with_live_connection() -> Result:
            keep_connection()
            return call()

        return await asyncio.get_running_loop().run_in_executor(self._database, with_live_connection)


def _races_with_a_port() -> list[Race]:
    return list(Race.objects.filter(status__in=Race.HOLDS_PORT).order_by("created_at"))
