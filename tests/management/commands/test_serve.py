from pathlib import Path

import pytest

from tests.processes import installation

# Where no name server answers, this look-up takes seconds, in which a loop would receive nothing.
WATCHING = """
import asyncio, socket, sys
from django.core.management import execute_from_command_line
ask = socket.getaddrinfo
def asking(host, *arguments, **options):
    if host == socket.gethostname():
        print("asked within the loop" if asyncio._get_running_loop() else "asked before the loop", flush=True)
    return ask(host, *arguments, **options)
socket.getaddrinfo = asking
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


@pytest.mark.processes
def test_this_machines_addresses_are_looked_for_before_the_loop_runs(tmp_path: Path) -> None:
    with installation(tmp_path) as drift:
        script = tmp_path / "watching.py"
        script.write_text(WATCHING)
        ports = ("--port", str(drift.http_port), "--legacy-port", str(drift.legacy_port))
        server = drift.start_script(str(script), "serve", "--host", "127.0.0.1", *ports)
        server.wait_for("Ctrl-C ends.")
        assert server.output.count("asked before the loop") == 1
        assert "asked within the loop" not in server.output
        assert f"Open http://localhost:{drift.http_port}/" in server.output
