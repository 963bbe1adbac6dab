"""Laps side by side as a person compares them: real Chromium, the real server, laps of simulated pilots."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, Page, Route, async_playwright, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import LAUNCH, ROOT, Drift, watch
from tests.people import PASSWORD

pytestmark = pytest.mark.browser
SLOW_MS = 30_000


@pytest.fixture(scope="module")
def drift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drift]:
    """One server for this module: its races are over, so no test meets another's."""
    server = Drift(tmp_path_factory.mktemp("analysis"))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def race_id(drift: Drift) -> str:
    """A race of two pilots with some laps each."""
    return fly(drift, "2", "60")


def fly(drift: Drift, *arguments: str) -> str:
    """Give the id of a race that tests.fly_race records."""
    command = [sys.executable, "-m", "tests.fly_race", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=drift.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def texts(rows: Locator, column: int) -> list[str]:
    return [await row.locator("td, th").nth(column).inner_text() for row in await rows.all()]


async def seconds(page: Page) -> float:
    return float((await page.locator("#at").inner_text()).removesuffix(" s"))


async def test_two_laps_are_chosen_and_set_side_by_side(drift: Drift, race_id: str, page: Page) -> None:
    await page.goto(f"{drift.url}/races/{race_id}/analysis/")
    rows = page.locator("#laps tbody tr")
    await expect(page.locator("#plots canvas").first).to_be_visible(timeout=SLOW_MS)

    # The table: the best lap first, laps that do not count last and struck, with their reason.
    times = await texts(rows, 3)
    counting = times[:-1]
    assert counting == sorted(counting, key=lambda text: text.split()[-1])
    await expect(rows.first).to_contain_text("best of the race")
    await expect(rows.last.locator("s").first).to_have_text(re.compile(r"^0:\d\d\.\d{3}$"))
    await expect(rows.last).to_contain_text("ruled invalid: cut the course")
    await expect(page.locator('#laps thead [aria-sort="ascending"]')).to_have_text("Time")
    heading = page.get_by_role("columnheader", name="Top m/s")
    await heading.get_by_role("button").click()
    await expect(heading).to_have_attribute("aria-sort", "descending")
    fastest = [float(text) for text in await texts(rows, -1 + await page.locator("#laps thead th").count())]
    assert fastest == sorted(fastest, reverse=True)
    await page.get_by_role("group", name="Whose laps").get_by_role("button", name="Kestrel").click()
    assert set(await texts(rows, 1)) == {"2\nKestrel"}

    # The two fastest to begin with; another one out of the table, and the address leads to it again.
    best = await page.locator("#lap-a").input_value()
    other = await rows.last.get_attribute("data-lap")
    await rows.last.get_by_role("button", name="B: Kestrel").click()
    await expect(page).to_have_url(re.compile(rf"\?a={best}&b={other}$"))
    await expect(page.locator("#verdict")).to_have_text(re.compile(r"^B took \d+\.\d{3} s (longer|less) than A\.$"))
    await page.get_by_role("button", name="Swap A and B").click()
    await expect(page).to_have_url(re.compile(rf"\?a={other}&b={best}$"))
    await page.get_by_role("button", name="Time", exact=True).last.click()
    await expect(page).to_have_url(re.compile(rf"\?a={other}&b={best}&over=time$"))
    await page.reload()
    await expect(page.locator("#lap-a")).to_have_value(str(other), timeout=SLOW_MS)
    await expect(page.locator("#over [aria-pressed='true']")).to_have_text("Time")
    await expect(page.locator("#plots .panel h3")).to_contain_text(["Time difference", "Speed", "Altitude", "Throttle"])
    await assert_accessible(page)


async def test_one_cursor_goes_through_plots_map_and_time(drift: Drift, race_id: str, page: Page) -> None:
    await page.goto(f"{drift.url}/races/{race_id}/analysis/?over=time")
    cursor = page.get_by_role("slider", name="Time since the line")
    await cursor.focus()
    for _ in range(3):
        await page.keyboard.press("ArrowRight")
    await expect(page.locator("#at")).to_have_text("0.03 s")
    await page.locator("#verdict").click()
    await page.keyboard.press("Shift+ArrowRight")
    at = page.locator("#plots .plot-at")
    await expect(at.first).to_have_text("1.03 s")
    await expect(at.last).to_have_text("1.03 s")
    await expect(page.locator("#plots .plot-value").nth(1)).to_have_text(re.compile(r"^\d+\.\d m/s$"))
    await expect(page.locator("#map")).to_have_attribute("aria-label", re.compile(r"is 1\.0 s after the line"))

    # A pointer over one plot moves all of them; dragging looks closer, and a button shows all again.
    over = page.locator("#plots .u-over").nth(1)
    await over.evaluate("element => element.scrollIntoView({ block: 'center' })")
    box = await over.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    await expect(at.first).not_to_have_text("1.03 s")
    await expect(at.last).to_have_text(await at.first.inner_text())
    assert await seconds(page) == pytest.approx(float((await at.first.inner_text()).split()[0]), abs=0.02)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 25, steps=4)
    await page.mouse.up()
    await expect(page.locator("#sectors [aria-pressed='true']")).to_have_count(0)
    await page.get_by_role("button", name="Show all").click()
    await expect(page.locator("#sectors [aria-pressed='true']")).to_have_text("Whole lap")
    await page.locator("#sectors button").nth(2).press("Enter")
    await expect(page.locator("#sectors [aria-pressed='true']")).to_contain_text("S2")

    # Played from the line, it goes on by itself and stops at the end.
    await cursor.fill("0")
    await page.locator("#rate").select_option("2")
    await page.get_by_role("button", name="Play", exact=True).press("Space")
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible(timeout=SLOW_MS)
    assert await seconds(page) == pytest.approx(float(await cursor.get_attribute("max") or 0), abs=0.01)


