"""The benchmarks measure what they say: every frame is told from the others in every form, the floor's included."""

import asyncio
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from bench import floor
from bench.datagrams import Drone
from bench.load import numbers_in_binary, numbers_in_text
from bench.report import Table, milliseconds, number, percent
from bench.viewer import Viewer
from bench.witness import Evidence
from races.stream_format import DEFAULT_FORMAT
from telemetry.batches import Batch, frames_bytes, frames_message
from telemetry.liftoff import compile_format

NUMBERS = [7, 8, 70_000, 16_000_001]


def batch() -> Batch:
    drone = Drone(0, 50)
    decoded = compile_format(DEFAULT_FORMAT).decode([drone.datagram(each) for each in NUMBERS])
    assert not decoded.refused
    decoded.frames["drone"] = 1
    return Batch(1, 0, {1: "127.0.0.1"}, decoded.frames)


def test_numbers_are_found_in_every_form_of_ours() -> None:
    one = batch()
    assert [numbers_in_text(text.encode())[0] for text in one.original_texts] == NUMBERS
    assert numbers_in_text(frames_message(one.objects).encode()) == NUMBERS
    assert numbers_in_binary(frames_bytes(one.start, one.frames)) == NUMBERS


@pytest.mark.parametrize("form", ["original", "json", "binary"])
def test_the_floor_sends_the_same_numbers_in_as_many_bytes(form: str) -> None:
    messages = floor.FORMS[form]()([float(each) for each in NUMBERS])
    found = numbers_in_binary if form == "binary" else numbers_in_text
    assert [each for message in messages for each in found(message)] == NUMBERS
    one = batch()
    ours: dict[str, Sequence[str | bytes]] = {
        "original": one.original_texts,
        "json": [frames_message(one.objects)],
        "binary": [frames_bytes(one.start, one.frames)],
    }
    assert sum(map(len, messages)) == pytest.approx(sum(map(len, ours[form])), rel=0.1)


@pytest.mark.parametrize("payload", [b"", b'{"type":"hello"}', b"\x02\x01"])
def test_other_messages_hold_no_numbers(payload: bytes) -> None:
    assert numbers_in_text(payload) == []
    assert numbers_in_binary(payload) == []


class Wire(asyncio.Transport):
    """Keeps what a viewer writes."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True


def message(opcode: int, payload: bytes) -> bytes:
    if len(payload) < 126:
        head = bytes([len(payload)])
    elif len(payload) < 1 << 16:
        head = struct.pack(">BH", 126, len(payload))
    else:
        head = struct.pack(">BQ", 127, len(payload))
    return bytes([0x80 | opcode]) + head + payload


@pytest.mark.parametrize("step", [1, 7, 100_000])
async def test_a_viewer_reads_messages_of_every_length_however_they_are_cut(step: int) -> None:
    payloads = [b"a" * 125, b"b" * 126, b"c" * 65_536, b""]
    stream = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
    stream += b"".join(message(2, payload) for payload in payloads)
    stream += message(9, b"hi") + message(8, struct.pack(">H", 1013))
    seen: list[bytes] = []
    viewer, wire = Viewer("localhost", "/", lambda _, payload: seen.append(payload)), Wire()
    viewer.connection_made(wire)
    asked = len(wire.written)
    for start in range(0, len(stream), step):
        viewer.data_received(stream[start : start + step])
    assert seen == payloads
    assert viewer.opened.done()
    assert wire.written[asked:] == b"\x8a\x82\x00\x00\x00\x00hi"
    assert viewer.close_code == 1013
    assert viewer.bytes_received == len(stream)


async def test_a_viewer_that_is_refused_says_what_the_server_answered() -> None:
    viewer, wire = Viewer("localhost", "/", lambda *_: None), Wire()
    viewer.connection_made(wire)
    viewer.data_received(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    assert wire.closed
    viewer.connection_lost(None)
    with pytest.raises(ConnectionError, match="403"):
        await viewer.opened


def test_a_witness_tells_of_the_frames_sent_between_two_instants() -> None:
    said = Evidence(sent=[0.0, 1.0, 2.0, 3.0], delay=[100.0, 10.0, float("nan"), 30.0])
    assert said.share(1, 4) == pytest.approx(2 / 3)
    assert said.percentile(50, 1, 4) == 20
    assert said.percentile(100, 0, 1) == 100
    assert np.isnan(said.percentile(50, 2, 3))


def test_a_table_is_markdown_and_a_missing_figure_a_dash() -> None:
    table = Table("Speed", ("a", "b"))
    table.add(number(1234.56), milliseconds(float("nan")))
    assert str(table) == "**Speed**\n\n| a | b |\n| --- | --- |\n| 1,234.6 | – |"
    assert percent(0.1234) == "12.34"
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        table.add("x")
