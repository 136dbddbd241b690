"""A real browser without a network, for the tests of pages: what a page asks for and what goes wrong is noted."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

NEEDS_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
]


@contextmanager
def running_browser() -> Iterator[Any]:
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Visits:
    """Opens pages, each in a context of its own; at the end what they looked like is kept, where somebody asked for it."""

    def __init__(self, browser: Any, name: str) -> None:
        self.browser, self.name, self.pages = browser, re.sub(r"[^\w]+", "-", name), []

    def __call__(self, path: Path, *, hash: str = "", width: int = 1280, height: int = 900, **options: Any) -> Any:  # noqa: A002
        prepare = options.pop("prepare", lambda page: None)
        context = self.browser.new_context(viewport={"width": width, "height": height}, **{"offline": True, **options})
        page = context.new_page()
        page.trouble, page.asked = [], []
        page.on("console", lambda message: page.trouble.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.on("requestfailed", lambda request: page.trouble.append(request.url))
        page.on("request", lambda request: page.asked.append(request.url) if request.url.startswith("http") else None)
        page.on("dialog", lambda dialog: (page.trouble.append("dialog"), dialog.dismiss()))
        prepare(page)
        page.goto(path.as_uri() + hash)
        page.wait_for_load_state("load")
        self.pages.append(page)
        return page

    def leave(self, page: Any) -> None:
        """Close one page that need not be kept: many open ones slow the browser down."""
        self.pages.remove(page)
        page.context.close()

    def close(self) -> None:
        folder = os.environ.get("TOEGANKELIJK_SCREENSHOTS")
        for order, page in enumerate(self.pages):
            if folder:
                Path(folder).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=Path(folder) / f"{self.name}-{order}.png", full_page=True)
            page.context.close()


def faults(page: Any) -> list[str]:
    """What axe finds wrong with the page as it is now."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
    return [f"{fault['id']}: {node['target']} {node['failureSummary']}" for fault in found for node in fault["nodes"]]


def tab_to(page: Any, selector: str, *, back: bool = False, limit: int = 300) -> Any:
    """Press Tab until what has the focus matches the selector, as somebody without a mouse does."""
    for _ in range(limit):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return page.locator(":focus")
    raise AssertionError(f"{limit} times Tab do not lead to {selector}")
