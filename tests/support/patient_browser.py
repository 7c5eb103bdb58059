"""A browser in the hands of someone patient: what fails is tried again, at any of the web servers."""

from __future__ import annotations

import http.client
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import TypeVar

from bs4 import BeautifulSoup, Tag

#: Seconds after which even the patient give up.
PATIENCE = 240

_T = TypeVar("_T")


class NoAnswerError(Exception):
    """No answer, or one that says to come again."""


@dataclass(frozen=True, slots=True)
class Page:
    path: str
    status: int
    soup: BeautifulSoup

    @property
    def heading(self) -> str:
        found = self.soup.find("h1")
        return " ".join(found.get_text(" ").split()) if found else ""

    def entries(self, **given: str) -> list[tuple[str, str]]:
        """What the page's form would send as it stands but for what is given, without a button."""
        form = self.soup.select_one("main form[method=post]")
        assert form is not None, f"There is no form at {self.path}: {self.heading}"
        found = list(given.items())
        for field in form.select("input[name], textarea[name], select[name]"):
            kind = field.get("type", "")
            if field["name"] in given:
                continue
            if field.name == "select":
                chosen = field.select_one("option[selected]") or field.select_one("option")
                found.append((str(field["name"]), str(chosen["value"]) if chosen else ""))
            elif field.name == "textarea":
                found.append((str(field["name"]), field.get_text().strip()))
            elif kind not in {"radio", "checkbox"} or field.has_attr("checked"):
                found.append((str(field["name"]), str(field.get("value", ""))))
        return found

    def value_labelled(self, words: str) -> str:
        """Of the box or radio with that label."""
        for label in self.soup.find_all("label"):
            if words in label.get_text() and label.get("for"):
                field = self.soup.find(id=label["for"])
                if isinstance(field, Tag):
                    return str(field["value"])
        raise AssertionError(f"Nothing at {self.path} is labelled '{words}'.")


class Browser:
    """`tries_again` counts what went unanswered."""

    def __init__(self, addresses: Sequence[str], chance: random.Random) -> None:
        self._addresses, self.chance = addresses, chance
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
        self.tries_again = 0

    def get(self, path: str) -> Page:
        """Raises NoAnswerError."""
        return self._open(path, None)

    def post(self, path: str, entries: Sequence[tuple[str, str]]) -> Page:
        """The page behind the redirect. Raises NoAnswerError: then nobody knows what was done."""
        return self._open(path, urllib.parse.urlencode(entries).encode())

    def until(self, attempt: Callable[[], _T | None]) -> _T:
        """Try until it gives something."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                found = attempt()
            except NoAnswerError:
                self.tries_again += 1
                found = None
            if found is not None:
                return found
            assert time.monotonic() < end, "Nothing helps."
            time.sleep(self.chance.uniform(0.05, 0.4))

    def _open(self, path: str, body: bytes | None) -> Page:
        address = self.chance.choice(self._addresses) + path
        try:
            with self._opener.open(address, body, timeout=30) as answer:
                status, landed, text = answer.status, answer.geturl(), answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, landed = error.code, error.geturl()
                try:
                    text = error.read()
                except (OSError, http.client.HTTPException):
                    raise NoAnswerError from None
            if status >= 500:
                assert status != 500, f"{path.split('/')[1]}: {text[-1500:]!r}"
                raise NoAnswerError from None
        except (OSError, http.client.HTTPException):
            raise NoAnswerError from None
        return Page(urllib.parse.urlsplit(landed).path, status, BeautifulSoup(text, "html.parser"))
