"""The benchmark of recordings measures what it says it does."""

import pytest

from bench import storage
from bench.report import Table


@pytest.mark.processes
def test_every_figure_of_the_table_is_measured() -> None:
    columns = tuple(f"column {at}" for at in range(10))
    table = Table("recordings", columns)
    told: list[str] = []
    storage.add(table, "SQLite", "", (1, 20), told.append)
    (row,) = table.rows
    assert row[:2] == ("SQLite", "16,000")
    figures = [float(cell.partition(" ")[0].replace(",", "")) for cell in row[2:]]
    assert all(figure > 0 for figure in figures)
    assert told == ["storage: SQLite, 16,000 frames"]
