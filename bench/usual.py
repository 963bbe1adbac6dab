"""The usual way to build bench.fanout's server with Channels: a consumer a viewer, a group_send a frame.

`python -m bench.usual TCP_PORT UDP_PORT`, under uvicorn as DRIFT's own server. It records nothing.
"""

import asyncio
import json
import sys
from typing import Any, Final

import django
import uvicorn
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from django.conf import settings

from bench import run_loop
from bench.datagrams import LAYOUT, NAMES

GROUP: Final = "race"
LAYER: Final = {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}


class RaceConsumer(AsyncWebsocketConsumer):
    """A viewer."""

    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def race_frame(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


class Ingest(asyncio.DatagramProtocol):
    """Datagrams in, one message a frame to the group."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.frames.put_nowait(data)

    async def publish(self) -> None:
        layer = get_channel_layer()
        assert layer is not None
        while True:
            values = LAYOUT.unpack(await self.frames.get())
            await layer.group_send(GROUP, {"type": "race.frame", "text": json.dumps(as_object(values))})


def as_object(values: tuple[Any, ...]) -> dict[str, Any]:
    v = dict(zip(NAMES, values, strict=False))
    return {
        "drone_id": "127.0.0.1",
        "timestamp": v["flight_time"],
        "position": {"x": v["x"], "y": v["y"], "z": v["z"]},
        "attitude": {"x": v["qx"], "y": v["qy"], "z": v["qz"], "w": v["qw"]},
        "velocity": {"x": v["vx"], "y": v["vy"], "z": v["vz"]},
        "gyro": {"pitch": v["pitch_rate"], "roll": v["roll_rate"], "yaw": v["yaw_rate"]},
        "inputs": {"throttle": v["throttle"], "yaw": v["yaw"], "pitch": v["pitch"], "roll": v["roll"]},
        "battery": {"percentage": v["charge"], "voltage": v["voltage"]},
        "motor_count": values[20],
        "motor_rpms": values[21:],
    }


async def serve(tcp_port: int, udp_port: int) -> None:
    loop = asyncio.get_running_loop()
    udp, ingest = await loop.create_datagram_endpoint(Ingest, local_addr=("127.0.0.1", udp_port))
    publisher = asyncio.create_task(ingest.publish())
    config = uvicorn.Config(
        RaceConsumer.as_asgi(), host="127.0.0.1", port=tcp_port, log_level="warning", ws="websockets-sansio",
        ws_per_message_deflate=False, lifespan="off", timeout_graceful_shutdown=1,
    )  # fmt: skip
    try:
        await uvicorn.Server(config).serve()
    finally:
        publisher.cancel()
        udp.close()


def main() -> None:
    settings.configure(CHANNEL_LAYERS={"default": LAYER})
    django.setup()
    tcp_port, udp_port = int(sys.argv[1]), int(sys.argv[2])
    run_loop.run(serve(tcp_port, udp_port))


if __name__ == "__main__":
    main()
