import asyncio
import json
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from telemetry.batches import parse_frames_bytes
from telemetry.viewer import (
    MAX_EVENTS,
    MAX_WAITING_FRAMES,
    OVER,
    TOO_SLOW,
    BinaryFrames,
    JsonFrames,
    OriginalFrames,
    Viewer,
    framed,
)
from tests.telemetry.builders import batch


class Socket:
    """The sending side of a connection that can be made to stop reading."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.sent.append(message)

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.sent if "text" in message]


async def run(viewer: Viewer) -> asyncio.Task[None]:
    task = asyncio.create_task(viewer.run())
    await asyncio.sleep(0)
    return task


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_hello_goes_before_what_came_while_it_was_read() -> None:
    socket = Socket()
    viewer = Viewer(socket.send, wants_events=True)
    viewer.offer_event('{"type":"drone"}')
    viewer.begin({"type": "hello"})
    viewer.close(OVER)
    await viewer.run()
    assert [json.loads(text)["type"] for text in socket.texts] == ["hello", "drone"]
    assert socket.sent[-1] == {"type": "websocket.close", "code": OVER}


async def test_frames_and_events_keep_their_order() -> None:
    socket = Socket()
    viewer = Viewer(socket.send, wants_events=True)
    viewer.offer_frames(JsonFrames(batch([1])))
    viewer.offer_event('{"type":"lap"}')
    viewer.offer_frames(JsonFrames(batch([1], number=2)))
    viewer.close(OVER)
    await viewer.run()
    assert [json.loads(text)["type"] for text in socket.texts] == ["frames", "lap", "frames"]


async def test_the_original_form_is_one_message_a_frame_and_no_events() -> None:
    socket = Socket()
    viewer = Viewer(socket.send, wants_events=False)
    viewer.begin({"type": "hello"})
    viewer.offer_event('{"type":"drone"}')
    viewer.offer_frames(OriginalFrames(batch([1, 2])))
    viewer.close(OVER)
    await viewer.run()
    assert [json.loads(text)["drone_id"] for text in socket.texts] == ["10.0.0.1", "10.0.0.2"]


async def test_one_that_does_not_read_keeps_each_drones_latest_frame_and_every_event() -> None:
    socket = Socket()
    socket.reads.clear()
    viewer = Viewer(socket.send, wants_events=True)
    task = await run(viewer)
    viewer.offer_frames(BinaryFrames(batch([9])))  # drone 9 is seen once, at the very beginning
    for number in range(1, 1001):
        viewer.offer_frames(BinaryFrames(batch([1, 2], number=number, first_seq=number)))
        if number % 100 == 0:
            viewer.offer_event(json.dumps({"type": "lap", "n": number}))
    socket.reads.set()
    await settle()
    task.cancel()
    messages = [parse_frames_bytes(message["bytes"])[1] for message in socket.sent if "bytes" in message]
    assert len(messages) <= MAX_WAITING_FRAMES + 1
    seen = {
        int(drone): int(seq) for frames in messages for drone, seq in zip(frames["drone"], frames["seq"], strict=True)
    }
    assert seen.keys() == {1, 2, 9}
    assert (seen[1], seen[2]) == (1000, 1001)
    assert [json.loads(text)["n"] for text in socket.texts] == list(range(100, 1001, 100))
    assert viewer.frames_dropped == 2001 - sum(len(frames) for frames in messages)


async def test_frames_never_go_back_in_time_for_a_slow_viewer() -> None:
    socket = Socket()
    viewer = Viewer(socket.send, wants_events=True)
    task = await run(viewer)
    for number in range(1, 200):
        if number % 7 == 0:
            socket.reads.clear()
        if number % 31 == 0:
            socket.reads.set()
            await settle()
        viewer.offer_frames(BinaryFrames(batch([1 + number % 3], number=number, first_seq=number)))
    socket.reads.set()
    await settle()
    task.cancel()
    by_drone: dict[int, list[int]] = {}
    for message in socket.sent:
        frames = parse_frames_bytes(message["bytes"])[1]
        for drone, seq in zip(frames["drone"].tolist(), frames["seq"].tolist(), strict=True):
            by_drone.setdefault(drone, []).append(seq)
    assert all(seqs == sorted(set(seqs)) for seqs in by_drone.values())


async def test_too_many_waiting_events_close_it() -> None:
    socket = Socket()
    socket.reads.clear()
    viewer = Viewer(socket.send, wants_events=True)
    task = await run(viewer)
    for number in range(MAX_EVENTS + 10):
        viewer.offer_event(json.dumps({"type": "lap", "n": number}))
    socket.reads.set()
    await task
    assert socket.sent[-1] == {"type": "websocket.close", "code": TOO_SLOW}


def test_payloads_are_made_once_for_all_viewers() -> None:
    item = JsonFrames(batch([1]))
    assert item.payloads is item.payloads


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
@pytest.mark.parametrize("kind", [Opcode.TEXT, Opcode.BINARY])
def test_a_framed_message_is_what_the_websockets_library_sends(size: int, kind: Opcode) -> None:
    payload: str | bytes = "x" * size if kind is Opcode.TEXT else b"x" * size
    data = payload.encode() if isinstance(payload, str) else payload
    assert framed(payload) == Frame(kind, data).serialize(mask=False)


class FramedSocket(Socket):
    """A connection that takes framed messages, as long as it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[object] = []

    async def send(self, message: dict[str, Any]) -> None:
        await super().send(message)
        self.log.append(message.get("text") or message.get("bytes") or message["code"])

    def write(self, data: bytes) -> bool:
        if self.reads.is_set():
            self.log.append(data)
        return self.reads.is_set()


async def test_frames_go_straight_to_a_socket_that_takes_them() -> None:
    socket = FramedSocket()
    viewer = Viewer(socket.send, wants_events=True, write=socket.write)
    first, second = OriginalFrames(batch([1, 2])), OriginalFrames(batch([1], number=2))
    viewer.offer_frames(first)  # before the writer runs: hello is still to come
    viewer.begin({"type": "hello"})
    task = await run(viewer)
    await settle()
    viewer.offer_frames(second)
    task.cancel()
    assert socket.log == ['{"type":"hello"}', *first.payloads, second.framed]


async def test_frames_never_overtake_an_event_that_waits_nor_frames_that_wait() -> None:
    socket = FramedSocket()
    viewer = Viewer(socket.send, wants_events=True, write=socket.write)
    task = await run(viewer)
    items = [BinaryFrames(batch([1], number=number, first_seq=number)) for number in range(1, 6)]
    viewer.offer_frames(items[0])
    viewer.offer_event('{"type":"lap"}')
    viewer.offer_frames(items[1])
    await settle()
    socket.reads.clear()
    viewer.offer_frames(items[2])
    socket.reads.set()  # room again, but one waits
    viewer.offer_frames(items[3])
    await settle()
    viewer.offer_frames(items[4])
    task.cancel()
    expected = [items[0].framed, '{"type":"lap"}', *(items[n].payloads[0] for n in (1, 2, 3)), items[4].framed]
    assert socket.log == expected
