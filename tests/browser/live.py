"""What the tests of the live page share: a race of three drones that fly on, and waiting for what the page says."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.conftest import Drift

SLOW_MS = 30_000


@dataclass(frozen=True)
class Flown:
    """A server with a race of three drones on a track."""

    drift: Drift
    race_id: str

    @property
    def url(self) -> str:
        return f"{self.drift.url}/races/{self.race_id}/"


def flying(directory: Path) -> Iterator[Flown]:
    """Run a server with the race; a fixture yields from this."""
    drift = Drift(directory)
    drift.start()
    try:
        race_id = drift.create_race("Night final", track=drift.create_arena())
        drift.fly(drones=3)
        yield Flown(drift, race_id)
    finally:
        drift.stop()


async def until(page: Page, condition: str) -> None:
    """Wait until an expression over `drift` (docs/page.md) is true on the page."""
    await page.wait_for_function(f"() => window.drift && ({condition})", timeout=SLOW_MS)


async def is_live(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator("#race")).to_have_attribute("data-state", "live", timeout=SLOW_MS)
    await until(page, "drift.counters.drawn > 1 && drift.shown.followed !== null")
