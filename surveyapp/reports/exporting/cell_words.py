"""What documents say in the same words everywhere: a day, a figure, how sure we are, what is hidden."""

from __future__ import annotations

from datetime import date

from surveyapp.disclosure.figures import CHANCE_ONLY, Share

NOT_SHOWN = "Not shown"

#: Stands where there is nothing to say.
NOTHING = "–"

#: How the caption of a table of scores ends.
SCORES = (
    "from 0 to 100. Higher is better. How sure we are covers chance only, not who chose to reply."
)


def day(value: date) -> str:
    """As pages write it: '1 March 2026'."""
    return f"{value.day} {value:%B %Y}"


def share_words(share: Share | None) -> str:
    """A score or a share in words, or the one marker of all that is not shown (A3)."""
    return share.words if share else NOT_SHOWN


def sure_words(words: str) -> str:
    """How far off a figure could be. What every range says stands once, in the caption (C5)."""
    return words.replace(f" {CHANCE_ONLY}", "") or NOT_SHOWN
