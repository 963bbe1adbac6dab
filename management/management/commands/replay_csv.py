"""Sends a capture again, as the datagrams that the game sent."""

from argparse import ArgumentParser
from itertools import count
from pathlib import Path

from management import arguments
from management.capture import schedule
from management.command import DriftCommand, wrong_use
from management.sender import Address, Sender
from management.sending import reported
from telemetry.capture import CAPTURE_FORMAT, Capture, NotACaptureError, read_capture
from telemetry.liftoff import compile_format


class Command(DriftCommand):
    help = (
        "Sends a capture of a flight as the datagrams that the game sent, at the pace of their arrival. "
        f"The race's stream format must be {','.join(CAPTURE_FORMAT)}."
    )
    example = "python manage.py replay_csv flight.csv --udp 127.0.0.1:9001 --speed 2"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("file", type=Path, help="CSV with the columns t_wall t_sim x y z qx qy qz qw gx gy gz in1 in2 in3 in4")
        add(
            "--udp",
            type=arguments.udp_address,
            default="127.0.0.1:9001",
            metavar="HOST:PORT",
            help="where to send (default: 127.0.0.1:9001)",
        )
        speed = (
            "times the pace of arrival (default: 1); 0 as fast as this machine takes it without loss, "
            "which is more than a race takes of one drone unless DRIFT_MAX_FRAME_RATE is raised"
        )
        add("--speed", type=arguments.not_negative, default=1.0, help=speed)
        add("--loop", action="store_true", help="over and over, until Ctrl-C")

    def handle(self, *, file: Path, udp: Address, speed: float, loop: bool, **_: object) -> None:
        try:
            capture = read_capture(file)
        except NotACaptureError as error:
            raise wrong_use(str(error)) from None
        with Sender(udp) as sender, reported(sender, udp, self.stdout):
            _send(sender, capture, speed, loop=loop)


def _send(sender: Sender, capture: Capture, speed: float, *, loop: bool) -> None:
    stream = compile_format(CAPTURE_FORMAT)
    if speed:
        sender.play(schedule(capture, stream, speed, loop=loop))
        return
    datagrams = stream.encode(capture.frames)
    for _ in count() if loop else range(1):
        sender.pour(datagrams)
