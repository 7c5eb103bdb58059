"""Figures in words. Pure; takes what may be shown and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from surveyapp.comments.services import FACTOR_LABELS, Factor, Sentiment
from surveyapp.disclosure.figures import DETAIL_FROM, TYPICAL_SD, SplitPart
from surveyapp.disclosure.reliability import Reliability
from surveyapp.reports.view_models import AnswerShare

#: Stands for a factor where the computer found none in a comment.
NO_THEME = "other"

#: Alpha from which it is plainly said that questions hang together (D3).
_CONVINCING = 0.7

STANCE_LABELS = {
    Sentiment.POSITIVE: "Good",
    Sentiment.NEUTRAL_MIXED: "Mixed",
    Sentiment.NEGATIVE: "Poor",
}


def theme_label(factor: Factor | None) -> str:
    """The name of a factor, or of the comments that speak of none."""
    return "No theme found" if factor is None else FACTOR_LABELS[factor]


def cautions(
    respondents: int | None, rate: int | None, *, all_asked: bool = True
) -> tuple[str, ...]:
    """What must be said before results of so few people or at this response rate (E6, F2, F3)."""
    found = []
    if not all_asked:
        found.append("Only some of the units below this one were asked.")
    if respondents is not None and respondents < DETAIL_FROM:
        points = smallest_change(respondents)
        found.append(
            f"Fewer than {DETAIL_FROM} people answered here. Scores of so few people move a lot by "
            f"chance: between two pulses, only a change of about {points} points or more stands out."
        )
    if rate is not None and rate < 30:
        found.append(
            "These results are only indicative: fewer than 3 in 10 people answered. A low response "
            "is worth talking about too."
        )
    elif rate is not None and rate < 50:
        found.append(
            "Fewer than half of the people asked have answered. Those who did not may think "
            "differently, so read these results with care."
        )
    return tuple(found)


def answered_less(rate: int | None, parts: Iterable[tuple[str, int | None]]) -> tuple[str, ...]:
    """Parts of those asked, by name and shown rate, that answered less than the whole (F2).

    Rates are in steps of 5 points; a gap of one step could be rounding.
    """
    if rate is None:
        return ()
    return tuple(
        f"{name} (about {part}%)"
        for name, part in sorted(parts)
        if part is not None and part <= rate - 10
    )


def relation_words(strength: float) -> str:
    """How far two things go together, by the usual limits for correlations."""
    if strength >= 0.5:
        return "Goes with it strongly"
    if strength >= 0.3:
        return "Goes with it somewhat"
    return "Hardly goes with it" if strength > -0.3 else "Goes against it"


def together_words(reliability: Reliability) -> str:
    """Whether the questions of a scale make one score (D3)."""
    if not reliability.is_fit:
        return (
            "These questions do not hang together well enough to be one score: look at each question."
        )
    if reliability.alpha < _CONVINCING:
        return "Early: these questions hang together, but only just. Read their score with care."
    return "These questions hang together."


def smallest_change(n: int) -> int:
    """Points by which a score must differ between two groups of n to be found 4 times in 5 (E6)."""
    return round(2.80 * TYPICAL_SD * math.sqrt(2 / n))


def answer_shares(
    split: Sequence[SplitPart], points: Sequence[tuple[int, str]], *, reverse: bool
) -> tuple[AnswerShare, ...]:
    """The five-way split with the words of its scale, from the best answer to the worst.

    A reversed question was tallied upside down (B1), so its words are too.
    """
    labels = [label for _, label in sorted(points, reverse=reverse)]
    return tuple(
        AnswerShare(_either(labels[part.first - 1 : part.last]), part.percent)
        for part in reversed(split)
    )


def _either(labels: Sequence[str]) -> str:
    first, *others = [label if i == 0 else label[:1].lower() + label[1:] for i, label in enumerate(labels)]
    if not others:
        return first
    return f"{', '.join([first, *others[:-1]])} or {others[-1]}"
