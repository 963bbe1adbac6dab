"""Flies simulated drones, and sends what the game would send."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import CommandError

from management import arguments, lookup, preflight
from management.capture import write_capture
from management.command import DriftCommand, wrong_use
from management.course import Course, NotFlyable, arena
from management.sender import Address, Sender, race_schedule
from management.sending import reported
from management.simulator import Flight, arrivals, pilots, random_resets
from management.tracks import flyable
from races.stream_format import DEFAULT_FORMAT
from telemetry.capture import CAPTURE_FORMAT
from telemetry.liftoff import StreamFormat


def course_of(track: str) -> Course:
    """Give the course of a track of the database, by its number or name."""
    preflight.need_database()
    try:
        return flyable(lookup.track(track))
    except NotFlyable as error:
        raise CommandError(str(error)) from None


class Command(DriftCommand):
    help = "Flies drones through the gates of an arena and sends their datagrams, each drone from a socket of its own."
    example = "python manage.py simulate --drones 8 --udp 127.0.0.1:9001 --resets"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--drones", type=arguments.positive_int, metavar="N", help="how many (default: 4; with --csv 1)")
        add("--hz", type=arguments.positive, default=100.0, help="frames a second, each drone (default: 100)")
        add(
            "--udp",
            type=arguments.udp_address,
            default="127.0.0.1:9001",
            metavar="HOST:PORT",
            help="where to send (default: 127.0.0.1:9001)",
        )
        add("--seconds", type=arguments.positive, help="how long (default: until Ctrl-C)")
        add("--seed", type=arguments.seed, default=1, help="another number is another race (default: 1)")
        add("--track", metavar="TRACK", help="fly the gates of this track, by number or name (default: an arena's)")
        keys = f"StreamFormat keys, separated by commas (default: {','.join(DEFAULT_FORMAT)})"
        add(
            "--format",
            type=arguments.stream,
            default=",".join(DEFAULT_FORMAT),
            metavar="KEYS",
            dest="stream",
            help=keys,
        )
        resets = "the drones are reset now and then, every so many seconds on the average (default: 45)"
        add("--resets", type=arguments.positive, nargs="?", const=45.0, metavar="SECONDS", help=resets)
        keeps = f"send nothing; write one drone's {','.join(CAPTURE_FORMAT)} as a capture for replay_csv"
        add("--csv", type=Path, metavar="FILE", help=keeps)

    def handle(
        self,
        *,
        drones: int | None,
        hz: float,
        udp: Address,
        seconds: float | None,
        seed: int,
        stream: StreamFormat,
        resets: float | None,
        csv: Path | None,
        track: str | None,
        **_: object,
    ) -> None:
        number = drones or (1 if csv else 4)
        course = arena() if track is None else course_of(track)
        flights = [
            Flight(course, pilot, random_resets(pilot, resets) if resets else ()) for pilot in pilots(number, seed)
        ]
        if csv is not None:
            if number != 1 or seconds is None:
                raise wrong_use("A capture holds one drone for so many seconds: --csv goes with --seconds.")
            self._write(csv, flights[0], hz, seconds)
            return
        self._fly(flights, stream, hz, udp, seconds)

    def _write(self, path: Path, flight: Flight, hz: float, seconds: float) -> None:
        frames = flight.frames(0, seconds, hz)
        try:
            write_capture(path, arrivals(frames), frames)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"Wrote {len(frames)} datagrams to {path}.")

    def _fly(self, flights: list[Flight], stream: StreamFormat, hz: float, udp: Address, seconds: float | None) -> None:
        host, port = udp.target
        until = "until Ctrl-C" if seconds is None else f"for {seconds:g} s"
        self.stdout.write(f"{len(flights)} drones fly {until}, {hz:g} frames a second each, to {host}:{port}.")
        with Sender(udp, len(flights)) as sender, reported(sender, udp, self.stdout):
            sender.play(race_schedule(flights, stream, hz, seconds))
