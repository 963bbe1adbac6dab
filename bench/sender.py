"""The sending side of bench.ingest, a process of its own.

`python -m bench.sender DRONES HZ SECONDS PORT…` flies DRONES drones into each port and prints how many frames it sent,
how many s that took, and when it ended (s since 1970).
"""

import socket
import sys
import time
from typing import Final

from bench import machine
from bench.datagrams import Drone

SLICE_SECONDS: Final = 0.002


def fly(drones: int, hz: float, seconds: float, ports: list[int]) -> tuple[int, float]:
    """Send every drone's datagrams evenly spread over time; one call's drones are new sources."""
    senders = [(Drone(seed, hz), _connected(port)) for seed in range(drones) for port in ports]
    rate = hz * len(senders)
    total = int(rate * seconds)
    sent = 0
    begin = time.perf_counter()
    while sent < total:
        due = min(total, int((time.perf_counter() - begin) * rate) + 1)
        for number in range(sent, due):
            drone, sock = senders[number % len(senders)]
            sock.send(drone.datagram(number))
        sent = due
        time.sleep(SLICE_SECONDS)
    lasted = time.perf_counter() - begin
    for _, sock in senders:
        sock.close()
    return sent, lasted


def _connected(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", port))
    return sock


def main() -> None:
    machine.pin(0, machine.LOAD_CORE)
    drones, hz, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    print(*fly(drones, hz, seconds, [int(port) for port in sys.argv[4:]]), time.time())


if __name__ == "__main__":
    main()
