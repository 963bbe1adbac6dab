import json
from decimal import Decimal
from typing import Any

import pytest

from accounts.errors import Conflict, Refused
from races import track_files
from races.courses import course_of, format_of, line_of
from races.services import create_track
from tests.flown import arena_gates, arena_track

pytestmark = pytest.mark.django_db
LINE: Any = {"points": [[0, 0, 0], [10, 0, 0], [10, 0, 10], [0, 0, 0]], "gates_at": [0, 10, 34.1]}


def two_gates() -> list[Any]:
    return arena_gates()[:2]


def test_a_file_brings_back_the_same_track_under_another_name() -> None:
    gates: Any = [{**two_gates()[0], "label": "start"}, {**two_gates()[1], "sector_end": False}]
    made = create_track(
        by=None,
        name="Loop",
        drift_map="Hannover",
        gates=gates,
        line=LINE,
        min_lap=Decimal("7.25"),
        start_mode="race_start",
        time_limit=Decimal(120),
        grace=Decimal("30.5"),
    )
    text = json.dumps(track_files.as_json(made))
    again = track_files.imported(text, by=None, name="Loop 2")
    assert track_files.as_json(again) == {**json.loads(text), "name": "Loop 2"}
    assert course_of(again) == course_of(made)
    assert format_of(again) == format_of(made)
    assert line_of(again, course_of(again)).length == pytest.approx(34.142, abs=1e-3)


def test_the_same_name_on_the_same_map_is_a_conflict() -> None:
    text = json.dumps(track_files.as_json(arena_track()))
    with pytest.raises(Conflict, match="name already"):
        track_files.imported(text, by=None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"drift_track": 9}, "no track"),
        ({"gates": []}, "gates"),
        ({"gates": [{"x": 0}]}, r"gates\.0\.y: "),
        ({"gates": [{**arena_gates()[0], "width": 0}]}, r"gates\.0\.width: "),
        ({"gates": [arena_gates()[0], arena_gates()[0]]}, "twice in a row"),
        ({"laps": 3, "time_limit": 60}, "not both"),
        ({"min_lap": -1}, "min_lap"),
        ({"start_mode": "whenever"}, "start_mode"),
        ({"line": {"points": [[0, 0, 0]], "gates_at": []}}, "from 2 to"),
        ({"line": {"points": [[0, 0, 0], [1, 0, "x"]], "gates_at": [0, 1]}}, "points"),
        ({"line": {"points": [[0, 0, 0], [1, 0, 0]], "gates_at": [0, 1]}}, "gates_at"),
        ({"line": {"points": [[0, 0, 0], [float("nan"), 0, 0]], "gates_at": [0, 1, 2]}}, "finite"),
        ({"line": {"points": [[0, 0, 0], [0, 0, 0]], "gates_at": [0, 1, 2]}}, "apart"),
    ],
)
def test_what_is_no_track_is_refused_in_words(change: dict[str, Any], said: str) -> None:
    good = {"drift_track": 1, "name": "Loop", "drift_map": "arena", "gates": two_gates()}
    with pytest.raises(Refused, match=said):
        track_files.imported(json.dumps({**good, **change}), by=None)


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "[" * 100_000])
def test_what_is_no_object_is_refused_in_words(text: str) -> None:
    with pytest.raises(Refused, match=r"no JSON|no track"):
        track_files.imported(text, by=None)


def test_sectors_end_where_the_gates_say() -> None:
    gates: Any = [{**gate, "sector_end": index in {0, 2}} for index, gate in enumerate(arena_gates())]
    assert course_of(create_track(by=None, name="Loop", drift_map="arena", gates=gates)).ends == (2,)
