"""`python -m tests.browser.screenshots [NAME …]`: make the pictures of the README, `docs/images/*.png`, of real pages.

It starts a server with a database of its own, records races of simulated pilots, lets others fly, and opens the pages
in Chromium: 1440 × 900, live and replay dark, lobby and analysis light. The recorded race is the same every time.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import django
from playwright.async_api import Page, async_playwright

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.browser.conftest import LAUNCH, ROOT, Drift

IMAGES: Final = ROOT / "docs/images"
MOST_BYTES: Final = 300_000
SIZE: Final = {"width": 1440, "height": 900}
NAMES: Final = ("lobby", "live", "replay", "analysis")
PILOTS: Final = ("Arrow", "Bolt", "Comet", "Dart", "Echo", "Falcon")
PATIENCE_S: Final = 240
# Without a graphics card a picture takes long, and the scene would soon be drawn coarser. So rarely drawn, it is as
# in a tab that was hidden, and stays as fine as it is.
SELDOM: Final = "window.requestAnimationFrame = run => setTimeout(() => run(performance.now()), 600)"


@dataclass(frozen=True)
class Shot:
    """A page, and when it is worth a picture: `ready` is an expression of its script that is true then."""

    name: str
    path: str
    scheme: Literal["dark", "light"]
    ready: str


def record(drift: Drift, *options: str) -> str:
    """Record a race at once; gives its ID."""
    command = [sys.executable, "-m", "tests.record_race", *options]
    run = subprocess.run(command, cwd=ROOT, env=drift.environment, capture_output=True, text=True, check=True)
    return run.stdout.strip()


class Director:
    """A signed-in user, whose races these are."""

    def __init__(self, drift: Drift) -> None:
        self._drift = drift
        self._headers = {"Content-Type": "application/json"}
        who = {"username": "director", "password": "correct horse 9"}
        self.ask("POST", "/api/auth/register/", who)
        token = self.ask("POST", "/api/auth/login/", {**who, "device": "pictures"})["token"]
        self._headers["Authorization"] = f"Token {token}"

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Make a call of the API; gives its answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._drift.url + path, data, self._headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def race(self, name: str) -> dict[str, Any]:
        """Create a race on the recorded one's track."""
        track = self.ask("GET", "/api/tracks/")["results"][0]["id"]
        made: dict[str, Any] = self.ask("POST", "/api/races/", {"name": name, "track": track})
        return made

    def flown(self, name: str, pilots: int, laps: int) -> str:
        """Let pilots fly a race until each has closed so many laps; gives its ID."""
        race = self.race(name)
        path = f"/api/races/{race['id']}/"
        self._drift.fly(port=race["udp_port"], drones=pilots)
        give_up = time.monotonic() + PATIENCE_S
        while len(self.ask("GET", f"{path}drones/")) < pilots:
            _pause(give_up)
        for number, pilot in enumerate(PILOTS[:pilots], 1):
            self.ask("PATCH", f"{path}drones/{number}/", {"name": pilot})
        while len(self.ask("GET", f"{path}laps/")) < laps * pilots:
            _pause(give_up)
        return str(race["id"])


def _pause(give_up: float) -> None:
    if time.monotonic() > give_up:
        raise SystemExit("The simulated pilots do not arrive.")
    time.sleep(0.5)


REPLAYED: Final = "window.drift && !drift.waiting && drift.drawn > 0 && document.querySelector('#board td.best')"


def shots(director: Director, race: str, names: list[str]) -> Iterator[Shot]:
    """Give the pictures one by one; who flies live begins when the picture before has been taken."""
    if "lobby" in names:
        director.race("Qualifying")
        director.flown("Juniors", 3, 0)
        yield Shot("lobby", "/", "light", "document.querySelectorAll('article[data-state=live]').length > 0")
    if "replay" in names:
        yield Shot("replay", f"/races/{race}/replay/?t=43.6&drone=3&camera=chase", "dark", REPLAYED)
    if "analysis" in names:
        yield Shot(
            "analysis", f"/races/{race}/analysis/", "light", "document.querySelectorAll('.plot canvas').length > 3"
        )
    if "live" in names:
        live = director.flown("Evening race", len(PILOTS), 2)
        yield Shot("live", f"/races/{live}/?drone=2", "dark", "document.querySelector('[data-state=live]')")


async def picture(page: Page, drift: Drift, shot: Shot) -> None:
    """Open a page, wait until it shows what it is to show, and keep its picture."""
    await page.emulate_media(color_scheme=shot.scheme, reduced_motion="reduce")
    await page.goto(drift.url + shot.path)
    await page.wait_for_function(f"() => {shot.ready}", timeout=1000 * PATIENCE_S, polling=500)
    await page.wait_for_timeout(5000)  # for what is eased, or comes with the next second
    file = IMAGES / f"{shot.name}.png"
    await page.screenshot(path=file, animations="disabled")
    size = file.stat().st_size
    sys.stdout.write(f"{file.relative_to(ROOT)}: {size // 1000} KB\n")
    if size > MOST_BYTES:
        raise SystemExit(f"{file.name} is larger than {MOST_BYTES // 1000} KB.")


async def photograph(drift: Drift, wanted: Iterator[Shot]) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("This needs Chromium (Debian: apt-get install chromium).")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=LAUNCH)
        page = await browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]})
        await page.add_init_script(SELDOM)
        # The next one is made ready, which takes its time, in a thread.
        while (shot := await asyncio.to_thread(next, wanted, None)) is not None:
            await picture(page, drift, shot)
        await browser.close()


def main(names: list[str]) -> None:
    """Make all pictures, or those of `names`."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        drift = Drift(Path(folder))
        drift.start()
        try:
            record(drift, "--name", "Practice", "--drones", "2", "--seconds", "40", "--seed", "3", "--untimed")
            race = record(drift, "--drones", "8", "--seconds", "75", "--hz", "100", "--resets", "50", "--laps", "4")
            asyncio.run(photograph(drift, shots(Director(drift), race, names or [*NAMES])))
        finally:
            drift.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
