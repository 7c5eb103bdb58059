"""What changed since earlier pulses, in words (E1, E4 to E7). Pure.

Everything is worked out from shown figures, so the words give away nothing that those do not (C6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from surveyapp.disclosure.change import Tested, Verdict, compare, compare_periods, verdicts
from surveyapp.disclosure.figures import Figure
from surveyapp.disclosure.runs import Run, run_at_the_end
from surveyapp.instruments import services as instruments
from surveyapp.pulses import services as pulses
from surveyapp.reports.history import Moment, shown_scores, trends
from surveyapp.reports.view_models import (
    Change,
    Overview,
    QuarterRow,
    QuestionResult,
    ScaleResult,
    UnitReport,
)
from surveyapp.timekeeping import LOCAL_ZONE

#: More than these few would not be read in ten minutes.
MOST_TO_SAY = 3

#: Why a figure is compared with nothing.
_IN_TURN = "Asked in turn with other questions, so not compared."
_FIRST = "Nothing to compare with yet."


@dataclass(frozen=True, slots=True)
class LastQuarter:
    """The newest earlier quarter that asked the same questions. `closed_at` is when it ended."""

    closed_at: datetime
    rows: Sequence[QuarterRow]


@dataclass(frozen=True, slots=True)
class _Compared:
    """One comparison of a report. `name` says what was compared, in the words of the page."""

    key: tuple[str, str]
    name: str
    since: str
    before: str
    now: str
    tested: Tested


def with_changes(
    report: UnitReport,
    moments: Sequence[Moment],
    last_quarter: LastQuarter | None = None,
) -> UnitReport:
    """The report with a word on change at every figure, and what stands out.

    `moments` are the unit in the pulses so far, oldest first, the report's own the last of them.
    """
    compared = [*_comparisons(report, moments)]
    if last_quarter:
        compared += _quarters(report, last_quarter)
    runs = [*runs_of(moments)]
    found = verdicts([*(one.tested for one in compared), *(run.tested for _, run in runs)])
    clear = dict(zip([one.key for one in compared], found, strict=False))
    changes = {one.key: _change(one, clear[one.key]) for one in compared}
    sayable = [
        (one.tested.p, f"{one.name}: {_lower(changes[one.key].words)}")
        for one in compared
        if clear[one.key] is not Verdict.UNCLEAR
    ]
    sayable += [
        (run.tested.p, _run_words(name, run))
        for (name, run), verdict in zip(runs, found[len(compared) :], strict=True)
        if verdict is not Verdict.UNCLEAR
    ]
    asked = {item.item_id: item for item in moments[-1].wave.items}
    return replace(
        report,
        questions=tuple(
            replace(
                question,
                change=_of(changes, "question", question, asked[question.code].anchor),
            )
            for question in report.questions
        ),
        scales=tuple(
            replace(scale, change=_of(changes, "scale", scale, True)) for scale in report.scales
        ),
        quarter=tuple(
            replace(row, change=changes.get(("quarter", row.code), Change("", _FIRST)))
            if row.score
            else row
            for row in report.quarter
        ),
        overview=Overview(
            stands_out=tuple(words for _, words in sorted(sayable)[:MOST_TO_SAY]),
            comparisons=len(found),
        ),
    )


def _comparisons(report: UnitReport, moments: Sequence[Moment]) -> Iterator[_Compared]:
    """Anchor questions, and scales of several, with the newest pulse that shows the same (E1)."""
    now = moments[-1]
    library = instruments.load_library(now.wave.library_version)
    families = {**library.factor_scales, **library.cipd_scales, **library.hee_scales}
    anchors = {item.item_id for item in now.wave.items if item.anchor}
    for question in report.questions:
        if question.figure is None or question.code not in anchors:
            continue
        for earlier in reversed(moments[:-1]):
            before = earlier.result.items.get(question.code) if earlier.result else None
            if before and _wording(earlier.wave, question.code) == _wording(now.wave, question.code):
                name = f"{question.factor} (question {question.number})"
                yield _compared(("question", question.code), name, earlier, before, question.figure)
                break
    for scale in report.scales:
        if scale.figure is None:
            continue
        ids = families[scale.code]
        for earlier in reversed(moments[:-1]):
            before = earlier.result.scales.get(scale.code) if earlier.result else None
            if before and _wording(earlier.wave, *ids) == _wording(now.wave, *ids):
                yield _compared(("scale", scale.code), scale.name, earlier, before, scale.figure)
                break


def _compared(
    key: tuple[str, str], name: str, earlier: Moment, before: Figure, now: Figure
) -> _Compared:
    since = _month(earlier.wave.closes_at)
    return _Compared(key, name, since, before.score.words, now.score.words, compare(before, now))


def _quarters(report: UnitReport, last: LastQuarter) -> Iterator[_Compared]:
    earlier = {row.code: row.score for row in last.rows}
    for row in report.quarter:
        before = earlier.get(row.code)
        if row.score is None or before is None:
            continue
        yield _Compared(
            ("quarter", row.code),
            f"{row.factor} (this quarter)",
            f"the quarter that ended in {_month(last.closed_at)}",
            str(before.score),
            str(row.score.score),
            compare_periods(before, row.score),
        )


def runs_of(moments: Sequence[Moment]) -> Iterator[tuple[str, Run]]:
    """Anchor questions of the newest pulse that stay on one side of their usual level (E7)."""
    asked = {item.item_id for item in moments[-1].wave.items}
    shown = moments[-1].result.items if moments[-1].result else {}
    for trend in trends(moments):
        if trend.code in asked and trend.code in shown:
            run = run_at_the_end(shown_scores(trend))
            if run is not None:
                yield trend.factor, run


def _run_words(name: str, run: Run) -> str:
    side = "above" if run.is_above else "below"
    return (
        f"{name}: {side} its usual level in each of the last {run.length} pulses that asked about it."
    )


def _change(one: _Compared, verdict: Verdict) -> Change:
    if verdict is Verdict.UNCLEAR:
        return Change(
            verdict,
            f"No clear change since {one.since}. A change of less than about {one.tested.detectable} "
            "points can easily be missed.",
        )
    word = "rise" if verdict is Verdict.RISE else "fall"
    return Change(verdict, f"Clear {word} since {one.since}, from {one.before} to {one.now}.")


def _of(
    changes: Mapping[tuple[str, str], Change],
    kind: str,
    result: QuestionResult | ScaleResult,
    is_anchor: bool,
) -> Change | None:
    if result.figure is None:
        return None
    return changes.get((kind, result.code)) or Change("", _FIRST if is_anchor else _IN_TURN)


def _wording(wave: pulses.Wave, *item_ids: str) -> dict[str, tuple[str, str]]:
    return {item.item_id: (item.text, item.scale) for item in wave.items if item.item_id in item_ids}


def _month(moment: datetime) -> str:
    return f"{moment.astimezone(LOCAL_ZONE):%B %Y}"


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
