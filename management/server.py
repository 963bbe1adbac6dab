"""DRIFT in one process: the web, the WebSockets and the UDP ingest in one event loop, under uvicorn."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Generator, Iterator
from typing import Any, Final

import uvicorn
from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

from management import descriptors
from management.connections import Bounds, Config, CutOff, RequestProtocol
from telemetry.ingest import Ingest

logger = logging.getLogger(__name__)

GRACE_SECONDS: Final = 5
MAX_MESSAGE_BYTES: Final = 64 * 1024  # from a client
# Connections beside the viewers': a page opens some at once and keeps them for seconds.
PAGE_CONNECTIONS: Final = 1000


class RaceProtocol(CutOff, WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol with two additions.

    It cuts off a client that does not read. And it offers the application to write messages that are framed already
    (`write` of the scope's extension `drift.write`), since the same bytes go to every viewer of a race
    (docs/decisions/0004-shared-frames.md).
    """

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):  # a handshake that was refused has none
            self.scope["extensions"]["drift.write"] = {"write": self.write_framed}

    def write_framed(self, framed: bytes) -> bool:
        """Write whole unmasked messages; False when they have to wait, or nothing more is to be written."""
        if not self.handshake_complete or self.close_sent or self.disconnected or not self.writable.is_set():
            return False
        if self.conn.state is not State.OPEN or self.transport.is_closing():
            return False
        self.transport.write(framed)
        return True


def config(app: Any = "drift_site.asgi:application", bounds: Bounds | None = None) -> Config:
    """Give uvicorn's configuration with `app` loaded, so that who is told that DRIFT runs can open it at once.

    Without `bounds`, there may be as many connections as this process has descriptors for.
    """
    room = room_for_connections()
    made = Config(
        app,
        bounds or Bounds(connections=room.connections),
        loop="uvloop" if uvloop_exists() else "asyncio",
        http=RequestProtocol,
        ws=RaceProtocol,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        backlog=room.backlog,
        proxy_headers=False,  # uvicorn would believe whoever comes by 127.0.0.1; what to believe, DRIFT_PROXIES says
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    made.load()
    return made


def room_for_connections() -> descriptors.Room:
    """Give the room that the system leaves, beside the races, for as many viewers as the settings let in."""
    return descriptors.room(descriptors.limit(), wanted=wanted_connections(), races=len(settings.DRIFT_UDP_PORTS))


def wanted_connections() -> int:
    return PAGE_CONNECTIONS + int(settings.DRIFT_MAX_VIEWERS)


def make_room() -> None:
    """Get the system to let this process have its connections; a warning where not even viewers have room."""
    descriptors.raise_limit(descriptors.needed(connections=wanted_connections(), races=len(settings.DRIFT_UDP_PORTS)))
    room = room_for_connections().connections
    if room < settings.DRIFT_MAX_VIEWERS:
        logger.warning(
            "There is room for %d connections, fewer than DRIFT_MAX_VIEWERS: this process may open %d files. Raise its "
            "hard limit (ulimit -Hn, LimitNOFILE=).",
            room,
            descriptors.limit(),
        )


def uvloop_exists() -> bool:
    return sys.platform != "win32" and sys.implementation.name == "cpython"


class Server(uvicorn.Server):
    """uvicorn's server, which ends on a signal without passing it on: the ingest still has to drain."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        with stop_signals(self.ask_to_exit):
            yield

    def ask_to_exit(self) -> None:
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True


@contextlib.contextmanager
def stop_signals(call: Any) -> Iterator[None]:
    """Call `call` in the running loop on SIGINT and SIGTERM (on Windows: Ctrl-C and Ctrl-Break) while inside."""

    loop = asyncio.get_running_loop()
    signals = [signal.SIGINT, signal.SIGTERM]
    if sys.platform == "win32":
        signals.append(signal.SIGBREAK)
    # signal.signal instead of loop.add_signal_handler, which Windows does not have.
    before = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(call)) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def bind(host: str, port: int) -> socket.socket:
    """Give a listening TCP socket; raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two programs share the port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(room_for_connections().backlog)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def lan_addresses() -> list[str]:
    """Give this machine's IPv4 addresses that others on its networks can reach."""
    found = {info[4][0] for info in _address_info(socket.gethostname())}
    # The address of the route outwards; connecting a UDP socket sends nothing.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        found.add(probe.getsockname()[0])
    return sorted(str(address) for address in found if not str(address).startswith("127."))


def _address_info(name: str) -> list[Any]:
    try:
        return socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:
        return []


async def serve(sockets: list[socket.socket], ingest: Ingest, on_ready: Any) -> None:
    """Serve until a signal, then close the viewers, drain the ingest and return.

    Raises what the ingest raises when it cannot start (telemetry.ingest.AlreadyRunning, a DatabaseError).
    """
    server = Server(config())
    ready = asyncio.Event()
    ingesting = asyncio.create_task(ingest.run(on_ready=ready.set))
    waiting = asyncio.create_task(ready.wait())
    try:
        with stop_signals(ingest.stop):
            await asyncio.wait([ingesting, waiting], return_when=asyncio.FIRST_COMPLETED)
        if not ingesting.done():
            on_ready()
            ingesting.add_done_callback(lambda _: server.ask_to_exit())
            await server.serve(sockets=sockets)
    finally:
        waiting.cancel()
        ingest.stop()
        await ingesting
