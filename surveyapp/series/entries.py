"""Between the keys of a series file and what people see: form fields, YAML, and sentences. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import yaml

from surveyapp.series.rules import NATIONAL_SURVEYS, Otherwise, Unit
from surveyapp.working_days import Nation

#: What the reader of files takes where a key is missing.
_DEFAULTS: Mapping[str, Any] = {
    "opens_at": "08:00",
    "open_days": 14,
    "sample": 100,
    "bank_holidays": str(Nation.ENGLAND),
    "on_bank_holiday": str(Otherwise.MOVE),
    "on_weekend": str(Otherwise.MOVE),
    "on_blackout": str(Otherwise.MOVE),
    "national_surveys": list(NATIONAL_SURVEYS),
    "skip_months": [],
}

_NUMBERS = ("open_days", "sample")


def entries_of(rules: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields of the form hold for these keys, which a reader has accepted or are none."""
    entries = {key: rules.get(key, default) for key, default in _DEFAULTS.items()}
    entries |= {key: int(entries[key]) for key in _NUMBERS}
    entries["skip_months"] = [str(int(month)) for month in entries["skip_months"]]
    matched = re.fullmatch(r"(?:(\d+) )?([a-z]+?)s?", str(rules.get("every", "month")).lower())
    interval, unit = (int(matched[1] or 1), matched[2]) if matched else (1, str(Unit.MONTH))
    return entries | {
        "title": rules.get("title", ""),
        "questions": rules.get("questions", ""),
        "starts_with": f"{rules['questions']}/{rules['starts_with']}" if "starts_with" in rules else "",
        "interval": interval,
        "unit": "rrule" if "rrule" in rules else unit,
        "on": rules.get("on", ""),
        "first": _day(rules.get("first")),
        "until": _day(rules.get("until")),
        "reminders": ", ".join(str(day) for day in rules.get("reminders", (5, 10))),
    }


def as_yaml(rules: Mapping[str, Any], audience: Sequence[str]) -> str:
    """A series as a file that the reader takes back. `audience` are paths of units; none is everyone."""
    keys = {**rules, "audience": list(audience)} if audience else dict(rules)
    return yaml.safe_dump(keys, allow_unicode=True, sort_keys=False)


def how_often(rules: Mapping[str, Any]) -> str:
    """'Every month, first tuesday', 'Every 4 weeks', or the rule of RFC 5545."""
    if "rrule" in rules:
        return f"By the rule {rules['rrule']}"
    entries = entries_of(rules)
    number, unit = entries["interval"], entries["unit"]
    words = f"Every {unit}" if number == 1 else f"Every {number} {unit}s"
    return f"{words}, {entries['on']}" if entries["on"] else words


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
