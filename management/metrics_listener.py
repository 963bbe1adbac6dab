"""`/metrics` of a process without a web server: the ingest's, on a port of its own."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from django.db import close_old_connections, connections

from telemetry import metrics

logger = logging.getLogger(__name__)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request a connection, to who has the operator's token."""

    timeout = 5  # s that a client may take: they are served one after the other
    server_version = "DRIFT"
    sys_version = ""

    def do_GET(self) -> None:
        if self.path != "/metrics":
            self._answer(HTTPStatus.NOT_FOUND, b"There is only /metrics.\n")
        elif not metrics.is_operator(self.headers.get("Authorization", "")):
            self._answer(HTTPStatus.UNAUTHORIZED, b"Send DRIFT_METRICS_TOKEN as a bearer token.\n")
        else:
            close_old_connections()
            self._answer(HTTPStatus.OK, metrics.text(), metrics.CONTENT_TYPE)

    def _answer(self, status: HTTPStatus, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name that the base class gives it
        logger.debug(format, *args)


@contextmanager
def listening(host: str, port: int) -> Iterator[int]:
    """Serve while inside; gives the port, which port 0 lets the system choose. Raises OSError for a taken one."""
    server = HTTPServer((host, port), _Handler)

    def serve() -> None:
        try:
            server.serve_forever()
        finally:
            connections.close_all()

    thread = threading.Thread(target=serve, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
