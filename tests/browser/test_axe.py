"""What the accessibility check finds, and that today's pages pass it."""

import pytest
from playwright.async_api import Page

from tests.browser.axe import assert_accessible, violations
from tests.browser.conftest import Drift

pytestmark = pytest.mark.browser


async def test_a_page_that_is_hard_to_use_is_found_out(page: Page) -> None:
    await page.set_content('<html lang="en"><title>A form</title><main><h1>A form</h1><input></main></html>')
    found = await violations(page)
    assert len(found) == 1
    assert found[0].startswith("label (critical): input: ")
    with pytest.raises(AssertionError, match="label"):
        await assert_accessible(page)


async def test_the_pages_pass(drift: Drift, page: Page) -> None:
    race_id = drift.create_race("Finale")
    for path in ("/", f"/races/{race_id}/"):
        await page.goto(drift.url + path)
        await page.wait_for_selector("[data-state]")
        await assert_accessible(page)
