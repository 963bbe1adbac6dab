"""The libraries in static/vendor/ are the released files, and the pages' names lead to them."""

import hashlib
import re
from pathlib import Path

from drift_site.templatetags.modules import VENDORED

STATIC = Path(__file__).parent.parent.parent / "drift_site/static"
VENDOR = STATIC / "vendor"


def listed() -> dict[str, str]:
    text = (VENDOR / "VENDOR.md").read_text(encoding="utf-8")
    return {name: digest for digest, name in re.findall(r"^([0-9a-f]{64})  (\S+)$", text, re.MULTILINE)}


def test_every_file_is_the_released_one() -> None:
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()} - {"VENDOR.md"}
    assert found == set(listed())
    for name, digest in listed().items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_every_library_has_its_licence() -> None:
    for folder in VENDOR.iterdir():
        if folder.is_dir():
            assert "MIT" in (folder / "LICENSE").read_text(encoding="utf-8")


def test_the_names_that_pages_import_lead_to_files() -> None:
    for path in VENDORED.values():
        assert (STATIC / path).is_file(), path
