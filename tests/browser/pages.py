"""Pages in a real browser. Each page that is opened is checked with axe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

_AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text()

#: Milliseconds that a page has for what it is asked to show: the machine may be busy.
_PATIENCE = 15_000

expect.set_options(timeout=_PATIENCE)

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Visitor:
    """Someone with a browser of their own."""

    def __init__(self, context: BrowserContext, address: str, *, javascript: bool = True) -> None:
        self._context = context
        self.page: Page = self._new_page()
        self.address = address
        self._javascript = javascript

    def _new_page(self) -> Page:
        page = self._context.new_page()
        page.set_default_timeout(_PATIENCE)
        return page

    def new_tab(self) -> None:
        """Leave the page that is open, whatever became of it."""
        self.page.close()
        self.page = self._new_page()

    def open(self, path: str, *, check: bool = True) -> None:
        self.page.goto(path if path.startswith("http") else self.address + path)
        if check:
            self.check()

    def press(self, name: str | re.Pattern[str], *, check: bool = True) -> None:
        self.page.get_by_role("button", name=name, exact=isinstance(name, str)).first.click()
        if check:
            self.check()

    def follow(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("link", name=name, exact=isinstance(name, str)).first.click()
        self.check()

    def sign_in(self, email: str, password: str) -> None:
        self.open("/sign-in")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.press("Sign in")
        expect(self.page.get_by_role("heading", level=1)).to_contain_text("Welcome")

    @property
    def heading(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text().strip()

    def check(self) -> None:
        """No violation that axe can find, and nothing wider than the screen."""
        self.page.wait_for_load_state()
        if not self._javascript:
            return  # axe is a script itself; the same pages are checked where it can run
        found: dict[str, Any] = self.page.evaluate(
            "([source, rules]) => { new Function(source)(); return axe.run({runOnly: rules}); }",
            [_AXE, _RULES],
        )
        problems = [
            f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]
        ]
        assert not problems, f"{self.page.url}\n" + "\n".join(problems)
        width, room = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert width <= room, f"{self.page.url} is {width} wide on a screen of {room}"
