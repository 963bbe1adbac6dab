"""Bringing a journal to the disk when the process has no descriptor left: nothing is forgotten."""

import os
from pathlib import Path
from uuid import UUID

import psutil
import pytest

from telemetry import journal
from telemetry.journal import JournalWriter
from tests.telemetry.recording import FULL, tick

RACE = UUID("3f2b8c1e-5d7a-4c53-9d0e-6a4f4f1d2b90")


def writer(directory: Path, *, segment_bytes: int = 1 << 26) -> JournalWriter:
    return JournalWriter(directory, RACE, FULL, first_segment=1, segment_bytes=segment_bytes)


def open_files(directory: Path) -> list[str]:
    return [Path(file.path).name for file in psutil.Process().open_files() if str(directory) in file.path]


def test_without_a_free_descriptor_a_sync_fails_and_the_next_one_misses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = pytest.importorskip("resource", reason="needs a system with RLIMIT_NOFILE")
    synced: list[int] = []
    sync = os.fsync

    def note(file: int) -> None:
        synced.append(os.fstat(file).st_ino)
        sync(file)

    monkeypatch.setattr(os, "fdatasync", note, raising=False)
    monkeypatch.setattr(os, "fsync", note)
    target = writer(tmp_path / "journal", segment_bytes=1000)
    for number in range(3):
        tick(1 + 5 * number, 5).into(target)
    paths = [*sorted((tmp_path / "journal").iterdir()), tmp_path / "journal"]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))  # what there is stays open
    try:
        with pytest.raises(OSError, match="Too many open files"):
            target.sync()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert synced == []
    target.sync()
    assert synced == [path.stat().st_ino for path in paths]
    assert open_files(tmp_path) == [paths[-2].name]
    target.close()
    assert open_files(tmp_path) == []


def test_a_directory_that_could_not_be_synced_is_synced_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[bool] = []

    def fail_once(_: Path) -> None:
        tries.append(True)
        if len(tries) == 1:
            raise OSError("Too many open files")

    monkeypatch.setattr(journal, "_sync_directory", fail_once)
    target = writer(tmp_path)
    tick(1, 1).into(target)
    with pytest.raises(OSError, match="Too many"):
        target.sync()
    for _ in range(2):
        target.sync()
    assert len(tries) == 2
    target.close()
