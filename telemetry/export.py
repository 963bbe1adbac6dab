"""A race's recording as a file for other programs, part by part, in bounded memory."""

from collections.abc import Callable, Collection, Iterator
from typing import Final, NamedTuple

from django.utils.text import slugify

from races.models import Race
from telemetry import flat, reading
from telemetry.clock import from_epoch_us
from telemetry.frames import FrameArray
from telemetry.mcap_file import McapFile
from telemetry.recordings import Recording, recording_of

PART_FRAMES: Final = 2000  # made at once: some 600 KB of CSV, and few ms in which nobody else gets the interpreter


class Part(NamedTuple):
    """Some bytes of the file, and how many frames they were made of."""

    data: bytes
    frames: int


class Format(NamedTuple):
    """A kind of file: its media type, and what makes it of a race's drones."""

    media_type: str
    parts: Callable[[Race, Recording, Collection[int]], Iterator[Part]]


def csv_parts(race: Race, recording: Recording, drones: Collection[int]) -> Iterator[Part]:
    """Give the recording as CSV (telemetry.flat)."""
    yield Part(flat.header_line().encode(), 0)
    for frames in _frames(recording, drones):
        yield Part(flat.lines(frames, recording.start, recording.drone_ids).encode(), len(frames))


def mcap_parts(race: Race, recording: Recording, drones: Collection[int]) -> Iterator[Part]:
    """Give the recording as MCAP (telemetry.mcap_file)."""
    file = McapFile(race, recording, drones)
    yield Part(file.begin(), 0)
    for frames in _frames(recording, drones):
        yield Part(file.add(frames), len(frames))
    yield Part(file.end(), 0)


def _frames(recording: Recording, drones: Collection[int]) -> Iterator[FrameArray]:
    for frames in reading.frames_of(recording.race_id, drones=drones):
        for cut in range(0, len(frames), PART_FRAMES):
            yield frames[cut : cut + PART_FRAMES]


FORMATS: Final = {
    "csv": Format("text/csv; charset=utf-8", csv_parts),
    "mcap": Format("application/vnd.mcap", mcap_parts),
}


def parts_of(race: Race, form: str, *, drones: frozenset[int] | None = None) -> Iterator[Part]:
    """Give a race's recording as a file of the format `form`, of all drones or of the given ones.

    `form` is one of FORMATS.
    """
    found = FORMATS[form]
    recording = recording_of(race)
    return found.parts(race, recording, recording.chosen(drones))


def file_name(race: Race, form: str) -> str:
    """Give a name for the file: the race's name and day, and what tells it from others of the same name."""
    recording = recording_of(race)
    day = f"{from_epoch_us(recording.start):%Y-%m-%d}" if recording.start else "empty"
    return f"{slugify(race.name) or 'race'}-{day}-{str(race.pk)[:8]}.{form}"
