"""The threads that read recordings for replays: few, and not the one in which viewers of live races are admitted."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from channels.db import database_sync_to_async

Given = ParamSpec("Given")
Result = TypeVar("Result")

THREADS: Final = 2

_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="replay")


def in_replay_thread(call: Callable[Given, Result]) -> Callable[Given, Awaitable[Result]]:
    """Give `call` as a coroutine function; however many replays wait for their turn, nobody else does."""
    made: Callable[Given, Awaitable[Result]] = database_sync_to_async(call, thread_sensitive=False, executor=_threads)
    return made
