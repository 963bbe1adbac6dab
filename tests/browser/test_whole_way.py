"""The whole way of a person: an account, a race, a flight, its end, the replay of it, a link for somebody else."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import Drift, watch
from tests.browser.test_managing import sign_up

pytestmark = pytest.mark.browser
SLOW_MS = 90_000
MAKE_TRACK = "from management.tracks import arena_track; arena_track()"


async def test_from_signing_up_to_a_link_into_the_replay(drift: Drift, browser: Browser) -> None:
    drift.manage("shell", "-c", MAKE_TRACK)
    context = await browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    failures = watch(page)
    await sign_up(page, drift.url, "ann")
    await page.get_by_label("Name").fill("Finale")
    await page.get_by_label("Track").select_option(index=1)
    await page.get_by_role("button", name="Create the race").click()
    await expect(page.get_by_role("heading", name="Waiting for the first packet…")).to_be_visible()

    land = drift.fly(drones=2)
    await expect(page.locator('#race[data-state="live"]')).to_be_visible(timeout=SLOW_MS)
    # A lap has been closed, so that the standings have a best.
    await expect(page.locator("#leaderboard td.best").first).to_have_text(re.compile(r"0:1\d\.\d{3}$"), timeout=SLOW_MS)
    # What has been flown so far is replayed already.
    other = await browser.new_page()
    await other.goto(f"{page.url.partition('?')[0]}replay/")
    await expect(other.get_by_text("This race still goes on.")).to_be_visible()
    await other.wait_for_function("() => window.drift && !drift.waiting && drift.drawn > 0", timeout=SLOW_MS)
    await expect(other.get_by_role("button", name=re.compile("^Lap 1 "))).to_be_visible(timeout=SLOW_MS)
    await page.get_by_role("button", name="End…").click()
    await page.get_by_role("button", name="End the race").click()
    land()

    await page.goto(drift.url)
    finished = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Finale"))
    await expect(finished.locator('[data-field="winner"]')).to_have_text(re.compile("Drone [12]"), timeout=SLOW_MS)
    await finished.get_by_role("link", name="Replay of Finale").click()
    await page.wait_for_function("() => window.drift && !drift.waiting && drift.drawn > 0", timeout=SLOW_MS)
    await page.get_by_role("button", name=re.compile("^Lap 1 ")).click()
    await page.get_by_role("button", name="Play", exact=True).click()
    start = await page.evaluate("drift.time")
    await page.wait_for_function("start => drift.time > start + 0.5", arg=start, timeout=SLOW_MS)
    await page.keyboard.press(" ")
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Copy link").click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = await page.evaluate("navigator.clipboard.readText()")
    moment = await page.evaluate("drift.time")

    # Somebody else, who is not signed in, comes to the same moment.
    await other.goto(link)
    await other.wait_for_function("() => window.drift && !drift.waiting && drift.drawn > 0", timeout=SLOW_MS)
    assert await other.evaluate("drift.time") == pytest.approx(moment, abs=0.001)
    await expect(other.locator("#laps li[aria-current=true]")).to_have_text(re.compile("^Lap 1"))
    await other.get_by_role("link", name="Analysis").click()
    await expect(other.get_by_role("heading", name=re.compile("Finale"))).to_be_visible(timeout=SLOW_MS)
    assert failures == []
    await context.close()
