"""The floor of bench.fanout: a WebSocket server in C, no framework, no database, the same bytes to every viewer.

`python -m bench.floor FORM TCP_PORT UDP_PORT TICKS` sends the frames of TICKS ticks at once. A frame's text or record
is ready beforehand and gets its number only: what is left is what it costs to send.
"""

import asyncio
import itertools
import socket
import struct
import sys
from collections.abc import Callable
from typing import Final

import picows

from bench import run_loop
from bench.datagrams import LAYOUT, Drone
from telemetry.batches import HEADER
from telemetry.frames import FRAME

TICK_SECONDS: Final = 0.02
# Stands where a frame has its number.
PLACE: Final = "@NUMBER@"
FRAME_TEXT: Final = (
    '{"drone_id":"127.0.0.1:40001","timestamp":12.345678,"position":{"x":%(x)s,"y":%(y)s,"z":%(z)s},'
    '"attitude":{"x":%(qx)s,"y":%(qy)s,"z":%(qz)s,"w":%(qw)s},"velocity":{"x":%(vx)s,"y":%(vy)s,"z":%(vz)s},'
    '"gyro":{"pitch":%(pitch_rate)s,"roll":%(roll_rate)s,"yaw":%(yaw_rate)s},'
    '"inputs":{"throttle":%(throttle)s,"yaw":%(yaw)s,"pitch":%(pitch)s,"roll":%(roll)s},'
    '"battery":{"percentage":%(charge)s,"voltage":%(voltage)s},"motor_count":4,'
    '"motor_rpms":[12345.678,12345.678,12345.678,12345.678]'
)


class Frames(asyncio.DatagramProtocol):
    """The numbers of the frames that have come since they were last taken."""

    def __init__(self) -> None:
        self.numbers: list[float] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.numbers.append(LAYOUT.unpack(data)[1])

    def take(self) -> list[float]:
        taken, self.numbers = self.numbers, []
        return taken


class Listener(picows.WSListener):
    """A viewer: nothing but its place among the transports."""

    def __init__(self, transports: set[picows.WSTransport]) -> None:
        self._transports = transports

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transports.add(transport)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self._transports.discard(transport)


def frame_text() -> str:
    """Give the original's message of a typical frame without its closing brace, its number left out."""
    return FRAME_TEXT % {**Drone(0, 50).named_values(), "x": PLACE}


def original() -> Callable[[list[float]], list[bytes]]:
    before, after = (part.encode() for part in (frame_text() + "}").split(PLACE))
    return lambda numbers: [before + b"%.1f" % number + after for number in numbers]


def text() -> Callable[[list[float]], list[bytes]]:
    frame = frame_text() + ',"drone":1,"seq":12345,"flight_time":123.45}'
    before, after = (part.encode() for part in frame.split(PLACE))
    return lambda numbers: [
        b'{"type":"frames","frames":[' + b",".join([before + b"%.1f" % number + after for number in numbers]) + b"]}"
    ]


def binary() -> Callable[[list[float]], list[bytes]]:
    assert FRAME.fields is not None
    at = FRAME.fields["position"][1]
    before, after = bytes(at), bytes(FRAME.itemsize - at - 4)
    number_bytes = struct.Struct("<f").pack
    return lambda numbers: [
        HEADER.pack(1, 1, FRAME.itemsize, len(numbers), 0)
        + b"".join([before + number_bytes(number) + after for number in numbers])
    ]


FORMS: Final = {"original": original, "json": text, "binary": binary}


async def serve(form: str, tcp_port: int, udp_port: int, ticks: int) -> None:
    loop = asyncio.get_running_loop()
    transports: set[picows.WSTransport] = set()
    kind = picows.WSMsgType.BINARY if form == "binary" else picows.WSMsgType.TEXT
    encode = FORMS[form]()
    udp, frames = await loop.create_datagram_endpoint(Frames, local_addr=("127.0.0.1", udp_port))
    udp.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
    await picows.ws_create_server(lambda _: Listener(transports), "127.0.0.1", tcp_port)
    begin = loop.time()
    for tick in itertools.count(1):
        await asyncio.sleep(begin + tick * ticks * TICK_SECONDS - loop.time())
        numbers = frames.take()
        if numbers:
            for message in encode(numbers):
                for transport in list(transports):
                    transport.send(kind, message)


def main() -> None:
    form, tcp_port, udp_port, ticks = sys.argv[1], *(int(text) for text in sys.argv[2:5])
    run_loop.run(serve(form, tcp_port, udp_port, ticks))


if __name__ == "__main__":
    main()
