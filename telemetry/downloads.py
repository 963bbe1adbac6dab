"""Whole recordings over HTTP: the export of a race as a file."""

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.errors import Refused
from races import selectors
from telemetry import export, reading

MOST_DRONES: Final = 64  # named in one query

DRONES = OpenApiParameter("drones", str, description="Numbers of drones, separated by commas; without it, all.")


class OwnFormat(BaseContentNegotiation):
    """Leave `?format=` to the view, where REST framework would look for a renderer of that name; errors are JSON."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = next(iter(renderers))
        return first, first.media_type


class ExportView(APIView):
    permission_classes = (AllowAny,)
    content_negotiation_class = OwnFormat

    @extend_schema(
        tags=["telemetry"],
        operation_id="races_export",
        parameters=[OpenApiParameter("format", str, enum=[*export.FORMATS], default="csv"), DRONES],
        responses={(200, form.media_type.partition(";")[0]): OpenApiTypes.BINARY for form in export.FORMATS.values()},
    )
    def get(self, request: Request, race_id: UUID) -> StreamingHttpResponse:
        """Give a race's recording as a file. Of a race that still goes on, what has been recorded so far."""
        form = request.query_params.get("format", "csv")
        media_type = export.format_of(form).media_type
        race = selectors.race_for(request.user, race_id)
        parts = export.parts_of(race, form, drones=drones_asked_for(request))
        answer = StreamingHttpResponse(reading.in_steps(_data(parts)), content_type=media_type)
        answer["Content-Disposition"] = content_disposition_header(
            as_attachment=True, filename=export.file_name(race, form)
        )
        answer["Cache-Control"] = "no-store"
        return answer


def drones_asked_for(request: Request) -> frozenset[int] | None:
    """Give the numbers in `?drones=`, None where it is absent; raises Refused for anything else."""
    text = request.query_params.get("drones", "")
    if not text:
        return None
    parts = text.split(",")
    if len(parts) > MOST_DRONES or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise Refused("drones must be numbers separated by commas, such as 1,3.")
    return frozenset(map(int, parts))


def _data(parts: Iterator[export.Part]) -> Iterator[bytes]:
    for part in parts:
        yield part.data
