"""The original's Unity client as far as HTTP goes: keeps its session cookie, knows no CSRF token, sends JSON."""

import json
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any


class UnityClient:
    """Calls of one client; `base` is the server's address."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Give the status and the JSON of an answer."""
        status, text = self.text(method, path, body)
        return status, json.loads(text)

    def ok(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Give the object of an answer that has to be 200."""
        status, answer = self.call(method, path, body)
        assert status == 200, (method, path, answer)
        assert isinstance(answer, dict)
        return answer

    def text(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        data = b"" if body is None and method == "POST" else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data, method=method)
        if body is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()
