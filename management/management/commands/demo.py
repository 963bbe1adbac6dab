"""`manage.py demo`: `serve` with simulated drones flying a race, for a first look."""

import asyncio
import contextlib
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from channels.db import database_sync_to_async

from management import arguments
from management.management.commands.serve import Command as ServeCommand
from management.tracks import arena_track
from races.models import Race
from races.services import create_race

NAME = "Demo"
MANAGE = Path(__file__).parents[3] / "manage.py"


def demo_race() -> Race:
    """Give the demo's race: that of an earlier demo where it is still active, else a new one."""
    running = Race.objects.filter(name=NAME, creator=None, status__in=Race.ACTIVE).first()
    return running or create_race(name=NAME, track=arena_track())


class Command(ServeCommand):
    help = "Serve, and let simulated drones fly a race: a first look at DRIFT."
    example = "python manage.py demo --drones 8"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--drones", type=arguments.positive_int, default=6, help="how many (default %(default)s)")

    def execute(self, *args: object, **options: Any) -> str | None:
        self.drones: int = options.pop("drones")
        self.flying: asyncio.Task[None] | None = None
        return super().execute(*args, **options)

    async def main(self, sockets: list[Any], port: int, *, with_ingest: bool) -> None:
        try:
            await super().main(sockets, port, with_ingest=with_ingest)
        finally:
            if self.flying is not None:
                self.flying.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self.flying

    def greet(self, port: int) -> None:
        super().greet(port)
        self.flying = asyncio.get_running_loop().create_task(self.fly(port))

    async def fly(self, port: int) -> None:
        race = await database_sync_to_async(demo_race)()
        simulator = await asyncio.create_subprocess_exec(
            sys.executable,
            *(str(MANAGE), "simulate", "--drones", str(self.drones), "--resets", "--udp", f"127.0.0.1:{race.udp_port}"),
            stdout=asyncio.subprocess.DEVNULL,
        )
        self.stdout.write(f"{self.drones} drones are flying. Watch them: http://localhost:{port}/races/{race.pk}/")
        self.stdout.flush()
        try:
            code = await simulator.wait()
            self.stderr.write(f"The simulated drones have stopped (exit code {code}).")
        finally:
            with contextlib.suppress(ProcessLookupError):
                simulator.terminate()
            await simulator.wait()
