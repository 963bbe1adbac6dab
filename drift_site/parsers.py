"""REST framework's parsers with two rules: a body has a bound, and is UTF-8.

Theirs read a body whole, however long, recurse into JSON, and take any codec of Python's for the charset that a
Content-Type names: some raise what no parser expects, others hide what is looked for here. JSON and HTML's forms
are UTF-8 by their standards, whatever is named.
"""

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
    from django.utils.datastructures import MultiValueDict

Context = Mapping[str, Any] | None


def bounded(stream: IO[Any]) -> io.BytesIO:
    """Give the body, or raise RequestDataTooBig past DATA_UPLOAD_MAX_MEMORY_SIZE bytes."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body = stream.read(most + 1)
    if len(body) > most:
        raise RequestDataTooBig
    return io.BytesIO(body)


def in_utf8(context: Context) -> dict[str, Any]:
    """Give a parser's context with UTF-8 in place of the charset that the request names."""
    return {**(context or {}), "encoding": "utf-8"}


class JSONParser(parsers.JSONParser):
    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None) -> dict[str, Any]:
        body = bounded(stream)
        try:
            data = super().parse(body, media_type, in_utf8(parser_context))
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
        self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None
    ) -> "_ImmutableQueryDict":
        return super().parse(bounded(stream), media_type, in_utf8(parser_context))


class MultiPartParser(parsers.MultiPartParser):
    """Django bounds the fields of such a body itself."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Context = None
    ) -> "parsers.DataAndFiles[_ImmutableQueryDict, MultiValueDict[str, Any]]":
        return super().parse(stream, media_type, in_utf8(parser_context))
