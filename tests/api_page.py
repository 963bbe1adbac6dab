"""docs/api.md as tests read it: its curl lines, and its table of who may do what."""

import json
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).resolve().parents[1] / "docs" / "api.md"


class Call(NamedTuple):
    """A curl line: `path` without the host, `body` parsed, and whether it signs in."""

    method: str
    path: str
    body: Any
    signed_in: bool


class Row(NamedTuple):
    """A row of the table: a call such as `GET /list_races`, and for each role what it gives (public, private race)."""

    call: str
    cells: dict[str, tuple[str, str]]


def calls() -> list[Call]:
    found = []
    for line in re.findall(r"^curl .*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        words = shlex.split(line)
        path = next(word for word in words if word.startswith("$HOST")).removeprefix("$HOST")
        body = json.loads(words[words.index("--json") + 1]) if "--json" in words else None
        method = words[words.index("-X") + 1] if "-X" in words else "POST" if body else "GET"
        found.append(Call(method, path, body, "-H" in words or "-b" in words))
    return found


def permissions() -> list[Row]:
    table = PAGE.read_text(encoding="utf-8").split("<!-- permissions -->")[1].strip().split("\n\n")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    head, _, *rows = lines
    return [Row(call, {role: _both(cell) for role, cell in zip(head[1:], cells, strict=True)}) for call, *cells in rows]


def _both(cell: str) -> tuple[str, str]:
    public, _, private = cell.partition(" / ")
    return public, private or public
