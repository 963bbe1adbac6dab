import socket
from collections.abc import Iterator

import pytest


@pytest.fixture
def receiver() -> Iterator[socket.socket]:
    """A UDP socket of this machine that holds some hundreds of datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        yield listening


@pytest.fixture
def udp(receiver: socket.socket) -> str:
    """The receiver's address, as --udp takes it."""
    host, port = receiver.getsockname()
    return f"{host}:{port}"
