"""Checks what a page shows against the rules of axe-core, which comes with a wheel of the development requirements."""

from functools import cache
from importlib.resources import files
from typing import Any

from playwright.async_api import Page

# The success criteria of WCAG 2.2 on the levels A and AA, and axe-core's own best practices.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def script() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


async def assert_accessible(page: Page) -> None:
    """Fail with every rule that the page breaks now, with the elements that break it and why.

    It looks at what is shown at the moment: call it again in a dialog, in another colour scheme, at another size.
    """
    found = await violations(page)
    assert not found, f"{page.url}\n" + "\n".join(found)


async def violations(page: Page) -> list[str]:
    """Give a line for each element that breaks a rule: the rule, how bad it is, where, and why."""
    await page.evaluate(script())
    result: dict[str, Any] = await page.evaluate(
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'] })", RULES
    )
    return [
        f"{rule['id']} ({rule['impact']}): {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
