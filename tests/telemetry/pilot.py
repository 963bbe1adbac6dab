"""`python -m tests.telemetry.pilot RACE`: a process that records a race as the ingest does, for tests to disturb.

Every few ms it hands two drones' frames to the recorder and prints `accepted N` (the last frame's number) or
`refused N`, and `state …` whenever the recorder's changes. SIGUSR1 lets no file grow further, as a full disk does;
SIGUSR2 takes that back; SIGTERM ends the race. Being killed is what it is for.
"""

import signal
import sys
import time
from pathlib import Path
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import OperationalError  # noqa: E402

from races.models import Race  # noqa: E402
from telemetry.recorder import Recorder  # noqa: E402
from tests.telemetry.recording import TICK_FRAMES, numbered_tick  # noqa: E402

TICK_SECONDS = 0.005
LITTLE = 200  # bytes that a full disk still takes: less than a tick


class Pilot:
    """Flies until told to end."""

    def __init__(self, race_id: UUID) -> None:
        self.directory: Path = settings.DRIFT_DATA_DIR / "journal"
        self.recorder = Recorder(self.directory)
        self.recorder.start()
        self.recording = self.recorder.open(Race.objects.get(pk=race_id))
        self.seq = max((drone.last_seq for drone in self.recording.drones.values()), default=0)
        self.state = "ok"
        self.is_ending = False

    def fly(self) -> None:
        while not self.is_ending:
            made = numbered_tick(self.seq + 1)
            self.seq += TICK_FRAMES
            try:
                made.into(self.recording)
                say(f"accepted {self.seq}")
            except OSError:
                say(f"refused {self.seq}")
            if (state := self.recorder.stats.state) != self.state:
                self.state = state
                say(f"state {state}")
            time.sleep(TICK_SECONDS)
        self.recording.end().result(60)
        self.recorder.close()
        say("ended")

    def end(self, *_: object) -> None:
        self.is_ending = True

    def fill_disk(self, *_: object) -> None:
        limit_files(max(path.stat().st_size for path in self.directory.iterdir()) + LITTLE)

    def empty_disk(self, *_: object) -> None:
        limit_files(None)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def limit_files(size: int | None) -> None:
    """Let no file of this process grow beyond `size` bytes."""
    import resource  # noqa: PLC0415  not on Windows, where these tests are skipped

    most = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_FSIZE, (most if size is None else size, most))


def main() -> None:
    try:
        pilot = Pilot(UUID(sys.argv[1]))
    except OperationalError as error:
        sys.exit(f"no database: {error}")
    signal.signal(signal.SIGTERM, pilot.end)
    signal.signal(signal.SIGUSR1, pilot.fill_disk)
    signal.signal(signal.SIGUSR2, pilot.empty_disk)
    pilot.fly()


if __name__ == "__main__":
    main()
