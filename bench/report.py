"""Markdown tables, as the README has them."""

import math


class Table:
    """A table with a title; `str()` gives the markdown."""

    def __init__(self, title: str, columns: tuple[str, ...]) -> None:
        self.title = title
        self.columns = columns
        self.rows: list[tuple[str, ...]] = []

    def add(self, *cells: object) -> None:
        if len(cells) != len(self.columns):
            raise ValueError(f"{len(cells)} cells for {len(self.columns)} columns")
        self.rows.append(tuple(str(cell) for cell in cells))

    def __str__(self) -> str:
        lines = [self.columns, tuple("---" for _ in self.columns), *self.rows]
        return f"**{self.title}**\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def number(value: float, digits: int = 1) -> str:
    """Give a figure; one that could not be measured, for want of frames, is a dash."""
    return "–" if math.isnan(value) else f"{value:,.{digits}f}"


def milliseconds(value: float) -> str:
    return number(value, 0 if value >= 100 else 1)


def percent(share: float, digits: int = 2) -> str:
    return number(100 * share, digits)
