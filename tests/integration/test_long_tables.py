"""Our quick tables and details are the design system's own, tag for tag."""

from __future__ import annotations

import random
from typing import Any

from bs4 import BeautifulSoup, NavigableString, Tag
from flask import Flask

from tests.conftest import on_sqlite

_BOTH = """
{%% from "%s" import table %%}{%% from "%s" import details %%}
{{ table(params) }}
{%% call details({"summaryText": words}) %%}<p>{{ words }}</p>{%% endcall %%}
{{ details({"summaryText": words, "html": html}) }}
"""
_OURS = _BOTH % (("components/long_tables.html",) * 2)
_THEIRS = _BOTH % ("nhsuk/components/tables/macro.jinja", "nhsuk/components/details/macro.jinja")

_WORDS = ("0", "62", "a & b <i>", "90% or more", "Likely between 3 and 7.", "–", "")
_HTML = ("<a href='/x'>1 &amp; 2</a>", "1. Why?<br><span class='y'>Leadership</span>")


def params(draw: random.Random) -> dict[str, Any]:
    columns = draw.randint(1, 5)
    return {
        **({"responsive": True} if draw.random() < 0.5 else {}),
        **({"firstCellIsHeader": True} if draw.random() < 0.5 else {}),
        **({"classes": "lp-x"} if draw.random() < 0.3 else {}),
        "caption": {"text": draw.choice(_WORDS[:-1]), "size": draw.choice("sml")},
        "head": [
            {"text": draw.choice(_WORDS[:-1]), **_looks(draw, "lp-words")} for _ in range(columns)
        ],
        "rows": [
            [
                {draw.choice(("text", "html")): "", **_said(draw), **_looks(draw, "nhsuk-u-x")}
                for _ in range(columns)
            ]
            for _ in range(draw.randint(0, 4))
        ],
    }


def _said(draw: random.Random) -> dict[str, Any]:
    return {"html": draw.choice(_HTML)} if draw.random() < 0.3 else {"text": draw.choice(_WORDS)}


def _looks(draw: random.Random, classes: str) -> dict[str, Any]:
    return {
        **({"format": "numeric"} if draw.random() < 0.3 else {}),
        **({"classes": classes} if draw.random() < 0.3 else {}),
    }


def shape(part: Tag) -> list[Any]:
    """Everything a browser makes of it: tags, attributes and words, whatever the white space."""
    found: list[Any] = [part.name, {name: part[name] for name in sorted(part.attrs)}]
    for child in part.children:
        if isinstance(child, Tag):
            found.append(shape(child))
        elif isinstance(child, NavigableString) and child.strip():
            found.append(" ".join(child.split()))
    return found


@on_sqlite
def test_they_are_the_same_as_the_components(app: Flask) -> None:
    draw = random.Random(7)
    ours, theirs = app.jinja_env.from_string(_OURS), app.jinja_env.from_string(_THEIRS)
    for _ in range(60):
        context = {"params": params(draw), "words": draw.choice(_WORDS[:-1]), "html": draw.choice(_HTML)}
        one, other = (
            shape(BeautifulSoup(template.render(context), "html5lib").body or Tag(name="none"))
            for template in (ours, theirs)
        )
        assert one == other, context
