"""A race with a viewer, a process of its own, for what a live frame takes while something else goes on.

`python -m bench.witness '{…}'` takes a `bench.load.Load` and prints a line of JSON, a `Evidence`.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from math import nan

import numpy as np

from bench import machine, run_loop
from bench.load import Arrivals, Load, Swarm, numbers_in_binary
from bench.viewer import connect

DRAIN_SECONDS = 2.0


@dataclass
class Evidence:
    """Of each frame, when it was `sent` (s since 1970) and after what `delay` (ms) the viewer had it; NaN: never."""

    sent: list[float]
    delay: list[float]

    def share(self, begin: float, end: float) -> float:
        """Give the share that arrived of the frames sent between two instants."""
        return float(np.isfinite(self._between(begin, end)).mean())

    def percentile(self, which: float, begin: float, end: float) -> float:
        """Give a percentile of the delay (ms) of the frames sent between two instants."""
        delays = self._between(begin, end)
        return float(np.nanpercentile(delays, which)) if np.isfinite(delays).any() else nan

    def _between(self, begin: float, end: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        sent = np.array(self.sent)
        return np.array(self.delay)[(sent >= begin) & (sent < end)]


async def watch(load: Load) -> Evidence:
    """Fly the race before one viewer of its binary stream."""
    arrivals = Arrivals({}, numbers_in_binary)
    viewer = await connect("127.0.0.1", load.tcp_port, load.path, arrivals.take)
    swarm = Swarm(load)
    since_1970 = time.time() - time.perf_counter()
    await swarm.fly(load.seconds)
    await asyncio.sleep(DRAIN_SECONDS)
    swarm.close()
    if viewer.transport is not None:
        viewer.transport.abort()
    numbers, times = arrivals.table()
    delay = np.full(len(swarm.sent), nan)
    delay[numbers] = (times - np.array(swarm.sent)[numbers]) * 1000
    return Evidence((np.array(swarm.sent) + since_1970).tolist(), delay.tolist())


def main() -> None:
    machine.pin(0, machine.LOAD_CORE)
    print(json.dumps(asdict(run_loop.run(watch(Load(**json.loads(sys.argv[1])))))))


if __name__ == "__main__":
    main()
