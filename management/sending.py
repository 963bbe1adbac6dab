"""What the commands that send have in common: Ctrl-C is an ordinary end, and the last line says how many went out."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError, OutputWrapper

from management.sender import Address, Sender


@contextmanager
def reported(sender: Sender, address: Address, stdout: OutputWrapper) -> Iterator[None]:
    """Run what sends; raises CommandError, exit code 1, where the system cannot send to `address`."""
    try:
        yield
    except KeyboardInterrupt:
        # The way to end a race that has no other end.
        stdout.write("")
    except OSError as error:
        host, port = address.target
        raise CommandError(f"Cannot send to {host}:{port}: {error.strerror or error}.") from None
    stdout.write(f"Sent {sender.sent} datagrams.")
