"""How many descriptors this process may have open (sockets, journals, database connections), and what they go to."""

import sys
from typing import Final, NamedTuple

MACOS_MOST: Final = 10_240  # past which macOS refuses, even where it names no bound of its own

OF_A_RACE: Final = 4  # its UDP socket, its journal, the recorder's reading of it, a copy while it goes to the disk
OF_THE_PROCESS: Final = 64  # what stands open always: the loop, the recorder's database, Redis, standard streams
OF_A_CONNECTION: Final = 3  # the socket, and while its request is answered SQLite's two files
LISTENING: Final = 2  # sockets
FEWEST_AT_ONCE, MOST_AT_ONCE = 16, 2048


class Room(NamedTuple):
    """What there is room for: open TCP connections, and new ones that arrive at once, on each listening socket."""

    connections: int
    backlog: int


def needed(*, connections: int, races: int) -> int:
    """Give how many `room` needs for so many connections beside so many races."""
    return OF_THE_PROCESS + OF_A_RACE * races + LISTENING * MOST_AT_ONCE + OF_A_CONNECTION * connections


def raise_limit(wanted: int) -> None:
    """Let this process open so many, or as near to that as the system lets it come; never fewer than before.

    The usual bounds are for programs that open some files: 1,024, on macOS 256. Windows has none for sockets.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for goal in (wanted, MACOS_MOST):
        allowed = goal if hard == resource.RLIM_INFINITY else min(goal, hard)
        if soft == resource.RLIM_INFINITY or soft >= allowed:
            return
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        except (ValueError, OSError):
            continue
        return


def limit() -> int | None:
    """Give how many this process may have open; None: there is no bound."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415  not on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def room(most: int | None, *, wanted: int, races: int) -> Room:
    """Give the room for connections, `wanted` or fewer, where the process may have `most` descriptors open.

    The rest, up to half of all, is for `races` races at once and for the process itself: strangers' connections must
    never keep a journal from being opened. Of those that arrive at once all are accepted before the first that is too
    much can be closed.
    """
    if most is None:
        return Room(wanted, MOST_AT_ONCE)
    free = most - min(OF_THE_PROCESS + OF_A_RACE * races, most // 2)
    backlog = min(max(free // 8, FEWEST_AT_ONCE), MOST_AT_ONCE)
    connections = (free - LISTENING * backlog) // OF_A_CONNECTION
    return Room(min(max(connections, 1), wanted), backlog)
