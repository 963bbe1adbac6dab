"""Runs the page's unit tests with node's own runner, and checks the page's byte offsets against the server's dtype."""

import json
import re
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from telemetry import frames

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LEAST_NODE = (20, 19)  # the first of 20 that takes a .js file with imports for a module


def node() -> str:
    path = shutil.which("node")
    if path is None:
        pytest.skip("needs node >= 20.19")
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in version.lstrip("v").split(".")[:2]) < LEAST_NODE:
        pytest.skip(f"needs node >= 20.19, found {version}")
    return path


def test_the_modules_pass_their_own_tests() -> None:
    files = sorted(str(path) for path in HERE.glob("*.test.mjs"))
    assert files
    run = subprocess.run([node(), "--test", *files], capture_output=True, text=True, check=False, cwd=ROOT, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_module_of_the_page_parses_as_a_module() -> None:
    for path in sorted((ROOT / "drift_site/static/drift").rglob("*.js")):
        source = path.read_text(encoding="utf-8")
        command = [node(), "--input-type=module", "--check", "-"]
        run = subprocess.run(command, input=source, capture_output=True, text=True, check=False, encoding="utf-8")
        assert run.returncode == 0, f"{path.name}: {run.stderr}"


def test_the_page_reads_what_the_server_packs() -> None:
    rows = frames.empty(3)
    rows["time"] = [1_700_000_000_123_456, 2**31, 2**32 + 5]
    rows["flight_time"] = [0.25, np.nan, 12.5]
    rows["drone"] = [1, 2, 65535]
    rows["seq"] = [1, 2**31 + 7, 2**32 - 1]
    rows["position"] = [(1.5, 2.5, -3.5), (0, 0, 0), (np.nan, 4, 5)]
    rows["attitude"] = [(0.1, 0.2, 0.3, 0.4), (0, 0, 0, 1), (np.nan,) * 4]
    rows["velocity"] = [(-1, -2, -3), (7, 8, 9), (np.nan,) * 3]
    start = 1_700_000_000_000_000
    message = struct.pack("<BBHIq", 1, 1, frames.FRAME.itemsize, len(rows), start) + rows.tobytes()

    run = subprocess.run([node(), str(HERE / "decode.mjs")], input=message, capture_output=True, check=True)
    decoded = json.loads(run.stdout)

    assert decoded["raceStart"] == start
    for row, got in zip(rows, decoded["frames"], strict=True):
        assert (got["time"], got["drone"], got["seq"]) == (row["time"], row["drone"], row["seq"])
        for name in ("flight_time", "position", "attitude", "velocity"):
            np.testing.assert_array_equal(as_floats(got[name]), row[name])


def as_floats(value: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    """JSON writes NaN as null."""
    return np.array(value, dtype=np.float32)


def test_every_offset_of_the_page_is_the_dtypes() -> None:
    source = (ROOT / "drift_site/static/drift/wire/protocol.js").read_text(encoding="utf-8")
    block = source[source.index("OFFSETS = ") :]
    offsets = {name: int(offset) for name, offset in re.findall(r"^  (\w+): (\d+),$", block, re.MULTILINE)}
    fields = frames.FRAME.fields
    assert fields is not None
    expected = {re.sub(r"_(\w)", lambda match: match[1].upper(), name): at[1] for name, at in fields.items()}
    assert offsets == expected
