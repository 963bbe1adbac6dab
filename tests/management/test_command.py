import io

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.errors import Conflict
from management.command import DriftCommand, wrong_use


class Full(DriftCommand):
    help = "Does a thing."
    example = "python manage.py full --now"
    requires_system_checks = ()

    def handle(self, *, verbosity: int, **_: object) -> None:
        if verbosity == 0:
            raise wrong_use("That can never work.")
        raise Conflict("All UDP ports are in use.")


def test_help_ends_with_the_example() -> None:
    text = Full().create_parser("manage.py", "full").format_help()
    assert text.endswith("example:\n  python manage.py full --now\n")


def test_what_is_refused_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        Full().run_from_argv(["manage.py", "full"])
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "CommandError: All UDP ports are in use.\n"


def test_wrong_use_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        Full().run_from_argv(["manage.py", "full", "--verbosity", "0"])
    assert stopped.value.code == 2
    assert capsys.readouterr().err == "CommandError: That can never work.\n"


def test_a_command_called_from_code_raises_what_it_would_print() -> None:
    with pytest.raises(CommandError, match="in use") as caught:
        call_command(Full(stdout=io.StringIO()))
    assert caught.value.returncode == 1
