import pytest

from accounts.errors import Refused
from races import names


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Final ", "Final"),
        ("Zoe\u0308", "Zoë"),
        ("🏁 семь 第", "🏁 семь 第"),
        ("👩‍🚀", "👩‍🚀"),
        ("<b>", "<b>"),
        ("x" * 100, "x" * 100),
    ],
)
def test_a_name_is_kept_as_typed_without_outer_blanks(typed: str, kept: str) -> None:
    assert names.race_name(typed) == kept


@pytest.mark.parametrize("typed", ["", "  ", "x" * 101, "a\0b", "a\nb", "\ud800", "a\u2028b", "\u0378"])
def test_a_name_that_cannot_be_shown_is_refused(typed: str) -> None:
    with pytest.raises(Refused):
        names.race_name(typed)


def test_a_drones_name_may_be_taken_away() -> None:
    assert names.drone_name(" ") == ""
