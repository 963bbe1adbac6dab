"""The lobby as several people meet it at once: who is told what, and what stays true without the socket."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Drift, watch

pytestmark = pytest.mark.browser
SLOW_MS = 30_000
PHONE = {"width": 390, "height": 844}
# Whatever is to be pressed on a phone is 44 px high; a link within a sentence may be as high as its line.
TOO_SMALL = """() => [...document.querySelectorAll("a, button, input, select, summary")].filter(element => {
  const { width, height } = element.getBoundingClientRect();
  const inSentence = getComputedStyle(element).display === "inline";
  return width > 1 && height > 1 && height < 43.9 && !inSentence && element.type !== "radio";
}).map(element => element.outerHTML)"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drift]:
    """Give one server for the module; its tests leave no race active."""
    made = Drift(tmp_path_factory.mktemp("drift"))
    made.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context(viewport=PHONE, color_scheme="dark")  # type: ignore[arg-type]  # as its stub means it
    yield opened
    await opened.close()


async def assert_fits_a_phone(page: Page) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert await page.evaluate(TOO_SMALL) == []


async def test_two_browsers_see_a_race_come_be_watched_and_end(
    server: Drift, page: Page, phone: BrowserContext
) -> None:
    other = await phone.new_page()
    failures = watch(other)
    await page.goto(server.url)
    await other.goto(server.url)
    await expect(other.get_by_text("No race is running")).to_be_visible()
    await assert_accessible(other)
    await assert_fits_a_phone(other)

    race_id = server.create_race("Finale")
    cards = [shown.locator(f'article[data-race="{race_id}"]') for shown in (page, other)]
    for card in cards:
        await expect(card.locator('[data-field="viewers"]')).to_have_text("0", timeout=SLOW_MS)
        await expect(card.locator('[data-field="age"]')).to_have_text("< 1 min")
        await expect(card.get_by_role("button")).to_have_count(0)  # nobody here may direct it
    land = server.fly(drones=2)
    for card in cards:
        await expect(card.locator('[data-field="state"]')).to_have_text("Live", timeout=SLOW_MS)
        await expect(card.locator('[data-field="drones"]')).to_have_text("2", timeout=SLOW_MS)
    await assert_accessible(page)
    await assert_fits_a_phone(other)

    await cards[1].get_by_role("link", name="Finale").click()
    await expect(cards[0].locator('[data-field="viewers"]')).to_have_text("1", timeout=SLOW_MS)
    await other.go_back()
    await expect(cards[0].locator('[data-field="viewers"]')).to_have_text("0", timeout=SLOW_MS)

    land()
    server.manage("end_race", race_id)
    for shown in (page, other):
        row = shown.locator(f'li[data-race="{race_id}"]')
        await expect(row.get_by_role("heading", name="Finale")).to_be_visible(timeout=SLOW_MS)
        await expect(row.get_by_role("link", name="Replay of Finale")).to_have_attribute(
            "href", f"/races/{race_id}/replay/"
        )
        await expect(row.locator('[data-field="drones"]')).to_have_text("2")
    await assert_accessible(other)
    await assert_fits_a_phone(other)
    assert failures == []


async def test_without_its_socket_the_lobby_asks_for_the_list(server: Drift, page: Page) -> None:
    async def refuse(route: WebSocketRoute) -> None:
        await route.close(code=1013)

    await page.route_web_socket(re.compile("/ws/lobby/"), refuse)
    await page.goto(server.url)
    race_id = server.create_race("By the list")
    card = page.locator(f'article[data-race="{race_id}"]')
    await expect(card.get_by_role("heading", name="By the list")).to_be_visible(timeout=SLOW_MS)
    await expect(card.locator('[data-field="viewers"]')).to_have_text("–")
    await expect(page.locator("#notice")).to_be_hidden()
    server.manage("end_race", race_id)
    await expect(card.locator('[data-field="state"]')).to_have_text("Ended", timeout=SLOW_MS)
    row = page.locator(f'li[data-race="{race_id}"]')
    await expect(row.get_by_role("heading", name="By the list")).to_be_visible(timeout=SLOW_MS)
    await expect(card).to_have_count(0, timeout=SLOW_MS)


async def test_a_server_that_goes_is_told_of_and_met_again(server: Drift, page: Page) -> None:
    await page.goto(server.url)
    await expect(page.get_by_text("No race is running")).to_be_visible()
    server.kill()
    await expect(page.locator("#notice")).to_have_text("The server does not answer. Trying again.", timeout=SLOW_MS)
    server.start()
    await expect(page.locator("#notice")).to_be_hidden(timeout=SLOW_MS)
    race_id = server.create_race("After that")
    await expect(page.locator(f'article[data-race="{race_id}"]')).to_be_visible(timeout=SLOW_MS)
    server.manage("end_race", race_id)
