import socket
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command, execute_from_command_line
from django.core.management.base import CommandError

from races.stream_format import DEFAULT_FORMAT
from telemetry.capture import read_capture
from telemetry.liftoff import compile_format


def test_each_drone_sends_its_frames_from_a_socket_of_its_own(receiver: socket.socket, udp: str) -> None:
    told = StringIO()
    call_command("simulate", "--drones", "3", "--hz", "50", "--seconds", "0.4", "--udp", udp, stdout=told)
    got = [receiver.recvfrom(2000) for _ in range(60)]
    assert told.getvalue().splitlines() == [
        f"3 drones fly for 0.4 s, 50 frames a second each, to {udp}.",
        "Sent 60 datagrams.",
    ]
    by_source: dict[object, list[bytes]] = {}
    for datagram, source in got:
        by_source.setdefault(source, []).append(datagram)
    assert [len(datagrams) for datagrams in by_source.values()] == [20, 20, 20]
    for datagrams in by_source.values():
        decoded = compile_format(DEFAULT_FORMAT).decode(datagrams)
        assert decoded.refused == []
        assert decoded.frames["flight_time"].tolist() == sorted(decoded.frames["flight_time"])


def test_the_stream_format_is_the_one_asked_for(receiver: socket.socket, udp: str) -> None:
    keys = "Battery,PositionY,Timestamp"
    told = StringIO()
    call_command("simulate", "--drones", "1", "--seconds", "0.05", "--format", keys, "--udp", udp, stdout=told)
    decoded = compile_format(keys.split(",")).decode([receiver.recv(2000) for _ in range(5)])
    assert decoded.refused == []
    assert decoded.frames["flight_time"] == pytest.approx([0, 0.01, 0.02, 0.03, 0.04])


def test_a_flight_can_be_written_as_a_capture(tmp_path: Path) -> None:
    told = StringIO()
    path = tmp_path / "flight.csv"
    call_command("simulate", "--csv", str(path), "--seconds", "2", "--resets", "1", stdout=told)
    assert told.getvalue() == f"Wrote 200 datagrams to {path}.\n"
    frames = read_capture(path).frames
    assert len(frames) == 200
    assert (frames["flight_time"][1:] < frames["flight_time"][:-1]).any()


@pytest.mark.parametrize("options", [[], ["--seconds", "2", "--drones", "2"]])
def test_a_capture_of_several_drones_or_without_an_end_is_wrong_use(tmp_path: Path, options: list[str]) -> None:
    with pytest.raises(CommandError, match="holds one drone") as caught:
        call_command("simulate", "--csv", str(tmp_path / "flight.csv"), *options)
    assert caught.value.returncode == 2


def test_a_capture_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: ") as caught:
        call_command("simulate", "--csv", str(tmp_path), "--seconds", "1")
    assert caught.value.returncode == 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--drones", "0"], "argument --drones: '0' is not a whole number from 1."),
        (["--hz", "-5"], "argument --hz: '-5' is not a number from 0."),
        (["--format", "Altitude"], "argument --format: Unknown stream format key: Altitude"),
        (["--udp", "here"], "argument --udp: 'here' is not HOST:PORT"),
    ],
)
def test_a_bad_option_is_named_and_is_exit_code_2(
    capsys: pytest.CaptureFixture[str], options: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        execute_from_command_line(["manage.py", "simulate", *options])
    assert stopped.value.code == 2
    assert complaint in capsys.readouterr().err
