"""docs/protocol.md is decoded here: its examples are what the code says."""

import re
from pathlib import Path

import numpy as np
import pytest

from telemetry.batches import Batch, frames_message, parse_frames_bytes
from telemetry.frames import FRAME, FrameArray, empty

PAGE = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
START = 1_767_225_600_000_000


def example(name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```\w*\n(.*?)\n```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def frame() -> FrameArray:
    made = empty(1)
    made["time"], made["flight_time"], made["drone"], made["seq"] = START + 250_000, 12.25, 2, 7
    made["position"], made["attitude"] = (1.5, 2.0, -3.25), (0, 0, 0, 1)
    made["velocity"], made["gyro"] = (0.1, 0, 20), (1, -2, 3)
    made["input"], made["motor_count"] = (0.5, 0, -0.25, 1), 4
    made["motor_rpm"][:, :4] = (12000, 12100, 11900, 12050)
    return made


def test_the_json_examples_are_what_is_sent(frame: FrameArray) -> None:
    batch = Batch(1, START, {2: "192.168.1.20"}, frame)
    assert example("original") == batch.original_texts[0]
    assert example("json") == frames_message(batch.objects)


def test_the_binary_example_is_the_same_frame(frame: FrameArray) -> None:
    start, parsed = parse_frames_bytes(bytes.fromhex(example("binary")))
    assert start == START
    assert parsed.tobytes() == frame.tobytes()


def test_the_record_table_is_the_dtype() -> None:
    rows = re.findall(r"^\| (\d+) \| (?:(\d) × )?([fui]\d+) \| (.+?) \|$", PAGE, re.MULTILINE)
    records = [(int(offset), int(count or 1), kind) for offset, count, kind, _ in rows][5:]
    names = {"f32": "f4", "u8": "u1", "u16": "u2", "u32": "u4", "i64": "i8"}
    fields = FRAME.fields
    assert fields is not None
    expected = [
        (offset, int(np.prod(dtype.shape, dtype=int)), dtype.base.str[1:]) for dtype, offset, *_ in fields.values()
    ]
    assert [(offset, count, names[kind]) for offset, count, kind in records] == expected
