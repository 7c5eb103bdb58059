"""The browser, and the system that its pages come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.system import System
from tests.support.servers import MailServer

PHONE = {"width": 375, "height": 812}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def system(tmp_path: Path, database_url: str, redis_url: str, smtp: MailServer) -> Iterator[System]:
    running = System(tmp_path, database_url, redis_url, smtp.port)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser of someone's own, on a phone's screen unless another `viewport` is given."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        # The checker is a script that the pages' security policy would rightly keep out.
        context = chromium.new_context(**{"viewport": PHONE, "bypass_csp": True, **options})
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
