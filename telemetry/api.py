"""/api/races/{id}/telemetry/: recorded frames in bounded pages."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from uuid import UUID

import numpy as np
import orjson
from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from accounts.rest import checked_query
from races.api import OfRace
from races.models import Race
from telemetry import downloads, reading
from telemetry.batches import Batch
from telemetry.frames import FrameArray, empty
from telemetry.pages import Thinning
from telemetry.query import NumberList
from telemetry.reading import Place
from telemetry.recordings import Recording, recording_of

MOST_FRAMES: Final = 5000  # a page
MOST_READ: Final = 50_000  # frames looked at for a page, where `hz` takes few of them
LONGEST: Final = 10**7  # s: 115 days
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "flight_time": ("flight_time",),
    "position": ("position",),
    "attitude": ("attitude",),
    "velocity": ("velocity",),
    "gyro": ("gyro",),
    "inputs": ("inputs",),
    "battery": ("battery",),
    "motors": ("motor_count", "motor_rpms"),
}
COLUMNS: Final = {"inputs": "input", "motors": "motor_rpm"}  # those of FRAME, where they are called otherwise
LAST_DRONE: Final = 65_535
ALWAYS: Final = ("drone_id", "timestamp", "drone", "seq")


class FieldList(serializers.CharField):
    """Names out of FIELDS, separated by commas."""

    def to_internal_value(self, data: Any) -> Any:
        words = super().to_internal_value(data).split(",")
        if not set(words) <= FIELDS.keys():
            raise serializers.ValidationError(f"Some of these, separated by commas: {', '.join(FIELDS)}")
        return words


class CursorField(serializers.CharField):
    """The place of the last frame that one has, as a page's `next` holds it."""

    def to_internal_value(self, data: Any) -> Any:
        found = re.fullmatch(r"([0-9]{1,17})-([0-9]{1,5})", super().to_internal_value(data))
        if found is None:
            raise serializers.ValidationError("Take it from the page before.")
        return Place(int(found[1]), int(found[2]))


class TelemetryQuery(serializers.Serializer[Any]):
    """The parameters of a page. Times are race seconds, as `timestamp` in the frames."""

    drone = NumberList(
        required=False, max_length=200, help_text="Drones' numbers, separated by commas; all unless given."
    )
    start = serializers.FloatField(required=False, min_value=0, max_value=LONGEST, help_text="s, included")
    end = serializers.FloatField(required=False, min_value=0, max_value=LONGEST, help_text="s, excluded")
    hz = serializers.FloatField(
        required=False, min_value=0.01, max_value=1000, help_text="At most so many frames a second and drone."
    )
    fields = FieldList(  # type: ignore[assignment]  # a parameter's name, and a property of every serializer
        required=False, max_length=200, help_text=f"Some of {', '.join(FIELDS)}, separated by commas; all unless given."
    )
    format = serializers.ChoiceField(
        choices=["json", "binary"], default="json", help_text="binary: messages of docs/protocol.md, in one answer."
    )
    chunk = serializers.IntegerField(
        required=False, min_value=0, max_value=LONGEST, help_text="Of binary: these ten seconds alone, from 0."
    )
    limit = serializers.IntegerField(default=1000, min_value=1, max_value=MOST_FRAMES, help_text="frames a page")
    cursor = CursorField(required=False, help_text="From the `next` of the page before.")


class TelemetryPage(serializers.Serializer[Any]):
    next = serializers.URLField(
        allow_null=True, help_text="Where the frames go on; null at the end of those there are."
    )
    frames = serializers.ListField(
        child=serializers.DictField(), help_text="As in the messages of docs/protocol.md; null for what is absent."
    )


