"""The names people give to races, maps, tracks and drones."""

import unicodedata

from accounts.errors import Refused

# Control characters, halves of surrogate pairs, unassigned code points, line and paragraph separators.
REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Cn", "Zl", "Zp"})


def checked_name(text: str, *, what: str, longest: int, blank: bool = False) -> str:
    """Give `text` without outer blanks, in Unicode's NFC form.

    Raises Refused when it is longer than `longest` characters, holds a character that cannot be shown, or is blank.
    """
    name = unicodedata.normalize("NFC", text).strip()
    if any(unicodedata.category(character) in REFUSED_CATEGORIES for character in name):
        raise Refused(f"{what} must not hold control characters.")
    if not name and not blank:
        raise Refused(f"{what} must not be blank.")
    if len(name) > longest:
        raise Refused(f"{what} has at most {longest} characters.")
    return name


def race_name(text: str) -> str:
    return checked_name(text, what="A race's name", longest=100)


def map_name(text: str) -> str:
    return checked_name(text, what="A map's name", longest=100)


def track_name(text: str) -> str:
    return checked_name(text, what="A track's name", longest=100)


def drone_name(text: str) -> str:
    """Give the name of a drone; a blank one takes its name away."""
    return checked_name(text, what="A drone's name", longest=50, blank=True)


def gate_label(text: str) -> str:
    return checked_name(text, what="A gate's label", longest=50, blank=True)


def reason(text: str) -> str:
    return checked_name(text, what="A reason", longest=200)
