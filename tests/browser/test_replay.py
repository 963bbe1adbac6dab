"""The replay as a person meets it: a recorded race, every key, the scrubber, links, what is missing, a phone."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import LAUNCH, ROOT, Drift, comes_to_rest, watch

pytestmark = pytest.mark.browser
SLOW_MS = 60_000
SECONDS = 50.0
THREE_D = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@dataclass(frozen=True)
class Recorded:
    drift: Drift
    race: str

    def path(self, query: str = "") -> str:
        return f"{self.drift.url}/races/{self.race}/replay/{query}"

    def api(self, rest: str) -> Any:
        with urllib.request.urlopen(f"{self.drift.url}/api/races/{self.race}/{rest}", timeout=30) as answer:
            return json.load(answer)

    def record(self, *options: str) -> str:
        """Give the ID of another race."""
        command = [sys.executable, "-m", "tests.record_race", *options]
        run = subprocess.run(command, cwd=ROOT, env=self.drift.environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """Give a server with a timed race of three drones, the first of which is reset on the way."""
    drift = Drift(tmp_path_factory.mktemp("replay"))
    drift.start()
    try:
        race = Recorded(drift, "").record("--seconds", str(SECONDS), "--resets", "40", "--laps", "3")
        yield Recorded(drift, race)
    finally:
        drift.stop()


async def opened(page: Page, address: str) -> None:
    """Open a replay, and wait until its moment is shown."""
    await page.goto(address)
    await page.wait_for_function(
        "() => window.drift && !window.drift.waiting && window.drift.drawn > 0", timeout=SLOW_MS
    )


async def time_of(page: Page) -> float:
    return float(await page.evaluate("drift.time"))


def near(value: float) -> Any:
    return pytest.approx(value, abs=1e-6)


async def test_every_key_goes_to_its_moment(recorded: Recorded, page: Page) -> None:
    await opened(page, recorded.path("?t=20&drone=2"))
    press = page.keyboard.press
    for key, expected in [
        ("ArrowRight", 21), ("ArrowLeft", 20), ("Shift+ArrowRight", 20.1), ("Shift+ArrowLeft", 20), ("Home", 0),
    ]:  # fmt: skip
        await press(key)
        assert await time_of(page) == near(expected), key
    await press("End")
    assert SECONDS - 1 < await time_of(page) < SECONDS

    starts = [lap["start_s"] for lap in recorded.api("laps/?drone=2")]
    await press("Home")
    for key, expected in [("n", starts[0]), ("n", starts[1]), ("p", starts[0])]:
        await press(key)
        assert await time_of(page) == near(expected), key
    frame = await time_of(page)
    await press(".")
    assert 0 < await time_of(page) - frame < 0.021
    await press(".")
    after = await time_of(page)
    await press(",")
    assert 0.019 < after - await time_of(page) < 0.021

    await press("i")
    await press("ArrowRight")
    await press("o")
    ends = [page.get_by_role("button", name=name) for name in ("Begin the loop here", "End the loop here")]
    for button in ends:
        await expect(button).to_have_attribute("aria-pressed", "true")
    await press("x")
    for button in ends:
        await expect(button).to_have_attribute("aria-pressed", "false")


async def test_every_key_changes_what_is_seen(recorded: Recorded, page: Page) -> None:
    await opened(page, recorded.path("?t=20&drone=2"))
    press = page.keyboard.press
    speed = page.get_by_role("combobox", name="Speed", exact=True)
    await press("+")
    await expect(speed).to_have_value("2")
    await press("-")
    await press("-")
    await expect(speed).to_have_value("0.5")
    for key, camera in [("2", "first"), ("3", "orbit"), ("4", "top"), ("5", "free"), ("1", "chase")]:
        await press(key)
        await expect(page.get_by_role("combobox", name="Camera", exact=True)).to_have_value(camera)
    for key, drone in [("]", "3"), ("]", "1"), ("[", "3"), ("[", "2")]:
        await press(key)
        await expect(page.get_by_role("combobox", name="Follow", exact=True)).to_have_value(drone)

    for key, name, choices in [("t", "Trail", ["60", "0", "5", "15"]), ("c", "Colour", ["speed", "throttle", "pilot"])]:
        for choice in choices:
            await press(key)
            await expect(page.get_by_role("combobox", name=name, exact=True)).to_have_value(choice)
    await press("f")
    await page.wait_for_function("() => document.fullscreenElement?.id === 'replay'", timeout=SLOW_MS)
    await press("f")
    await page.wait_for_function("() => !document.fullscreenElement", timeout=SLOW_MS)

    await press("?")
    await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    await press("ArrowRight")
    here = await time_of(page)
    await press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert await time_of(page) == here

    await press(" ")
    await expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    await page.wait_for_function("then => drift.time > then + 0.2", arg=here, timeout=SLOW_MS)
    await press(" ")
    await expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


async def test_a_list_that_is_used_with_the_mouse_gives_the_keys_back(recorded: Recorded, page: Page) -> None:
    await opened(page, recorded.path("?t=20&drone=2"))
    camera = page.get_by_role("combobox", name="Camera", exact=True)
    await camera.click()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(camera).to_have_value("first")
    await page.keyboard.press("4")
    await expect(camera).to_have_value("top")


async def test_a_replay_that_stands_still_is_not_drawn_over_and_over(recorded: Recorded, page: Page) -> None:
    await opened(page, recorded.path("?t=20&drone=2"))
    for wake in ("ArrowRight", "]", "2", "c"):
        drawn = await comes_to_rest(page, "drift.drawn")
        await page.keyboard.press(wake)
        await page.wait_for_function("drawn => drift.drawn > drawn", arg=drawn, timeout=SLOW_MS)


async def test_a_link_leads_to_the_same_moment(recorded: Recorded, browser: Browser) -> None:
    context = await browser.new_context()
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = await context.new_page()
    failures = watch(page)
    await opened(page, recorded.path())
    lap = next(lap for lap in recorded.api("laps/?drone=3") if lap["number"] == 2)
    await page.get_by_role("combobox", name="Follow", exact=True).select_option("3")
    await page.get_by_role("combobox", name="Camera", exact=True).select_option("orbit")
    await page.get_by_role("combobox", name="Speed", exact=True).select_option("0.25")
    await page.get_by_role("button", name="Play lap 2 over and over").click()
    await page.get_by_role("button", name="One second on").click()
    await page.keyboard.press("l")
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = await page.evaluate("navigator.clipboard.readText()")
    expected = f"t={lap['start_s'] + 1:.3f}".rstrip("0")
    assert link == recorded.path(f"?{expected}&speed=0.25&drone=3&camera=orbit&lap=2")
    await expect(page).to_have_url(link)

    await page.goto("about:blank")
    await opened(page, link)
    assert await time_of(page) == pytest.approx(lap["start_s"] + 1, abs=0.001)
    await expect(page.get_by_role("combobox", name="Follow", exact=True)).to_have_value("3")
    await expect(page.get_by_role("combobox", name="Camera", exact=True)).to_have_value("orbit")
    await expect(page.get_by_role("combobox", name="Speed", exact=True)).to_have_value("0.25")
    await expect(page.get_by_role("button", name="Play lap 2 over and over")).to_have_attribute("aria-pressed", "true")

    # A lap alone is its beginning, and a loop: from its end the replay comes back.
    await opened(page, recorded.path("?drone=3&lap=2&speed=8"))
    assert await time_of(page) == pytest.approx(lap["start_s"], abs=0.001)
    await page.evaluate("() => document.activeElement.blur()")
    await page.keyboard.press(" ")
    await page.wait_for_function("end => drift.time > end - 3", arg=lap["end_s"], timeout=SLOW_MS)
    await page.wait_for_function("start => drift.time < start + 6", arg=lap["start_s"], timeout=SLOW_MS)
    assert await page.evaluate("drift.playing")
    assert failures == []
    await context.close()


async def test_the_scrubber_by_mouse_and_by_keyboard_and_what_it_marks(recorded: Recorded, page: Page) -> None:
    await opened(page, recorded.path("?drone=1"))
    laps, timeline = recorded.api("laps/?drone=1"), recorded.api("timeline/?drone=1")
    passed = sum(crossing["counted"] for crossing in timeline["crossings"])
    slider = page.get_by_role("slider", name="Moment of the race")
    await expect(slider).to_have_accessible_description(
        f"Marked: {len(laps)} laps, {passed} passings of gates, 1 reset.", timeout=SLOW_MS
    )
    assert len(timeline["resets"]) == 1
    duration = float(await slider.get_attribute("aria-valuemax") or 0)
    box = await slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    await page.mouse.click(box["x"] + box["width"] / 2, middle)
    assert await time_of(page) == pytest.approx(duration / 2, abs=0.1)
    await page.mouse.move(box["x"] + box["width"] / 2, middle)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] / 4, middle, steps=3)
    assert await time_of(page) == pytest.approx(duration / 4, abs=0.1)
    await page.mouse.up()

    await slider.focus()
    before = await time_of(page)
    for key, step in [("ArrowUp", 1), ("ArrowDown", -1), ("PageUp", 10), ("PageDown", -10), ("ArrowRight", 1)]:
        await page.keyboard.press(key)
        before += step
        assert await time_of(page) == near(before), key
    lap = laps[1]
    await page.get_by_role("button", name=re.compile("^Lap 2 ")).click()
    assert await time_of(page) == near(lap["start_s"])
    await expect(slider).to_have_attribute("aria-valuetext", re.compile(r" s of 49\.\d s, lap 2$"))
    await expect(page.locator("#laps li[aria-current=true]")).to_have_text(re.compile("^Lap 2"))

    plot = page.locator("#curves .u-over").first
    await expect(page.get_by_role("heading", name=re.compile("^Lap 2, Arrow"))).to_be_visible()
    await plot.click()
    assert await time_of(page) == pytest.approx((lap["start_s"] + lap["end_s"]) / 2, abs=0.3)


async def test_the_standings_are_those_of_the_moment(recorded: Recorded, page: Page) -> None:
    await opened(page, recorded.path("?t=1"))
    rows = page.locator("#board tbody tr")
    await expect(rows).to_have_count(3)
    await expect(page.locator("#board td.best")).to_have_text(["–", "–", "–"])
    moments = recorded.api("timeline/standings/?chunk=3")["moments"]
    moment = moments[len(moments) // 2]
    await page.goto(recorded.path(f"?t={moment['time_s'] + 0.001}"))
    expected = [f"{line['laps']}/3" for line in moment["standings"]]
    await expect(page.locator("#board td.laps")).to_have_text(expected, timeout=SLOW_MS)
    order = await rows.evaluate_all("rows => rows.map(row => Number(row.dataset.drone))")
    assert order == [line["drone"] for line in moment["standings"]]
    await page.get_by_role("button", name="Comet").click()
    await expect(page.get_by_role("heading", name="Comet", exact=True)).to_be_visible()


async def test_a_chunk_that_fails_is_told_of_and_asked_for_again(recorded: Recorded, browser: Browser) -> None:
    page = await browser.new_page()
    refused: list[str] = []

    async def fail(route: Route) -> None:
        refused.append(route.request.url)
        await route.abort("connectionrefused")

    await page.route("**/telemetry/**chunk=2", fail)
    await page.goto(recorded.path("?t=25"))
    trouble = page.locator('[data-field="trouble"]')
    await expect(trouble).to_contain_text("No connection to the server: the frames from 0:20 on have not come.")
    await expect(page.get_by_text("Loading 0:25")).to_be_visible()
    await page.wait_for_function("() => drift.waiting")
    first = len(refused)
    await expect(trouble).to_contain_text(re.compile(r"Trying again in [2-9] s"), timeout=SLOW_MS)
    assert len(refused) > first
    await page.unroute("**/telemetry/**chunk=2")
    await page.get_by_role("button", name="Try now").click()
    await expect(trouble).to_be_hidden(timeout=SLOW_MS)
    await page.wait_for_function("() => !drift.waiting", timeout=SLOW_MS)

    async def gone(route: Route) -> None:
        await route.fulfill(status=404, json={"detail": "There is no such race."})

    await page.route("**/telemetry/**", gone)
    await page.goto(recorded.path())
    await expect(page.get_by_text("There is no such race any more")).to_be_visible(timeout=SLOW_MS)
    await page.close()


async def test_races_without_timing_and_without_frames_say_so(recorded: Recorded, page: Page) -> None:
    capture = Path(os.environ.get("DRIFT_CAPTURE", "")) / "liftoff_reset_58s_100hz.csv"
    file = capture if capture.is_file() else ROOT / "tests/data/simulated_reset.csv"
    race = recorded.drift.manage("import_race", str(file), "--name", "Real").split()[-1]
    await opened(page, f"{recorded.drift.url}/races/{race}/replay/")
    await expect(page.get_by_text("This race is on no track, so it has no laps.")).to_be_visible()
    await expect(page.get_by_role("slider", name="Moment of the race")).to_have_accessible_description(
        "Marked: no laps, no passings of gates, 1 reset.", timeout=SLOW_MS
    )
    await expect(page.get_by_role("button", name="Next lap")).to_be_disabled()
    await page.keyboard.press(" ")
    await page.wait_for_function("() => drift.time > 0.5", timeout=SLOW_MS)
    assert await page.evaluate("drift.bytes") < 64e6

    empty = recorded.drift.create_race("Quiet")
    await page.goto(f"{recorded.drift.url}/races/{empty}/replay/")
    await expect(page.get_by_role("heading", name="Nothing has been recorded")).to_be_visible()
    await expect(page.get_by_text("No frame of this race has arrived yet.")).to_be_visible()
    recorded.drift.manage("end_race", empty)
    await page.reload()
    await expect(page.get_by_text("ended without a single frame")).to_be_visible()
    await assert_accessible(page)
    assert (await page.request.get(f"{recorded.drift.url}/races/{empty[:-4]}0000/replay/")).status == 404


@pytest.fixture
async def launched(chromium: str) -> AsyncIterator[Callable[..., Any]]:
    """Give a function that starts a browser with other switches."""
    async with async_playwright() as playwright:

        async def launch(*switches: str) -> Browser:
            kept = [switch for switch in LAUNCH if switch not in THREE_D]
            return await playwright.chromium.launch(executable_path=chromium, args=[*kept, *switches])

        yield launch


async def test_the_race_is_shown_in_3d_and_without_it_from_above(
    recorded: Recorded, launched: Callable[..., Any]
) -> None:
    for switches, notice in [(THREE_D, 0), (["--disable-3d-apis"], 1)]:
        browser = await launched(*switches)
        page = await browser.new_page()
        failures = watch(page)
        await opened(page, recorded.path("?t=20"))
        await expect(page.get_by_text("The race is shown from above")).to_have_count(notice)
        role = "img" if notice else "application"
        await expect(page.get_by_role(role, name=re.compile("^The race (in 3D|from above)$"))).to_be_visible()
        assert failures == []
        await browser.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_it_is_accessible_and_fits_a_phone(recorded: Recorded, browser: Browser, scheme: str) -> None:
    page = await browser.new_page(
        viewport={"width": 390, "height": 844}, color_scheme="dark" if scheme == "dark" else "light", has_touch=True
    )
    failures = watch(page)
    await opened(page, recorded.path("?t=30&drone=2&in=20&out=35"))
    await expect(page.get_by_role("button", name=re.compile("^Lap 1 "))).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("Follow", "Camera", "Trail", "Colour"):
        await expect(page.get_by_role("combobox", name=name, exact=True)).to_be_visible()
    for target in await page.locator("#replay").get_by_role("button").or_(page.locator("#replay select")).all():
        box = await target.bounding_box()
        assert box is None or box["height"] >= 44, await target.inner_text()
    slider = page.get_by_role("slider", name="Moment of the race")
    box = await slider.bounding_box()
    assert box is not None
    await page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    assert await time_of(page) == pytest.approx(SECONDS / 2, abs=1)
    await assert_accessible(page)
    await page.set_viewport_size({"width": 1440, "height": 900})
    await assert_accessible(page)
    await page.get_by_role("button", name="Keys").click()
    await assert_accessible(page)
    assert failures == []
    await page.close()
