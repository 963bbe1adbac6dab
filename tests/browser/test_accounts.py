"""Accounts as a person meets them, with the keyboard alone, on a phone, and without scripts."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import Drift, watch
from tests.browser.test_lobby import PHONE, assert_fits_a_phone

pytestmark = pytest.mark.browser
PASSWORD, NEW = "correct horse 9", "another horse 8"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drift]:
    made = Drift(tmp_path_factory.mktemp("drift"))
    made.start()
    try:
        yield made
    finally:
        made.stop()


async def type_into(page: Page, *texts: str) -> None:
    """Fill the focused field and those after it, as fingers on a keyboard do."""
    for index, text in enumerate(texts):
        if index:
            await page.keyboard.press("Tab")
            if "reveal" in (await page.locator(":focus").get_attribute("class") or ""):
                await page.keyboard.press("Tab")
        await page.keyboard.type(text)


async def test_an_account_lives_by_the_keyboard_alone(server: Drift, browser: Browser) -> None:
    context = await browser.new_context(viewport=PHONE)  # type: ignore[arg-type]  # as its stub means it
    page = await context.new_page()
    failures = watch(page)
    await page.goto(f"{server.url}/account/register/")
    await expect(page.get_by_label("Username")).to_be_focused()
    await assert_accessible(page)
    await assert_fits_a_phone(page)

    await type_into(page, "zoe", "1234", "First drone?", "Tiny Whoop")
    await page.keyboard.press("Enter")
    password = page.locator("#id_password")
    await expect(password).to_be_focused()
    await expect(page).to_have_title("Error: Create an account · DRIFT")
    await expect(page.locator("#id_password_error")).to_contain_text("too short")
    await assert_accessible(page)
    await type_into(page, PASSWORD)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")  # Show
    await expect(password).to_have_attribute("type", "text")
    await expect(password).to_have_value(PASSWORD)
    await password.press("Enter")
    await expect(page.get_by_role("link", name="Account of zoe")).to_be_visible()

    await page.get_by_role("link", name="Account of zoe").press("Enter")
    await expect(page.get_by_text("First drone?")).to_be_visible()
    await assert_accessible(page)
    await assert_fits_a_phone(page)
    await page.get_by_role("link", name="Change the password").press("Enter")
    await page.get_by_label("Current password").focus()
    await type_into(page, PASSWORD, NEW)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Every other device has to sign in again.")).to_be_visible()

    await page.get_by_role("button", name="Sign out").press("Enter")
    await forget_the_password(page, server)

    await page.goto(f"{server.url}/account/delete/")
    await assert_accessible(page)
    await page.get_by_label("Current password").focus()
    await type_into(page, PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    await expect(page.get_by_role("link", name="Register")).to_be_visible()
    assert failures == []
    await context.close()


async def forget_the_password(page: Page, server: Drift) -> None:
    await page.goto(f"{server.url}/account/")
    await expect(page).to_have_url(f"{server.url}/account/sign-in/?next=/account/")
    await page.get_by_role("link", name="Forgot your password?").press("Enter")
    await expect(page.get_by_label("Username")).to_be_focused()
    await type_into(page, "Zoe", "tiny whoop", PASSWORD)
    await assert_accessible(page)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Your new password is set.")).to_be_visible()
    await type_into(page, "zoe", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Account of zoe")).to_be_visible()


async def test_it_works_without_scripts(server: Drift, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{server.url}/account/register/?next=/races/new/")
    await page.get_by_label("Username").fill("plain")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create the account").click()
    await page.get_by_label("Name").fill("Without scripts")
    await page.get_by_role("button", name="Create the race").click()
    await expect(page.get_by_role("heading", name="Without scripts")).to_be_visible()
    await expect(page.get_by_text('"EndPoint": "127.0.0.1:')).to_be_visible()
    await expect(page.get_by_role("link", name="Download the file")).to_be_visible()
    await page.goto(server.url)
    await expect(page.get_by_role("heading", name="Without scripts")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    await context.close()


async def test_no_page_breaks_the_policy(server: Drift, page: Page) -> None:
    """The page's fixture fails with whatever the browser logs, which names each breach of the policy."""
    server.manage("shell", "-c", "from tests.people import make_user; make_user('chief', staff=True)")
    await page.goto(f"{server.url}/account/sign-in/")
    await page.get_by_label("Username").fill("chief")
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("link", name="Account of chief")).to_be_visible()
    for path in ("/", "/races/new/", "/account/", "/account/password/", "/admin/", "/admin/races/race/"):
        await page.goto(server.url + path)
        await page.wait_for_load_state("networkidle")
    await page.goto(f"{server.url}/api/docs/")
    await page.get_by_text("/api/auth/me/").first.click()
    await expect(page.get_by_text("Give the signed-in user.")).to_be_visible()
