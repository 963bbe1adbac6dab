"""The live page as watchers meet it: real Chromium with WebGL, the real server, simulated drones on a track."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import LAUNCH, Drift, comes_to_rest, watch
from tests.browser.live import SLOW_MS, Flown, flying, is_live, until

pytestmark = pytest.mark.browser
TRAIL, COLOUR, DELAY = (f'[data-field="{name}"]' for name in ("trail", "colour", "delay"))
# What the ring of a drone may hold: docs/page.md.
MOST_FRAMES = 125 * 250
FRAME_BYTES = 137
MOST_HEAP = 64 * 2**20  # of the page's scripts, without the arrays of frames


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flown]:
    yield from flying(tmp_path_factory.mktemp("live"))


async def shown(page: Page) -> dict[str, Any]:
    told: dict[str, Any] = await page.evaluate("drift.shown")
    return told


async def pick(page: Page, canvas: str, drone: int) -> None:
    """Click a drone of a paused race, a moment later again where another was nearer: they fly close together."""
    for _ in range(20):
        await page.keyboard.press(" ")
        await until(page, f"drift.shown.player === 'paused' && drift.whereIs({drone}) !== null")
        await page.locator(canvas).click(position=await page.evaluate(f"drift.whereIs({drone})"))
        await page.wait_for_timeout(300)
        if (await shown(page))["followed"] == drone:
            return
        await page.keyboard.press("l")
        await until(page, "drift.shown.player !== 'paused'")
        await page.wait_for_timeout(700)
    raise AssertionError(f"no click followed drone {drone}")


async def test_each_key_and_its_button_do_what_the_help_says(flown: Flown, page: Page) -> None:
    await page.set_viewport_size({"width": 640, "height": 480})
    await is_live(page, flown.url)
    assert (await shown(page))["stage"] == "3d"

    for key, camera in zip("23451", ("first", "orbit", "top", "free", "chase"), strict=True):
        await page.keyboard.press(key)
        await until(page, f"drift.shown.camera === '{camera}'")
        await expect(page.locator(f'[data-camera="{camera}"]')).to_have_attribute("aria-pressed", "true")
        await expect(page.locator('[data-camera][aria-pressed="true"]')).to_have_count(1)

    first = (await shown(page))["followed"]
    await page.keyboard.press("]")
    await until(page, f"drift.shown.followed === {first % 3 + 1}")
    await page.keyboard.press("[")
    await until(page, f"drift.shown.followed === {first}")
    await expect(page.locator(f'tr[data-drone="{first}"] button')).to_have_attribute("aria-pressed", "true")
    await expect(page.locator("#hud-title")).to_contain_text(f"Drone {first}")

    for seconds in ("60", "0", "5", "15"):
        await page.keyboard.press("t")
        await expect(page.locator(TRAIL)).to_have_value(seconds)
    await page.keyboard.press("c")
    await expect(page.locator(".stage-ramp")).to_contain_text(re.compile(r"Speed.*m/s"))
    await page.keyboard.press("c")
    await expect(page.locator(".stage-ramp")).to_contain_text(re.compile(r"Throttle.*100 %"))
    await page.keyboard.press("c")
    await expect(page.locator(".stage-ramp")).to_be_hidden()

    await page.keyboard.press("f")
    await page.wait_for_function("document.fullscreenElement?.id === 'race'")
    await page.keyboard.press("f")
    await page.wait_for_function("document.fullscreenElement === null")

    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Jump to live")
    await page.keyboard.press("2")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert (await shown(page))["camera"] == "chase"


async def test_time_is_stopped_gone_back_in_and_delayed_for_everything(flown: Flown, page: Page) -> None:
    await page.set_viewport_size({"width": 640, "height": 480})
    await is_live(page, flown.url)
    # What was flown before the page was opened is there to go back to.
    await until(page, "drift.counters.filled > 0 && drift.counters.filling === 0")
    frames = await page.evaluate("drift.frames(drift.shown.followed)")
    assert frames["cuts"] == 0

    await page.keyboard.press(" ")
    await until(page, "drift.shown.player === 'paused'")
    stopped = (await shown(page))["time"]
    drawn = await comes_to_rest(page, "drift.counters.drawn")
    await page.locator(".stage").hover(position={"x": 20, "y": 20})
    await until(page, f"drift.counters.drawn > {drawn}")  # a hand on it wakes it
    assert (await shown(page))["time"] == stopped
    await expect(page.locator('[data-field="when"]')).to_contain_text(re.compile(r"Paused, \d+\.\d s behind"))
    await page.keyboard.press("Shift+ArrowLeft")
    await until(page, f"Math.abs(drift.shown.time - {stopped} + 1) < 0.01")
    await page.get_by_role("button", name="Go on").click()
    await until(page, f"drift.shown.player === 'rewound' && drift.shown.time > {stopped} - 1")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("l")
    await until(page, "drift.shown.player === 'live' && drift.shown.time === drift.shown.edge")
    await expect(page.get_by_role("button", name="Jump to live")).to_be_disabled()

    # The free camera takes the arrows while the scene has the focus, and gives them back.
    await page.keyboard.press("5")
    await page.locator("canvas.stage-canvas").focus()
    await page.keyboard.press("ArrowLeft")
    assert (await shown(page))["player"] == "live"
    await page.locator(TRAIL).focus()
    await page.keyboard.press("Escape")
    await page.locator("h1").click()
    await page.keyboard.press("ArrowLeft")
    await until(page, "drift.shown.player === 'rewound' && Math.abs(drift.shown.edge - drift.shown.time - 5) < 0.01")
    await page.keyboard.press("l")

    await page.locator(DELAY).fill("2")
    await page.locator(DELAY).press("Enter")
    await until(page, "drift.shown.player === 'live' && Math.abs(drift.shown.edge - drift.shown.time - 2) < 0.01")
    await expect(page.locator('[data-field="when"]')).to_have_text("Delayed by 2 s")
    await expect(page).to_have_url(re.compile(r"[?&]delay=2(&|$)"))


async def test_a_list_that_is_used_with_the_mouse_gives_the_keys_back(flown: Flown, page: Page) -> None:
    await page.set_viewport_size({"width": 640, "height": 480})
    await is_live(page, flown.url)
    trail = page.locator(TRAIL)
    await trail.click()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(trail).to_have_value("60")
    await page.keyboard.press("4")
    await until(page, "drift.shown.camera === 'top'")
    await page.get_by_role("button", name="Chase").click()
    await page.keyboard.press(" ")
    await until(page, "drift.shown.camera === 'chase' && drift.shown.player === 'paused'")
    # By keyboard one stays where one is.
    await trail.focus()
    await page.keyboard.press("ArrowUp")
    await expect(trail).to_be_focused()
    await expect(trail).to_have_value("15")


async def test_the_address_chooses_and_a_click_follows(flown: Flown, page: Page) -> None:
    await page.set_viewport_size({"width": 640, "height": 480})
    await is_live(page, f"{flown.url}?drone=2&camera=top&trail=60&colour=speed&delay=1&drone=2")
    told = await shown(page)
    assert (told["followed"], told["camera"]) == (2, "top")
    await expect(page.locator(TRAIL)).to_have_value("60")
    await expect(page.locator(COLOUR)).to_have_value("speed")
    await expect(page.locator(DELAY)).to_have_value("1")

    await pick(page, "canvas.stage-canvas", 3)
    await page.locator('tr[data-drone="1"] .gate').click()
    await until(page, "drift.shown.followed === 1")
    await expect(page).to_have_url(re.compile(r"drone=1"))

    # The standings come from the server; the gate flown to is one of the track's nine.
    await page.keyboard.press("l")
    await expect(page.locator(".leaderboard tbody tr")).to_have_count(3)
    await expect(page.locator(".leaderboard tbody .gate").first).to_have_text(re.compile(r"^\d/9$"), timeout=SLOW_MS)
    await until(page, "drift.shown.nextGate >= 1 && drift.shown.nextGate <= 9")
    await expect(page.locator("#readout")).to_contain_text(re.compile(r"\d+\.\d m/s"))


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_a_phone_shows_it_in_one_column_and_everybody_can_use_it(
    flown: Flown, browser: Browser, scheme: Any
) -> None:
    page = await browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme, reduced_motion="reduce")
    failures = watch(page)
    await is_live(page, flown.url)
    await expect(page.locator(".leaderboard tbody tr")).to_have_count(3)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    for target in await page.locator(
        ".live-tools button, .live-tools select, .live-tools input, .leaderboard button"
    ).all():
        box = await target.bounding_box()
        assert box is not None
        assert box["height"] >= 44, await target.evaluate("element => element.outerHTML")
    await assert_accessible(page)
    await page.keyboard.press("?")
    await assert_accessible(page)
    assert failures == []
    await page.close()


async def test_an_overlay_is_transparent_and_shows_what_was_asked_for(flown: Flown, browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 1280, "height": 720})
    failures = watch(page)
    await page.goto(f"{flown.url}?overlay=1&drone=2")
    await expect(page.locator(".leaderboard tbody tr")).to_have_count(3, timeout=SLOW_MS)
    await expect(page.locator("#hud")).to_contain_text("Drone 2")
    await expect(page.locator("canvas.stage-canvas, header, .live-tools")).to_have_count(0)
    for element in ("html", "body"):
        assert await page.locator(element).evaluate("e => getComputedStyle(e).backgroundColor") == "rgba(0, 0, 0, 0)"
    await page.goto(f"{flown.url}?overlay=1&show=scene")
    await expect(page.locator("canvas.stage-canvas")).to_have_count(1)
    await expect(page.locator("#leaderboard, #hud, .stage-legend")).to_have_count(0)
    assert failures == []
    await page.close()


async def test_without_webgl_the_race_is_shown_from_above(flown: Flown, chromium: str) -> None:
    async with async_playwright() as playwright:
        flat = await playwright.chromium.launch(executable_path=chromium, args=[*LAUNCH, "--disable-3d-apis"])
        page = await flat.new_page(viewport={"width": 640, "height": 480})
        failures = watch(page)
        await is_live(page, flown.url)
        assert (await shown(page))["stage"] == "map"
        await expect(page.get_by_text("This browser gives no 3D (WebGL).")).to_be_visible()
        await expect(page.locator('[data-camera="chase"]')).to_be_hidden()
        await pick(page, "canvas.stage-map", 2)
        assert failures == []
        await flat.close()


async def test_a_picture_that_the_graphics_card_takes_away_is_replaced_and_comes_back(flown: Flown, page: Page) -> None:
    await page.set_viewport_size({"width": 640, "height": 480})
    await is_live(page, flown.url)
    await page.evaluate(
        """() => {
          const context = document.querySelector("canvas.stage-canvas").getContext("webgl2");
          window.loss = context.getExtension("WEBGL_lose_context");
          window.loss.loseContext();
        }"""
    )
    await until(page, "drift.shown.stage === 'map'")
    await expect(page.get_by_text("The graphics card has taken the 3D picture away.")).to_be_visible()
    await page.evaluate("window.loss.restoreContext()")
    await until(page, "drift.shown.stage === '3d'")
    await expect(page.locator(".stage-notice")).to_be_hidden()


async def test_a_race_from_its_first_frame_over_a_dead_server_to_its_end_in_two_browsers(
    drift: Drift, browser: Browser
) -> None:
    race_id = drift.create_race("Restart", track=drift.create_arena())
    pages = [await browser.new_page(viewport={"width": 640, "height": 480}) for _ in range(2)]
    failures = [watch(page) for page in pages]
    for page in pages:
        await page.goto(f"{drift.url}/races/{race_id}/")
        await expect(page.locator('[data-field="state"]')).to_have_text("Waiting for the first frame")
    land = drift.fly(drones=2)
    for page in pages:
        await expect(page.locator('[data-field="state"]')).to_have_text("Live", timeout=SLOW_MS)
        await expect(page.locator('[data-field="rate"]')).to_have_text(re.compile(r"^\d+ frames/s$"), timeout=SLOW_MS)
    drift.kill()
    for page in pages:
        await expect(page.locator('[data-field="state"]')).to_have_text(re.compile("Reconnecting"), timeout=SLOW_MS)
    drift.start()
    for page in pages:
        await expect(page.locator('[data-field="state"]')).to_have_text("Live", timeout=SLOW_MS)
    land()
    for page in pages:
        await expect(page.locator('[data-field="state"]')).to_have_text(
            re.compile(r"^No frames for \d+ s$"), timeout=SLOW_MS
        )
        await expect(page.locator(".leaderboard tr.stale")).to_have_count(2)
        await expect(page.locator("#hud-title")).to_contain_text("no frames")
    drift.manage("end_race", race_id)
    for page in pages:
        await expect(page.locator('[data-field="cover"]')).to_contain_text("This race has ended.", timeout=SLOW_MS)
        row = page.locator(".leaderboard tbody tr").first
        assert await row.evaluate("element => getComputedStyle(element).display") == "table-row"
        door = page.get_by_role("link", name="Watch the replay")
        assert await door.get_attribute("href") == f"/races/{race_id}/replay/"
        await page.reload()
        await expect(page.locator("#race")).to_have_attribute("data-state", "ended")
        await comes_to_rest(page, "drift.counters.drawn")
    assert failures == [[], []]


@pytest.mark.parametrize("seconds", [10, pytest.param(60, marks=pytest.mark.soak)])
async def test_sixteen_drones_at_a_hundred_frames_a_second_stay_within_bounds(
    drift: Drift, page: Page, seconds: int
) -> None:
    await page.set_viewport_size({"width": 640, "height": 480})
    race_id = drift.create_race("Crowd", track=drift.create_arena())
    drift.fly(drones=16, options=["--hz", "100"])
    await is_live(page, f"{drift.url}/races/{race_id}/?trail=60&colour=speed&camera=orbit")
    begin = await page.evaluate("drift.counters")
    await asyncio.sleep(seconds)
    end = await page.evaluate("drift.counters")
    brought = end["received"] + end["missed"] - begin["received"] - begin["missed"]
    assert brought > 0.5 * 16 * 100 * seconds
    assert end["drawn"] > begin["drawn"]
    assert end["buffer"] <= 0.1
    assert end["kept"] <= 16 * MOST_FRAMES
    assert end["bytes"] <= 16 * MOST_FRAMES * FRAME_BYTES
    assert end["said"] <= 4100
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.collectGarbage")
    assert (await session.send("Runtime.getHeapUsage"))["usedSize"] < MOST_HEAP
    # Whatever was made for the first picture serves all others.
    assert end["scene"]["geometries"] <= begin["scene"]["geometries"] + 60
    assert end["scene"]["textures"] <= begin["scene"]["textures"] + 60


def test_the_capacity_that_is_tested_is_the_page_s() -> None:
    source = (Path(__file__).parents[2] / "drift_site/static/drift/live/inbox.js").read_text(encoding="utf-8")
    assert "const MOST_FRAMES = KEEP_S * 250;" in source
