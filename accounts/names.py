"""Usernames and security answers: what may be typed, and when two of them are the same."""

import unicodedata

from django.core.exceptions import ValidationError

MAX_LENGTH = 60
# Control, format, surrogate, private use, unassigned; line and paragraph separators.
REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks by category that show nothing: two names that differ only in these look the same.
BLANK_LETTERS = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0\u034f")
VARIATION_SELECTORS: dict[int, None] = dict.fromkeys(
    (*range(0xFE00, 0xFE10), *range(0x180B, 0x1810), *range(0xE0100, 0xE01F0))
)


def tidy(name: str) -> str:
    """Give `name` in Unicode's NFKC form, without outer blanks and with single inner ones."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def fold(text: str) -> str:
    """Give the form in which names and answers are compared: no case, single blanks, one form of each letter."""
    folded = tidy(text).translate(VARIATION_SELECTORS).casefold()
    return unicodedata.normalize("NFKC", folded)


def validate_username(name: str) -> None:
    """Raise ValidationError unless `name`, tidied, is 1 to 60 visible characters."""
    tidied = tidy(name)
    if not fold(tidied):
        raise ValidationError("A username must not be blank.")
    if len(tidied) > MAX_LENGTH:
        raise ValidationError(f"A username has at most {MAX_LENGTH} characters.")
    if any(unicodedata.category(char) in REFUSED_CATEGORIES or char in BLANK_LETTERS for char in tidied):
        raise ValidationError("A username must not contain invisible characters.")
