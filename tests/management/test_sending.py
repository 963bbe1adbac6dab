import io
import socket

import pytest
from django.core.management.base import CommandError, OutputWrapper

from management.sender import Address, Sender
from management.sending import reported

HERE = Address(socket.AF_INET, ("127.0.0.1", 9))


def press_ctrl_c() -> None:
    raise KeyboardInterrupt


def test_ctrl_c_is_an_ordinary_end_that_says_what_was_sent() -> None:
    told = io.StringIO()
    with Sender(HERE) as sender, reported(sender, HERE, OutputWrapper(told)):
        sender.pour([b"a", b"b"])
        press_ctrl_c()
    assert told.getvalue().splitlines()[-1] == "Sent 2 datagrams."


def test_an_address_that_the_system_sends_nothing_to_is_one_line() -> None:
    # Broadcasting needs a leave that these sockets do not ask for.
    everybody = Address(socket.AF_INET, ("255.255.255.255", 9))
    with (
        pytest.raises(CommandError, match=r"^Cannot send to 255\.255\.255\.255:9: ") as caught,
        Sender(everybody) as sender,
        reported(sender, everybody, OutputWrapper(io.StringIO())),
    ):
        sender.pour([b"a"])
    assert caught.value.returncode == 1
