"""A test client that checks every page it gets, as a strict browser would."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import html5lib
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_NONCE = re.compile(r"'nonce-([^']+)'")

#: Attributes that name other elements by their id.
_REFERENCES = ("for", "aria-describedby", "aria-labelledby", "aria-controls", "headers")


class CheckingClient(FlaskClient):
    """Each request has a context of its own, as in a server, and each page is checked."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        with self.application.app_context():
            answer = super().open(*args, **options)
        is_page = answer.mimetype == "text/html" and not 300 <= answer.status_code < 400
        if is_page and answer.request.method != "HEAD":
            problems = problems_of(answer)
            path = answer.request.path
            assert not problems, f"The page at {path} ({answer.status_code}): " + "; ".join(problems)
        return answer

    def token(self, page: str) -> str:
        """The form token of a page, as its form carries it."""
        found = BeautifulSoup(self.get(page).data, "html.parser").find("input", {"name": "csrf_token"})
        assert isinstance(found, Tag), f"There is no form at {page}."
        return str(found["value"])

    def send(self, path: str, *, form_at: str | None = None, **data: Any) -> TestResponse:
        """Fill in the form of a page (`form_at`, or `path` itself) and post it."""
        return self.post(path, data={"csrf_token": self.token(form_at or path), **data})


def problems_of(answer: TestResponse) -> list[str]:
    """What is wrong with an HTML page, in words; nothing if it is right."""
    page = BeautifulSoup(answer.text, "html.parser")
    policy = answer.headers.get("Content-Security-Policy", "")
    problems = [*_syntax(answer.data), *_contents(page)]
    problems += _policy(page, policy, is_error=answer.status_code >= 400)
    # Here is no session to protect: the link or the ticket itself is the permission.
    has_link = answer.request.path.startswith(("/a/", "/o/", "/reports/emails/"))
    return problems if has_link else problems + _forms(page)


def _syntax(page: bytes) -> list[str]:
    parser = html5lib.HTMLParser()
    parser.parse(page, transport_encoding="utf-8")
    return [
        f"invalid HTML in line {line}: {code} {data or ''}".strip()
        for (line, _column), code, data in parser.errors
    ]


def _contents(soup: BeautifulSoup) -> list[str]:
    problems = []
    for name in ("title", "h1"):
        # A drawing has titles of its own.
        found = [tag for tag in soup.find_all(name) if tag.find_parent("svg") is None]
        if len(found) != 1 or not found[0].get_text(strip=True):
            problems.append(f"{len(found)} {name} elements, or an empty one, instead of one")
    html = soup.find("html")
    if not isinstance(html, Tag) or not html.get("lang"):
        problems.append("no language")
    ids = Counter(str(tag["id"]) for tag in soup.find_all(id=True))
    problems += [f"the id '{name}' {count} times" for name, count in ids.items() if count > 1]
    for attribute in _REFERENCES:
        for tag in soup.find_all(attrs={attribute: True}):
            named = tag[attribute] if isinstance(tag[attribute], list) else str(tag[attribute]).split()
            problems += [
                f"{attribute} names '{name}', which is not there" for name in named if name not in ids
            ]
    return problems


def _forms(soup: BeautifulSoup) -> list[str]:
    problems = []
    for form in soup.find_all("form"):
        if str(form.get("method", "")).lower() != "post":
            continue
        token = form.find("input", {"name": "csrf_token"})
        if not isinstance(token, Tag) or not token.get("value"):
            problems.append(f"the form to '{form.get('action', '')}' has no csrf_token")
    return problems


def _policy(soup: BeautifulSoup, policy: str, *, is_error: bool) -> list[str]:
    nonce = _NONCE.search(policy)
    # A request can be refused before it is given a nonce; then nothing inline runs at all.
    if "default-src 'self'" not in policy or (nonce is None and not is_error):
        return ["no Content-Security-Policy with a nonce"]
    problems = []
    for tag in soup.find_all(["script", "style"]):
        if tag.find_parent("svg") is not None or (tag.name == "script" and tag.get("src")):
            continue
        if nonce is None or tag.get("nonce") != nonce[1]:
            problems.append(f"an inline {tag.name} without the page's nonce")
    for tag in soup.find_all(True):
        problems += [
            f"<{tag.name} {name}> is inline script or style"
            for name in tag.attrs
            if name == "style" or name.startswith("on")
        ]
    return problems
