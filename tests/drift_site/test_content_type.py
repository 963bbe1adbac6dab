"""A Content-Type over which Django fails before it has a request."""

from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler

from drift_site.content_type import ReadableContentType


async def ask(*kinds: bytes) -> list[dict[str, Any]]:
    """Send a request with these Content-Types through Django's own handler; gives what it sent back."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/test",
        "query_string": b"",
        "headers": [(b"host", b"drift.lan"), *((b"content-type", kind) for kind in kinds)],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await ReadableContentType(ASGIHandler())(scope, receive, send)
    return sent


@pytest.mark.parametrize(
    "kind",
    [
        b"text/plain; x*=nonsense'en'%41",
        b"text/plain; x*=idna'en'%ff",
        b"multipart/form-data; boundary*=punycode''%ff",
        b"text/plain; charset*=undefined''%41",
    ],
)
async def test_a_parameter_in_an_encoding_that_does_not_fit_is_a_400_in_words(kind: bytes) -> None:
    start, body = await ask(kind)
    assert start["status"] == 400
    assert body["body"] == b'{"detail": "The request is malformed."}'


async def test_so_it_is_in_the_second_of_two() -> None:
    assert (await ask(b"text/plain; x*=utf-8''%41", b"text/plain; x*=nonsense'en'%41"))[0]["status"] == 400
