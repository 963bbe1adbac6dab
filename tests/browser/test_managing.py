"""A race from signing up to deleting it, as its director lives it, and as others see that."""

import json
import re

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Drift, watch
from tests.browser.test_lobby import PHONE, SLOW_MS, assert_fits_a_phone

pytestmark = pytest.mark.browser
PASSWORD = "correct horse 9"


async def sign_up(page: Page, url: str, name: str) -> None:
    await page.goto(f"{url}/account/register/?next=/races/new/")
    await page.get_by_label("Username").fill(name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create the account").click()


async def test_a_race_from_signing_up_to_deleting_it(drift: Drift, browser: Browser) -> None:
    context = await browser.new_context(viewport=PHONE, permissions=["clipboard-read", "clipboard-write"])  # type: ignore[arg-type]
    page, onlooker = await context.new_page(), await browser.new_page()
    failures = watch(page), watch(onlooker)
    await onlooker.goto(drift.url)
    await sign_up(page, drift.url, "ann")

    await expect(page.get_by_role("heading", name="New race")).to_be_visible()
    await assert_accessible(page)
    await assert_fits_a_phone(page)
    await page.get_by_label("Name").fill("Finale")
    await page.get_by_role("button", name="Create the race").click()
    await expect(page.get_by_role("heading", name="Waiting for the first packet…")).to_be_visible()
    await assert_accessible(page)
    await assert_fits_a_phone(page)
    end_point = await copied_and_downloaded(page)
    assert end_point == f"127.0.0.1:{drift.first_udp_port}"

    land = drift.fly(port=int(end_point.split(":")[1]))
    await expect(page.locator("#waiting")).to_be_hidden(timeout=SLOW_MS)
    await expect(page.locator('#race[data-state="live"]')).to_be_visible()
    race_id = await page.locator("#race").get_attribute("data-race")
    card = onlooker.locator(f'article[data-race="{race_id}"]')
    await expect(card.locator('[data-field="creator"]')).to_have_text("by ann", timeout=SLOW_MS)
    await expect(onlooker.locator("[data-act]:visible")).to_have_count(0)

    await end_it(page)
    land()
    await page.goto(drift.url)
    await rename_it(page)
    for shown in (page, onlooker):
        saved = shown.locator(f'li[data-race="{race_id}"]')
        await expect(saved.get_by_role("heading", name="Grand finale")).to_be_visible(timeout=SLOW_MS)
        await expect(saved.get_by_text("Hannover")).to_be_visible(timeout=SLOW_MS)

    await page.get_by_role("button", name="Delete…").click()
    await page.get_by_role("button", name="Delete for good").click()
    for shown in (page, onlooker):
        await expect(shown.locator(f'li[data-race="{race_id}"]')).to_have_count(0, timeout=SLOW_MS)
    assert failures == ([], [])
    await context.close()


async def copied_and_downloaded(page: Page) -> str:
    """Give the EndPoint of the configuration, which is the same either way."""
    await page.get_by_role("button", name="Copy").click()
    await expect(page.get_by_text("Copied.")).to_be_visible()
    pasted = json.loads(await page.evaluate("navigator.clipboard.readText()"))
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Download the file").click()
    download = await downloading.value
    assert download.suggested_filename == "TelemetryConfiguration.json"
    assert json.loads((await download.path()).read_text()) == pasted
    return str(pasted["EndPoint"])


async def end_it(page: Page) -> None:
    await page.get_by_role("button", name="End…").click()
    await expect(page.get_by_role("dialog", name="End Finale?")).to_be_visible()
    await assert_accessible(page)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("button", name="End…").click()
    await page.get_by_role("button", name="End the race").click()
    await expect(page.get_by_role("button", name="Delete…")).to_be_visible(timeout=SLOW_MS)
    await expect(page.get_by_role("button", name="End…")).to_be_hidden()


async def rename_it(page: Page) -> None:
    await page.get_by_role("button", name="Save…").click()
    dialog = page.get_by_role("dialog", name="Save Finale")
    await expect(dialog.get_by_label("Name")).to_be_focused()
    await assert_accessible(page)
    await dialog.get_by_label("Name").fill("Grand finale")
    await dialog.get_by_label("Map").fill("Hannover")
    await page.keyboard.press("Enter")


async def test_the_answer_for_one_race_does_not_touch_the_dialog_of_another(drift: Drift, browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    failures = watch(page)
    await sign_up(page, drift.url, "cid")
    for name in ("First", "Second"):
        await page.goto(f"{drift.url}/races/new/")
        await page.get_by_label("Name").fill(name)
        await page.get_by_role("button", name="Create the race").click()
        await expect(page.get_by_role("button", name="End…")).to_be_visible()
    await page.goto(drift.url)
    first, second = (
        page.locator("article", has=page.get_by_role("heading", name=name)) for name in ("First", "Second")
    )
    asked: list[Route] = []

    async def hold(route: Route) -> None:
        asked.append(route)

    await page.route("**/api/races/*/end/", hold)

    await first.get_by_role("button", name="End…").click()
    await page.get_by_role("button", name="End the race").click()
    await page.keyboard.press("Escape")
    await second.get_by_role("button", name="End…").click()
    dialog = page.get_by_role("dialog", name="End Second?")
    await expect(dialog.get_by_role("button", name="End the race")).to_be_enabled()
    await asked[0].continue_()
    await expect(first).to_have_attribute("data-status", "ended", timeout=SLOW_MS)
    await expect(dialog).to_be_visible()
    await dialog.get_by_role("button", name="End the race").click()
    await asked[1].continue_()
    await expect(second).to_have_attribute("data-status", "ended", timeout=SLOW_MS)
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(asked) == 2
    assert failures == []
    await context.close()


async def test_a_refusal_is_told_in_the_dialog_in_words(drift: Drift, browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await sign_up(page, drift.url, "bea")
    await page.get_by_label("Name").fill("Empty")
    await page.get_by_role("button", name="Create the race").click()
    await expect(page.get_by_role("button", name="End…")).to_be_visible()
    await page.get_by_role("button", name="End…").press("Enter")
    await page.get_by_role("button", name="End the race").press("Enter")
    await page.get_by_role("button", name="Save…").press("Enter", timeout=SLOW_MS)
    await page.keyboard.press("Enter")
    alert = page.get_by_role("dialog").get_by_role("alert")
    await expect(alert).to_have_text(re.compile("No frame of this race has been recorded yet"))
    await page.get_by_role("button", name="Cancel").press("Enter")
    await page.get_by_role("button", name="Delete…").press("Enter")
    drift.kill()
    await page.get_by_role("button", name="Delete for good").press("Enter")
    await expect(alert).to_have_text("The server does not answer. Try again in a moment.", timeout=SLOW_MS)
    drift.start()
    await page.get_by_role("button", name="Delete for good").press("Enter")
    await expect(page).to_have_url(f"{drift.url}/", timeout=SLOW_MS)
    await context.close()