class TelemetryView(OfRace):
    content_negotiation_class = downloads.OwnFormat

    @extend_schema(
        tags=["races"],
        parameters=[TelemetryQuery],
        responses={(200, "application/json"): TelemetryPage, (200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, race_id: UUID) -> HttpResponseBase:
        """Give recorded frames by time, then by drone. The pages of a race that is over never change (ETag).

        `format=binary` gives whole races or ten seconds of them, without pages; it takes `drone` and `chunk` only.
        """
        race = self.race()
        query = checked_query(TelemetryQuery, request)
        caching = downloads.validators(race, request)
        unchanged = downloads.unchanged(caching, request)
        if unchanged is not None:
            return unchanged
        if query["format"] == "binary":
            return downloads.binary(race, query.get("drone"), query.get("chunk"), caching)
        answer = HttpResponse(page_json(race, query, request), content_type="application/json", headers=caching)
        patch_cache_control(answer, private=True, no_cache=True)
        return answer


def page_json(race: Race, query: dict[str, Any], request: Request) -> bytes:
    """Give one page as JSON."""
    recording = recording_of(race)
    frames, place = read_page(recording, query)
    objects = Batch(0, recording.start, recording.drone_ids, frames).objects
    if "fields" in query:
        names = [*ALWAYS, *(name for field in query["fields"] for name in FIELDS[field])]
        objects = [_only(names, text) for text in objects]
    url = None
    if place is not None:
        url = replace_query_param(request.build_absolute_uri(), "cursor", f"{place.time}-{place.drone}")
    return b'{"next":' + orjson.dumps(url) + b',"frames":[' + ",".join(objects).encode() + b"]}"


def _only(names: list[str], text: str) -> str:
    frame = orjson.loads(text)
    return orjson.dumps({name: frame[name] for name in names}).decode()


def read_page(recording: Recording, query: dict[str, Any]) -> tuple[FrameArray, Place | None]:
    """Give the frames of one page, and the place after which the next one begins, None where there is none."""
    asked = _Asked(recording, query)
    if "hz" not in query:
        return _page(asked.frames(), asked.limit, lambda frames: frames)
    bucket = 1e6 / query["hz"]
    if bucket.is_integer():
        return _thinned_page(asked, Thinning(int(bucket), origin=recording.start))
    # The database counts in whole µs; this is for the rest.
    before = {}
    if asked.after is not None:
        before = reading.times_before(recording.race_id, asked.after, start=asked.start)
    return _page(asked.frames(), asked.limit, Thinner(query["hz"], recording.start, before).thin)


class _Asked:
    """A page's part of a recording: times in µs since 1970."""

    def __init__(self, recording: Recording, query: dict[str, Any]) -> None:
        self.recording = recording
        self.limit: int = query["limit"]
        self.after: Place | None = query.get("cursor")
        self.start, self.end = (
            recording.start + round(query[name] * 1e6) if name in query else None for name in ("start", "end")
        )
        self._drones = query.get("drone")
        self._fields = [COLUMNS.get(name, name) for name in query["fields"]] if "fields" in query else None
        self._size = max(20, min(reading.PAGE, self.limit // max(1, len(recording.drone_ids)) + 1))
        self._is_thinned = "hz" in query

    def frames(self, *, end: int | None = None, thinning: Thinning | None = None) -> Iterator[FrameArray]:
        """Give the frames, before `end` where it is given."""
        return reading.frames_of(
            self.recording.race_id,
            drones=self._drones,
            start=self.start,
            end=self.end if end is None else end,
            after=self.after,
            # Python's thinning leaves few of many.
            size=reading.PAGE if self._is_thinned and thinning is None else self._size,
            fields=self._fields,
            thinning=thinning,
        )


def _page(
    found: Iterable[FrameArray], limit: int, thin: Callable[[FrameArray], FrameArray]
) -> tuple[FrameArray, Place | None]:
    kept, count, looked_at = [empty(0)], 0, 0
    for frames in found:
        kept.append(thin(frames))
        count += len(kept[-1])
        looked_at += len(frames)
        if count > limit:
            whole = np.concatenate(kept)[:limit]
            return whole, _place(whole)
        if looked_at >= MOST_READ:
            return np.concatenate(kept), _place(frames)
    return np.concatenate(kept), None


def _thinned_page(asked: _Asked, thinning: Thinning) -> tuple[FrameArray, Place | None]:
    """Let the database thin, in about so many frames that it looks through."""
    recording = asked.recording
    span = MOST_READ * recording.duration // max(recording.frame_count, 1)
    begin = asked.after.time if asked.after is not None else asked.start or recording.start
    bound = begin + max(span, thinning.bucket)
    last = recording.end if asked.end is None else min(recording.end, asked.end - 1)
    found = asked.frames(end=min(bound, last + 1), thinning=thinning)
    frames, place = _page(found, asked.limit, lambda frames: frames)
    if place is None and bound <= last:
        place = Place(bound - 1, LAST_DRONE)
    return frames, place


def _place(frames: FrameArray) -> Place:
    return Place(int(frames["time"][-1]), int(frames["drone"][-1]))


class Thinner:
    """Takes each drone's first frame of every 1/hz seconds of a race that began at `start` (µs).

    `before` has the times (µs) of the frames before the first ones it is given, by drone: so a page goes on where
    the one before it ended.
    """

    def __init__(self, hz: float, start: int, before: dict[int, int]) -> None:
        self._hz = hz
        self._start = start
        self._last = {drone: int(self._intervals(np.array([time]))[0]) for drone, time in before.items()}

    def thin(self, frames: FrameArray) -> FrameArray:
        """Give the frames to take out of the next ones, which are in order of time."""
        taken = np.zeros(len(frames), bool)
        intervals = self._intervals(frames["time"])
        for drone in np.unique(frames["drone"]).tolist():
            own = np.flatnonzero(frames["drone"] == drone)
            mine = intervals[own]
            taken[own] = np.diff(mine, prepend=self._last.get(drone, -1)) != 0
            self._last[drone] = int(mine[-1])
        return frames[taken]

    def _intervals(self, times: FrameArray) -> FrameArray:
        return np.floor((times - self._start) / 1e6 * self._hz).astype("i8")
