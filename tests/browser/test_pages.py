"""The pages as a person meets them: real Chromium, the real server, simulated drones."""

import re
import socket

import pytest
from playwright.async_api import Browser, Locator, Page, Response, expect

from tests.browser.conftest import Drift, watch

pytestmark = pytest.mark.browser
SLOW_MS = 30_000

# How many pixels of a canvas have the colour of the first drone.
FIRST_DRONES_PIXELS = """canvas => {
  const wanted = getComputedStyle(canvas).getPropertyValue("--drone-0").trim();
  const [r, g, b] = [1, 3, 5].map(at => parseInt(wanted.slice(at, at + 2), 16));
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    count += data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255;
  }
  return count;
}"""


def state(root: Locator) -> Locator:
    return root.locator('[data-field="state"]')


async def test_a_race_from_its_creation_to_its_end_shows_by_itself(drift: Drift, page: Page) -> None:
    await page.goto(drift.url)
    await expect(page.get_by_text("No race is running")).to_be_visible()
    await expect(page.get_by_role("link", name="Sign in and create a race")).to_be_visible()

    race_id = drift.create_race("Finale")
    card = page.locator(f'article[data-race="{race_id}"]')
    await expect(card.get_by_role("heading", name="Finale")).to_be_visible(timeout=SLOW_MS)
    await expect(state(card)).to_have_text("Waiting for the first frame")
    await expect(card.get_by_text(f"127.0.0.1:{drift.first_udp_port}")).to_be_visible()
    await expect(page.get_by_text("No race is running")).to_be_hidden()

    land = drift.fly(drones=3)
    await expect(state(card)).to_have_text("Live", timeout=SLOW_MS)
    await expect(card.get_by_role("row")).to_have_count(4)
    await expect(card.locator('[data-field="drones"]')).to_have_text("3")
    await expect(card.locator('[data-field="rate"]')).to_have_text(re.compile(r"^\d{2,}$"))
    await expect(card.get_by_role("row", name="Drone 2")).to_contain_text(re.compile(r"\d+\.\d"))
    assert await card.locator("canvas").evaluate(FIRST_DRONES_PIXELS) > 50

    land()
    await expect(state(card)).to_have_text(re.compile(r"^No frames for \d+ s$"), timeout=SLOW_MS)
    await expect(card.locator("tr.stale")).to_have_count(3)

    drift.manage("end_race", race_id)
    await expect(state(card)).to_have_text("Ended", timeout=SLOW_MS)
    await expect(card).to_have_count(0, timeout=SLOW_MS)
    await expect(page.get_by_text("No race is running")).to_be_visible()


async def test_a_port_that_another_program_holds_is_told_and_taken_once_free(drift: Drift, page: Page) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", drift.first_udp_port))
        race_id = drift.create_race("Blocked")
        await page.goto(drift.url)
        problem = page.locator(f'article[data-race="{race_id}"] [data-field="problem"]')
        await expect(problem).to_contain_text(str(drift.first_udp_port), timeout=SLOW_MS)
    await expect(problem).to_be_hidden(timeout=SLOW_MS)


async def test_a_race_that_has_ended_says_so_and_opens_no_stream(drift: Drift, page: Page) -> None:
    race_id = drift.create_race("Over")
    drift.manage("end_race", race_id)
    streams: list[str] = []
    page.on("websocket", lambda stream: streams.append(stream.url))
    await page.goto(f"{drift.url}/races/{race_id}/")
    await expect(state(page.locator("#race"))).to_have_text("Ended")
    await expect(page.locator('#race[data-state="ended"]')).to_be_visible()
    assert streams == []


async def test_only_hashed_files_of_this_server_are_loaded_and_kept_for_ever(drift: Drift, page: Page) -> None:
    drift.create_race("Plain")
    answers: list[Response] = []

    def answered(answer: Response) -> None:
        answers.append(answer)

    page.on("response", answered)
    await page.goto(drift.url)
    await expect(page.locator("article[data-state]")).to_have_count(1)
    files = [answer for answer in answers if "/static/" in answer.url]
    assert len(files) > 5
    for answer in files:
        assert answer.status == 200
        assert answer.url.startswith(f"{drift.url}/static/drift/")
        assert re.search(r"\.[0-9a-f]{12}\.(js|css|svg)$", answer.url)
        assert "immutable" in (await answer.all_headers())["cache-control"]
    assert {answer.url.split("/")[2] for answer in answers} == {f"127.0.0.1:{drift.port}"}


async def test_everything_is_reached_by_keyboard_with_a_focus_that_shows(drift: Drift, page: Page) -> None:
    race_id = drift.create_race("By keyboard")
    await page.goto(drift.url)
    reached: list[str] = []
    for _ in range(6):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        reached.append(await focused.inner_text())
        assert await focused.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    assert reached == ["Skip to the content", "DRIFT", "Sign in", "Register", "New race", "By keyboard"]
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{drift.url}/races/{race_id}/")


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_a_phone_shows_all_of_it_in_one_column(drift: Drift, browser: Browser, scheme: str) -> None:
    drift.create_race("A race with a name that is longer than a phone is wide, as names of races go")
    drift.fly(drones=9)
    page = await browser.new_page(
        viewport={"width": 360, "height": 740}, color_scheme="dark" if scheme == "dark" else "light"
    )
    failures = watch(page)
    await page.goto(drift.url)
    await expect(state(page.locator(".race"))).to_have_text("Live", timeout=SLOW_MS)
    await expect(page.get_by_role("row")).to_have_count(10)
    assert await page.evaluate("document.documentElement.scrollWidth") == 360
    for target in await page.get_by_role("link").all():
        box = await target.bounding_box()
        assert box is not None
        assert box["height"] >= 44 or box["width"] <= 1
    ground = await page.evaluate("getComputedStyle(document.querySelector('canvas')).backgroundColor")
    assert ground == {"dark": "rgb(16, 22, 29)", "light": "rgb(255, 255, 255)"}[scheme]
    assert failures == []


async def test_a_canvas_is_as_sharp_as_the_screen(drift: Drift, browser: Browser) -> None:
    drift.create_race("Sharp")
    context = await browser.new_context(device_scale_factor=3, viewport={"width": 400, "height": 800})
    page = await context.new_page()
    await page.goto(drift.url)
    await expect(page.locator("article[data-state]")).to_be_visible()
    drawn, shown = await page.locator("canvas").evaluate("canvas => [canvas.width, canvas.clientWidth]")
    assert drawn == 3 * shown