async def test_after_a_lap_is_chosen_in_the_table_the_keys_are_the_page_s(
    drift: Drift, race_id: str, page: Page
) -> None:
    await page.goto(f"{drift.url}/races/{race_id}/analysis/?over=time")
    await expect(page.locator("#plots canvas").first).to_be_visible(timeout=SLOW_MS)
    at = page.locator("#at")
    await page.locator("#laps tbody tr").nth(1).get_by_role("button", name="A: ").click()
    await expect(page.locator("#verdict")).to_be_visible()
    await page.keyboard.press("Shift+ArrowRight")
    await expect(at).to_have_text("1.00 s")
    await page.keyboard.press("ArrowLeft")
    await expect(at).to_have_text("0.90 s")
    # What scrolls keeps the keys that scroll it.
    await page.locator(".lap-box").focus()
    await page.keyboard.press("ArrowRight")
    await expect(at).to_have_text("0.90 s")


async def test_a_scene_that_the_graphics_card_takes_away_leaves_the_map_and_comes_back(
    drift: Drift, race_id: str, page: Page
) -> None:
    await page.goto(f"{drift.url}/races/{race_id}/analysis/")
    scene = page.locator("#scene")
    await expect(scene.locator("canvas")).to_be_visible(timeout=SLOW_MS)
    await page.evaluate(
        """() => {
          const context = document.querySelector("#scene canvas").getContext("webgl2");
          window.loss = context.getExtension("WEBGL_lose_context");
          window.loss.loseContext();
        }"""
    )
    await expect(scene).to_be_hidden()
    await expect(page.locator("#scene-tools")).to_be_hidden()
    await page.evaluate("window.loss.restoreContext()")
    await expect(scene.locator("canvas")).to_be_visible()
    await page.get_by_label("Camera").select_option("top")


async def test_an_answer_that_breaks_off_is_told_of(drift: Drift, race_id: str, page: Page) -> None:
    await page.goto(f"{drift.url}/races/{race_id}/analysis/")
    await expect(page.locator("#plots canvas").first).to_be_visible(timeout=SLOW_MS)

    async def cut(route: Route) -> None:
        await route.fulfill(status=200, content_type="application/json", body='{"a":')

    await page.route("**/compare/**", cut)
    await page.get_by_role("button", name="Swap A and B").click()
    await expect(page.get_by_role("alert")).to_have_text("The server's answer broke off. Try again in a moment.")
    await page.unroute("**/compare/**")
    await page.get_by_role("button", name="Swap A and B").click()
    await expect(page.locator("#plots canvas").first).to_be_visible(timeout=SLOW_MS)
    await expect(page.get_by_role("alert")).to_be_hidden()


async def test_what_is_drawn_is_read_as_a_table_and_taken_as_files(drift: Drift, race_id: str, page: Page) -> None:
    await page.goto(f"{drift.url}/races/{race_id}/analysis/?over=time")
    await page.get_by_text("Speed as a table").click()
    table = page.get_by_role("region", name="Speed as a table")
    await expect(table.get_by_role("row")).to_have_count(26)
    await expect(table.get_by_role("columnheader")).to_have_text(["Time, s", "A, m/s", "B, m/s"])
    for name, head in (("Frames as CSV", b"time_s,"), ("Frames as MCAP", b"\x89MCAP"), ("Laps as CSV", b"place,")):
        async with page.expect_download() as download:
            await page.get_by_role("link", name=name).click()
        path = await (await download.value).path()
        assert head in path.read_bytes()[:400]


async def test_a_phone_without_3d_shows_both_laps_from_above(drift: Drift, race_id: str, chromium: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*LAUNCH, "--disable-3d-apis"])
        page = await browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        failures = watch(page)
        await page.goto(f"{drift.url}/races/{race_id}/analysis/")
        await expect(page.locator("#map")).to_be_visible(timeout=SLOW_MS)
        await expect(page.locator("#scene")).to_be_hidden()
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        heights = await page.locator("#analysis :is(button, select):visible").evaluate_all(
            "elements => elements.map(element => element.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44
        drawn = await page.locator("#map").evaluate(
            "it => it.getContext('2d').getImageData(0, 0, it.width, it.height).data.some(value => value > 0)"
        )
        assert drawn
        await assert_accessible(page)
        await browser.close()
        assert failures == []


async def test_a_race_without_a_track_gets_one_from_its_director(drift: Drift, page: Page) -> None:
    race_id = fly(drift, "1", "55", "--untracked", "--user", "zoe")
    address = f"{drift.url}/races/{race_id}/analysis/"
    await page.goto(address)
    await expect(page.get_by_role("heading", name="This race has no track")).to_be_visible()
    await expect(page.get_by_text(f"track_from_race {race_id}")).to_be_visible()
    await expect(page.locator("form#make-track")).to_have_count(0)

    await page.get_by_role("link", name="Sign in").click()
    await page.get_by_label("Username").fill("zoe")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(address)
    await assert_accessible(page)
    await page.get_by_label("Gates").fill("5")
    await page.get_by_role("button", name="Make the track and time the race").click()
    await expect(page.locator("#laps tbody tr").first).to_be_visible(timeout=SLOW_MS)
    await expect(page.locator("#laps thead")).to_contain_text("S5")
    await expect(page.locator("#verdict")).to_contain_text("B took", timeout=SLOW_MS)
