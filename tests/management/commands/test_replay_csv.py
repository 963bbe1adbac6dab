import socket
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from telemetry.capture import CAPTURE_FORMAT, read_capture
from telemetry.liftoff import compile_format

STREAM = compile_format(CAPTURE_FORMAT)


@pytest.fixture
def short_capture(simulated_capture: Path, tmp_path: Path) -> Path:
    """The first 100 rows, one second, of the committed capture."""
    path = tmp_path / "short.csv"
    path.write_text("".join(simulated_capture.read_text(encoding="utf-8").splitlines(keepends=True)[:101]))
    return path


@pytest.mark.parametrize("speed", ["0", "20"])
def test_every_row_arrives_as_the_game_sent_it(
    receiver: socket.socket, udp: str, short_capture: Path, speed: str
) -> None:
    told = StringIO()
    call_command("replay_csv", str(short_capture), "--udp", udp, "--speed", speed, stdout=told)
    decoded = STREAM.decode([receiver.recv(2000) for _ in range(100)])
    assert told.getvalue() == "Sent 100 datagrams.\n"
    assert decoded.refused == []
    assert decoded.frames.tobytes() == read_capture(short_capture).frames.tobytes()


def test_a_file_that_is_no_capture_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(CommandError, match="line 1 names no column t_wall") as caught:
        call_command("replay_csv", str(path))
    assert caught.value.returncode == 2
