"""`manage.py serve`: DRIFT in one process."""

from argparse import ArgumentParser
from functools import partial
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from rich.console import Console

from accounts.models import User
from management import ingest_view, preflight, run, server
from management.command import DriftCommand
from telemetry import metrics
from telemetry.ingest import Ingest
from telemetry.recorder import Recorder


class Command(DriftCommand):
    help = "Serve pages, WebSockets and the UDP ingest in one process: all that a race host needs."
    example = "python manage.py serve --port 8123"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="0.0.0.0", help="address to listen on (default: all)")  # noqa: S104
        parser.add_argument("--port", type=int, default=8000, help="HTTP and WebSocket port (default 8000)")
        parser.add_argument(
            "--legacy-port",
            type=int,
            default=settings.DRIFT_LEGACY_PORT,
            help="second WebSocket port, where the original's clients look (default %(default)s; 0: none)",
        )
        parser.add_argument(
            "--no-ingest",
            action="store_true",
            help="a web worker beside an ingest_udp: pages, REST and WebSockets only (needs REDIS_URL)",
        )

    def handle(self, *args: object, host: str, port: int, legacy_port: int, no_ingest: bool, **options: Any) -> None:
        preflight.need_database()
        self.without_admin = not User.objects.filter(is_superuser=True).exists()
        preflight.need_channel_layer(across_processes=no_ingest)
        # Before the loop runs: where no name server answers, the system looks for its own name for seconds.
        self.addresses = [] if no_ingest else server.lan_addresses()
        server.make_room()
        sockets = []
        for number, option in ((port, "--port"), (legacy_port, "--legacy-port")):
            if number:
                try:
                    sockets.append(server.bind(host, number))
                except (OSError, OverflowError) as error:
                    os_error = error if isinstance(error, OSError) else OSError(str(error))
                    raise preflight.taken(f"Port {number}", os_error, f"Choose another with {option}.") from None
        run.run(partial(self.main, sockets, port, with_ingest=not no_ingest))

    async def main(self, sockets: list[Any], port: int, *, with_ingest: bool) -> None:
        if not with_ingest:
            worker = server.Server(server.config())
            run.settle_memory()
            self.stdout.write(f"A web worker is running on port {port}. Ctrl-C ends.")
            self.stdout.flush()
            await worker.serve(sockets=sockets)
            return
        ingest = Ingest(Recorder(settings.DRIFT_DATA_DIR / "journal"), get_channel_layer())
        with metrics.watched(ingest):
            async with ingest_view.shown(ingest, Console(force_terminal=False, stderr=True)):
                await server.serve(sockets, ingest, on_ready=partial(self.greet, port))

    def greet(self, port: int) -> None:
        run.settle_memory()
        pages = [f"http://localhost:{port}/", *(f"http://{address}:{port}/" for address in self.addresses)]
        ports = settings.DRIFT_UDP_PORTS
        self.stdout.write("DRIFT is running. Open " + " or ".join(pages))
        self.stdout.write(
            f"Pilots send to {' or '.join(self.addresses) or 'this machine'}, UDP port {ports[0]} for the first race "
            f"(then up to {ports[-1]}). Create one: python manage.py create_race. Ctrl-C ends."
        )
        if self.without_admin:
            self.stdout.write("There is no admin yet. Make one: python manage.py createsuperuser, then open /admin/.")
        self.stdout.flush()
