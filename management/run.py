"""Running an asynchronous main to its end, on the fastest loop there is."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any

from django.db import DatabaseError

from management.command import wrong_use
from management.server import uvloop_exists
from telemetry.ingest import AlreadyRunning


def new_loop() -> asyncio.AbstractEventLoop:
    if uvloop_exists():
        import uvloop  # noqa: PLC0415  has no Windows build

        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
        return loop
    return asyncio.new_event_loop()


def settle_memory() -> None:
    """Keep what start-up made out of the garbage collector: a full round over it stops the loop for 65 to 90 ms."""
    gc.collect()
    gc.freeze()


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `main()`; what keeps an ingest from starting is one line with exit code 2."""
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(main())
    except AlreadyRunning as error:
        raise wrong_use(str(error)) from None
    except DatabaseError as error:
        raise wrong_use(f"The database cannot be used: {str(error).strip().splitlines()[0]}") from None
