"""REST framework's parsers with a bound on the body: it reads a body whole, however long, and recurses into JSON."""

import io
import json
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework import parsers
from rest_framework.exceptions import ParseError

if TYPE_CHECKING:
    from django.http.request import _ImmutableQueryDict


def bounded(stream: IO[Any]) -> io.BytesIO:
    """Give the body, or raise RequestDataTooBig past DATA_UPLOAD_MAX_MEMORY_SIZE bytes."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body = stream.read(most + 1)
    if len(body) > most:
        raise RequestDataTooBig
    return io.BytesIO(body)


class JSONParser(parsers.JSONParser):
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        body = bounded(stream)
        try:
            data = super().parse(body, media_type, parser_context)
            if b"\\ud" in body.getvalue().lower():
                # An escaped half of a surrogate pair is no character: no answer and no database could hold it.
                json.dumps(data, ensure_ascii=False).encode()
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except UnicodeEncodeError:
            raise ParseError("The JSON holds half of a character.") from None
        return data


class FormParser(parsers.FormParser):
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> "_ImmutableQueryDict":
        return super().parse(bounded(stream), media_type, parser_context)
