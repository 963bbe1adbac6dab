"""`python -m tests.browser.screenshots [NAME …]`: make the pictures of the README, `docs/images/*.png`, of real pages.

It starts a server with a database of its own, records races of simulated pilots, lets others fly, and opens the pages
in Chromium: 1440 × 900, live and replay dark, lobby and analysis light. The recorded race is the same every time.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import Page, async_playwright

from tests.browser.conftest import ROOT, Drift

IMAGES: Final = ROOT / "docs/images"
MOST_BYTES: Final = 300_000
SIZE: Final = {"width": 1440, "height": 900}
SWITCHES: Final = ["--no-sandbox", "--disable-quic", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
PILOTS: Final = ("Ada", "Basil", "Chidi", "Dara", "Esi", "Farid")
LAPS_MS: Final = 240_000
# The drones' names come with a race's description, so they are given in the database.
NAMING: Final = """
from races.models import Drone
for drone in Drone.objects.filter(race_id={race!r}):
    Drone.objects.filter(pk=drone.pk).update(name={names!r}[drone.number - 1])
"""


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


def fly(drift: Drift) -> str:
    """Let six pilots fly a race that is shown live, until each has closed a lap; gives its ID."""
    race = drift.manage("create_race", "--name", "Evening race", "--track", "Arena").split()[-1]
    drift.fly(drones=len(PILOTS))
    give_up = time.monotonic() + LAPS_MS / 1000
    while len({lap["drone"] for lap in asked(drift, f"/api/races/{race}/laps/")}) < len(PILOTS):
        if time.monotonic() > give_up:
            raise SystemExit("The simulated pilots have closed no laps.")
        time.sleep(1)
    drift.manage("shell", "-c", NAMING.format(race=race, names=PILOTS))
    return race


def asked(drift: Drift, path: str) -> Any:
    with urllib.request.urlopen(drift.url + path, timeout=30) as answer:
        return json.load(answer)


def is_there(drift: Drift, path: str) -> bool:
    try:
        urllib.request.urlopen(drift.url + path, timeout=30).close()
    except urllib.error.HTTPError:
        return False
    return True


def shots(race: str, live: str) -> list[Shot]:
    """Give the pictures of a recorded race and of one that is being flown."""
    replayed = "window.drift && !drift.waiting && drift.drawn > 3 && document.querySelector('#board td.best')"
    return [
        Shot("lobby", "/", "light", "document.querySelectorAll('article[data-state=live]').length > 0"),
        Shot("live", f"/races/{live}/?drone=2", "dark", "document.querySelector('[data-state=live]')"),
        Shot("replay", f"/races/{race}/replay/?t=43.6&drone=3&camera=chase", "dark", replayed),
        Shot("analysis", f"/races/{race}/analysis/", "light", "document.querySelectorAll('.plot canvas').length > 3"),
    ]


async def picture(page: Page, drift: Drift, shot: Shot) -> None:
    """Open a page, wait until it shows what it is to show, and keep its picture."""
    await page.emulate_media(color_scheme=shot.scheme, reduced_motion="reduce")
    await page.goto(drift.url + shot.path)
    await page.wait_for_function(f"() => {shot.ready}", timeout=LAPS_MS)
    await page.wait_for_timeout(6000)  # for what is eased or comes with the next second
    file = IMAGES / f"{shot.name}.png"
    await page.screenshot(path=file, animations="disabled")
    size = file.stat().st_size
    sys.stdout.write(f"{file.relative_to(ROOT)}: {size // 1000} KB\n")
    if size > MOST_BYTES:
        raise SystemExit(f"{file.name} is larger than {MOST_BYTES // 1000} KB.")


async def photograph(drift: Drift, wanted: list[Shot]) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("This needs Chromium (Debian: apt-get install chromium).")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        page = await browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]})
        for shot in wanted:
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
            live = fly(drift) if not names or {"lobby", "live"} & set(names) else ""
            wanted = [shot for shot in shots(race, live) if not names or shot.name in names]
            asyncio.run(photograph(drift, [shot for shot in wanted if is_there(drift, shot.path)]))
        finally:
            drift.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
