"""Tells Liftoff where to send, and what."""

import os
import sys
import uuid
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import CommandError

from management import arguments, liftoff_config
from management.command import DriftCommand, wrong_use
from races import sending
from races.models import Race

RESET = "Reset your drone (in the game), so that it reads the file."


class Command(DriftCommand):
    help = "Prints Liftoff's TelemetryConfiguration.json for a race, or puts it where this machine's game reads it."
    example = "python manage.py liftoff_config --race 7f0c5f4e-3c1b-4d5a-9b1e-2f6a8c0d1e2f --host 192.168.1.20 --write"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--race", type=arguments.race_id, required=True, metavar="ID", help="a race that has not ended")
        host = "where the game sends to: the address of the machine that receives (default: this one's in its network)"
        add("--host", type=arguments.ip_address, metavar="IP", help=host)
        add("--write", action="store_true", help="write it into the game's folder, and keep the old one beside it")

    def handle(self, *, race: uuid.UUID, host: str | None, write: bool, **_: object) -> None:
        found = Race.objects.filter(pk=race).first()
        if found is None:
            raise wrong_use(f"There is no race {race}.")
        if found.udp_port is None:
            raise CommandError(f"Race {race} has ended: nothing can be sent to it any more.")
        where = host or sending.receiving_address() or sending.lan_address()
        text = sending.configuration(where, found.udp_port, found.stream_format)
        if write:
            self._write(text)
        else:
            self.stdout.write(text, ending="")

    def _write(self, text: str) -> None:
        config_home = os.environ.get("XDG_CONFIG_HOME")
        where = (sys.platform, Path.home(), Path(config_home) if config_home else None)
        folders = liftoff_config.game_folders(*where)
        if not folders:
            expected = liftoff_config.expected_folder(*where)
            raise CommandError(f"Liftoff's folder is not there: {expected}. Start the game once on this machine.")
        for folder in folders:
            try:
                kept = liftoff_config.write(folder, text, datetime.now(UTC).astimezone())
            except OSError as error:
                raise CommandError(f"{folder} cannot be written to: {error.strerror}.") from None
            old = f" The old one is kept as {kept.name}." if kept else ""
            self.stdout.write(f"Wrote {folder / liftoff_config.FILE_NAME}.{old}")
        self.stdout.write(RESET)
