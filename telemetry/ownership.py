"""Which process receives a database's races: one, that holds a heartbeat row.

The heart has a thread and a connection of its own: a recorder that waits for the database must not make its process
look dead, or another one takes over.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from django.db import DatabaseError, InterfaceError, connections

from races import ingest_host
from races.models import IngestHost
from telemetry.kept_connection import keep_connection

logger = logging.getLogger(__name__)
Result = TypeVar("Result")

CLAIM_POLL_SECONDS: Final = 0.5
CLAIM_POLLS_BEFORE_WORD: Final = 4


class AlreadyRunning(Exception):
    """Another ingest process owns the database; `owner` is its heartbeat row."""

    def __init__(self, owner: IngestHost) -> None:
        super().__init__(
            f"An ingest process already runs for this database: {owner}, since {owner.started_at:%F %T} UTC."
        )
        self.owner = owner


class Ownership:
    """This process's hold on the races; `on_loss` is called where another process has it by now."""

    def __init__(self, on_loss: Callable[[], None]) -> None:
        self._on_loss = on_loss
        self._token = uuid.uuid4()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ingest-heartbeat")
        self._beating: asyncio.Task[None] | None = None

    async def claim(self) -> None:
        """Become the database's one ingest process, once a predecessor that was killed counts as dead.

        Raises AlreadyRunning when another living process is it, DatabaseError when there is no database.
        """
        first_seen: IngestHost | None = None
        polls = 0
        while (owner := await self._in_thread(lambda: ingest_host.claim(self._token))) is not None:
            if first_seen is None:
                first_seen = owner
            elif (owner.token, owner.beat_at) != (first_seen.token, first_seen.beat_at):
                raise AlreadyRunning(owner)
            polls += 1
            if polls == CLAIM_POLLS_BEFORE_WORD:
                logger.info("%s does not answer; taking over once it has been silent for five seconds", owner)
            await asyncio.sleep(CLAIM_POLL_SECONDS)
        self._beating = asyncio.create_task(self._beat())

    async def release(self) -> None:
        """Leave the races to the next process at once, where the database can be told so; then close the connection."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.wait([self._beating])
        try:
            if self._beating is not None:
                await self._in_thread(lambda: ingest_host.release(self._token))
        except (DatabaseError, InterfaceError) as error:
            logger.error("The database is away; it counts this process as running for five seconds more: %s", error)
        finally:
            await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
            self._thread.shutdown(wait=False)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(ingest_host.BEAT_SECONDS)
            try:
                is_mine = await self._in_thread(lambda: ingest_host.beat(self._token))
            except (DatabaseError, InterfaceError) as error:
                logger.debug("No heartbeat: %s", error)  # who looks for races says that the database is away
                continue
            if not is_mine:
                logger.critical("Another ingest process has taken over this database: stopping")
                self._on_loss()
                return

    async def _in_thread(self, call: Callable[[], Result]) -> Result:
        def with_live_connection() -> Result:
            keep_connection()
            return call()

        return await asyncio.get_running_loop().run_in_executor(self._thread, with_live_connection)
