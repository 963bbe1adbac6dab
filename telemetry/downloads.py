"""Whole recordings over HTTP: the export of a race as a file, and its frames in binary for a page that keeps them."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import content_disposition_header, http_date, parse_http_date
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.errors import NotFound
from accounts.rest import checked_query
from races import selectors
from races.models import Race
from telemetry import export, reading
from telemetry.batches import frames_bytes
from telemetry.query import NumberList
from telemetry.recordings import Recording, recording_of

CHUNK: Final = 10_000_000  # µs
YEAR: Final = 365 * 24 * 60 * 60  # s
MESSAGE_FRAMES: Final = 2000  # some 250 KB


class OwnFormat(BaseContentNegotiation):
    """Leave `?format=` to the view, where REST framework would look for a renderer of that name; errors are JSON."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type


class ExportQuery(serializers.Serializer[Any]):
    """The parameters of an export."""

    format = serializers.ChoiceField(choices=[*export.FORMATS], default="csv")
    drone = NumberList(
        required=False, max_length=200, help_text="Drones' numbers, separated by commas; all unless given."
    )


class ExportView(APIView):
    permission_classes = (AllowAny,)
    content_negotiation_class = OwnFormat

    @extend_schema(
        tags=["telemetry"],
        operation_id="races_export",
        parameters=[ExportQuery],
        responses={(200, form.media_type.partition(";")[0]): OpenApiTypes.BINARY for form in export.FORMATS.values()},
    )
    def get(self, request: Request, race_id: UUID) -> StreamingHttpResponse:
        """Give a race's recording as a file. Of a race that still goes on, what has been recorded so far."""
        race = selectors.race_for(request.user, race_id)
        query = checked_query(ExportQuery, request)
        form = query["format"]
        parts = export.parts_of(race, form, drones=query.get("drone"))
        answer = StreamingHttpResponse(reading.in_steps(_data(parts)), content_type=export.FORMATS[form].media_type)
        answer["Content-Disposition"] = content_disposition_header(
            as_attachment=True, filename=export.file_name(race, form)
        )
        answer["Cache-Control"] = "no-store"
        return answer


def binary(
    race: Race, drones: frozenset[int] | None, chunk: int | None, caching: dict[str, str]
) -> StreamingHttpResponse:
    """Answer with frames as binary messages of docs/protocol.md, one behind the other: of ten seconds, or of the race.

    `chunk` counts from 0; the header Drift-Chunks says how many there are. Raises NotFound for one that there is not.
    """
    recording = recording_of(race)
    chunks = recording.duration // CHUNK + 1 if recording.frame_count else 0
    if chunk is not None and chunk >= chunks:
        raise NotFound(f"The race has {chunks} chunks of {CHUNK // 1_000_000} s.")
    messages = _messages(recording, recording.chosen(drones), chunk)
    answer = StreamingHttpResponse(reading.in_steps(messages), content_type="application/octet-stream", headers=caching)
    answer["Drift-Chunks"] = str(chunks)
    if caching:
        # Not for shared caches: a race may be made private.
        patch_cache_control(answer, private=True, max_age=YEAR, immutable=True)
    else:
        patch_cache_control(answer, no_store=True)
    return answer


def _messages(recording: Recording, drones: list[int], chunk: int | None) -> Iterator[bytes]:
    start = None if chunk is None else recording.start + chunk * CHUNK
    end = None if start is None else start + CHUNK
    for frames in reading.frames_of(recording.race_id, drones=drones, start=start, end=end):
        for cut in range(0, len(frames), MESSAGE_FRAMES):
            yield frames_bytes(recording.start, frames[cut : cut + MESSAGE_FRAMES])


def validators(race: Race, request: Request) -> dict[str, str]:
    """Give the headers by which a cache knows the answer to this request again; none while the race goes on."""
    if race.status != Race.Status.ENDED or race.ended_at is None:
        return {}
    said = f"{race.pk} {race.frame_count} {request.get_full_path()}"
    return {
        "ETag": f'"{sha256(said.encode()).hexdigest()[:32]}"',
        "Last-Modified": http_date(int(race.ended_at.timestamp())),
    }


def unchanged(caching: dict[str, str], request: Request) -> HttpResponseBase | None:
    """Give the answer to a request for what the caller has already; None for any other."""
    if not caching:
        return None
    ended = parse_http_date(caching["Last-Modified"])
    return get_conditional_response(request._request, caching["ETag"], ended)  # noqa: SLF001  REST framework wraps it


def _data(parts: Iterator[export.Part]) -> Iterator[bytes]:
    for part in parts:
        yield part.data
