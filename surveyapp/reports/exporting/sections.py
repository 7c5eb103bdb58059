"""What a reader of a report sees, in order: the parts of its page as words, tables and charts.

The same tables as on the page, so that a document says what the page says. A new part of a report
is one function more in `_PARTS`. Pure; everything comes from the view model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from surveyapp.disclosure.figures import Share
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.reports.exporting.blocks import (
    CHANGE,
    FACTOR,
    HOW_SURE,
    Chart,
    Section,
    Series,
    Table,
)
from surveyapp.reports.exporting.cell_words import NOT_SHOWN, NOTHING, SCORES, share_words, sure_words
from surveyapp.reports.exporting.over_time import over_time
from surveyapp.reports.view_models import (
    Change,
    GroupReport,
    QuestionResult,
    ScaleResult,
    UnitReport,
)
from surveyapp.reports.wording import NO_THEME

_AREAS = ("Area", "Score", HOW_SURE)
_QUESTIONS = ("Question", FACTOR, "Score", HOW_SURE, "Favourable")

_NOTHING_STANDS_OUT = (
    "Nothing stands out from chance. That is common, and does not mean that nothing happened: a "
    "change has to be large to show in one pulse."
)
_WHEN_WE_SPEAK = (
    "We only speak of a change when it is 5 points or more and chance is an unlikely reason, all "
    "comparisons taken together."
)
_ABOUT_ANSWERS = (
    "Answers that very few people chose are added to the answer next to them. Figures are rounded, "
    "so they may not add up to 100%."
)
_ABOUT_QUARTER = (
    "Scores of each area over the last three pulses, from their rounded scores. Different questions "
    "were asked in each. An area is only shown where results of all its questions are."
)
_ABOUT_RELATIONS = (
    "This is about the whole organisation. It shows how far each area goes with ‘I would tell a "
    "friend that this is a good place to learn’. It does not show what causes what: a third thing "
    "may be behind both."
)
_ABOUT_TOGETHER = (
    "This is about the whole organisation. One score for an area only makes sense where people who "
    "agree with one of its questions tend to agree with the others too. It tells about groups, not "
    "about single people."
)
_ABOUT_GROUPS = (
    "These are for the whole organisation and never for one unit. Groups that are not listed cannot "
    "be shown, so that nobody can be picked out."
)
_ABOUT_THEMES = (
    "A computer found these themes in the comments. It can be wrong. One comment can speak of more "
    "than one theme."
)
_MORE_COMMENTS = (
    "Comments come from this unit and the units below it. Some are checked by a person before anyone "
    "else reads them, so more may appear later."
)


def sections(report: UnitReport) -> tuple[Section, ...]:
    """The parts of a report that there are. All that is hidden is one and the same (A3)."""
    if not report.is_shown:
        return (Section("Results", (SUPPRESSED,)),)
    return tuple(section for part in _PARTS for section in part(report))


def _in_short(report: UnitReport) -> Iterator[Section]:
    overview = report.overview
    if overview is None:
        return
    words: list[str] = []
    if overview.stands_out:
        words += ["This stands out from chance:", *overview.stands_out]
    elif overview.comparisons:
        words.append(_NOTHING_STANDS_OUT)
    else:
        words.append("There is no earlier pulse to compare this one with yet.")
    if overview.comparisons:
        made = "comparison with earlier pulses was made."
        if overview.comparisons > 1:
            made = "comparisons with earlier pulses were made."
        words.append(f"{overview.comparisons} {made} {_WHEN_WE_SPEAK}")
    if overview.answered_less:
        words.append(
            f"Fewer people answered in: {', '.join(overview.answered_less)}. What they think counts "
            "for less in these scores."
        )
    yield Section("In short", tuple(words))


def _areas(report: UnitReport) -> Iterator[Section]:
    if report.scales:
        table = _with_changes(
            _area_table(report.scales, f"Score of each area, {SCORES}"),
            [scale.change for scale in report.scales],
        )
        yield Section(
            "Scores of each area", ("Each of these scores sums up several questions.",), (table,)
        )


def _hangs_together(report: UnitReport) -> Iterator[Section]:
    if not report.hangs_together:
        return
    table = Table(
        caption="How well the questions of each area hang together, worked out in two ways. 1 is the "
        "most. Figures are rounded down.",
        head=("Area", "In words", "Alpha", "Omega"),
        rows=tuple((row.factor, row.words, row.alpha, row.omega) for row in report.hangs_together),
    )
    yield Section("Do the questions of each area hang together?", (_ABOUT_TOGETHER,), (table,))


def _questions(report: UnitReport) -> Iterator[Section]:
    if report.questions:
        table = _with_changes(
            _question_table(
                report.questions,
                f"Score of each question, {SCORES}",
                is_detail=bool(report.scales),
                drawing=report.score_chart,
            ),
            [question.change for question in report.questions],
        )
        yield Section("Scores of each question", (), (table,))


def _answers(report: UnitReport) -> Iterator[Section]:
    tables = tuple(
        Table(
            title=f"{question.number}. {question.text}",
            caption=f"Answers to question {question.number}",
            head=("Answer", "Share of people"),
            rows=tuple((share.label, f"{share.percent}%") for share in question.split),
            is_detail=True,
        )
        for question in report.questions
        if question.split
    )
    if tables:
        yield Section("How people answered", (_ABOUT_ANSWERS,), tables)


def _quarter(report: UnitReport) -> Iterator[Section]:
    if not report.quarter:
        return
    values = tuple(row.score.score if row.score else None for row in report.quarter)
    words = tuple(str(row.score.score) if row.score else NOT_SHOWN for row in report.quarter)
    how_sure = tuple(sure_words(row.score.words if row.score else "") for row in report.quarter)
    names = tuple(row.factor for row in report.quarter)
    table = Table(
        caption=f"Score of each area this quarter, {SCORES}",
        head=_AREAS,
        rows=tuple(zip(names, words, how_sure, strict=True)),
        chart=Chart(
            "Score of each area this quarter", names, (Series("Score", values, words),), top=100
        ),
    )
    changed = _with_changes(table, [row.change for row in report.quarter])
    yield Section("This quarter", (_ABOUT_QUARTER,), (changed,))


def _goes_with(report: UnitReport) -> Iterator[Section]:
    if not report.goes_with:
        return
    table = Table(
        caption="How far each area goes with it. 1 is always, 0 is not at all. "
        "How sure we are covers chance only, not who chose to reply.",
        head=("Area", "In words", "In numbers", HOW_SURE),
        rows=tuple((row.factor, row.words, row.strength, row.between) for row in report.goes_with),
    )
    yield Section("What goes with what", (_ABOUT_RELATIONS,), (table,))


def _groups(report: UnitReport) -> Iterator[Section]:
    if not report.is_broken_down:
        return
    none = () if report.groups else ("No staff group can be shown for this pulse.",)
    yield Section("Results by staff group", (_ABOUT_GROUPS, *none))
    for group in report.groups:
        yield Section(group.name, (_who_answered(group),), tuple(_group_tables(group)))


def _who_answered(group: GroupReport) -> str:
    words = f"About {group.respondents} people answered."
    if group.response_rate is not None:
        words += f" That is about {group.response_rate}% of this group."
    return words


def _group_tables(group: GroupReport) -> Iterator[Table]:
    caption = f"{group.name}: scores {SCORES}"
    if group.scales:
        yield _area_table(group.scales, caption)
    if group.questions:
        yield _question_table(group.questions, caption, is_detail=bool(group.scales))


def _themes(report: UnitReport) -> Iterator[Section]:
    if not report.asks_for_comments:
        return
    heading = "What people say in their own words"
    if not report.themes:
        hidden = SUPPRESSED if report.is_complete else "No comments can be shown yet."
        yield Section(heading, (hidden,))
        return
    table = Table(
        caption="How many comments say something good, mixed or poor.",
        head=("Theme", "Good", "Mixed", "Poor"),
        rows=tuple(
            (theme.label, str(theme.positive), str(theme.mixed), str(theme.negative))
            for theme in report.themes
        ),
        chart=_theme_chart(report),
    )
    yield Section(heading, (_ABOUT_THEMES,), (table,), (_MORE_COMMENTS,))


def _theme_chart(report: UnitReport) -> Chart | None:
    # Where most comments have no theme, that bar would dwarf all others. The table has it.
    themes = [theme for theme in report.themes if theme.factor != NO_THEME]
    if not themes:
        return None
    counts = {
        "Good": [theme.positive for theme in themes],
        "Mixed": [theme.mixed for theme in themes],
        "Poor": [theme.negative for theme in themes],
    }
    return Chart(
        "What comments say of each theme",
        tuple(theme.label for theme in themes),
        tuple(Series(name, tuple(of), tuple(map(str, of))) for name, of in counts.items()),
        drawing=report.theme_chart,
    )


#: In the order of the page; what another page has beside it stands after the quarter.
_PARTS: tuple[Callable[[UnitReport], Iterator[Section]], ...] = (
    _in_short,
    _areas,
    _hangs_together,
    _questions,
    _answers,
    _quarter,
    over_time,
    _goes_with,
    _groups,
    _themes,
)


def _with_changes(table: Table, changes: Sequence[Change | None]) -> Table:
    """The table with a last column on what became of each row since an earlier pulse."""
    words = [change.words if change else NOTHING for change in changes]
    return replace(
        table,
        head=(*table.head, CHANGE),
        rows=tuple((*row, said) for row, said in zip(table.rows, words, strict=True)),
    )


def _area_table(scales: Sequence[ScaleResult], caption: str) -> Table:
    shown = [scale.figure.score if scale.figure else None for scale in scales]
    return Table(
        caption=caption,
        head=_AREAS,
        rows=tuple(
            (
                scale.name,
                share_words(scale.figure.score if scale.figure else None),
                sure_words(scale.figure.score_precision.words if scale.figure else ""),
            )
            for scale in scales
        ),
        chart=_scores_chart("Score of each area", [scale.name for scale in scales], shown),
        note=SUPPRESSED if None in shown else "",
    )


def _question_table(
    questions: Sequence[QuestionResult],
    caption: str,
    *,
    is_detail: bool,
    drawing: str | None = None,
) -> Table:
    shown = [question.figure.score if question.figure else None for question in questions]
    names = [f"{question.number}. {question.factor}" for question in questions]
    return Table(
        caption=caption,
        head=_QUESTIONS,
        rows=tuple(
            (
                f"{question.number}. {question.text}",
                question.factor,
                share_words(question.figure.score if question.figure else None),
                sure_words(question.figure.score_precision.words if question.figure else ""),
                share_words(question.figure.favourable if question.figure else None),
            )
            for question in questions
        ),
        chart=_scores_chart("Score of each question", names, shown, drawing),
        note=SUPPRESSED if None in shown else "",
        is_detail=is_detail,
    )


def _scores_chart(
    title: str, names: Sequence[str], shown: Sequence[Share | None], drawing: str | None = None
) -> Chart:
    values = tuple(share.value if share else None for share in shown)
    series = Series("Score", values, tuple(map(share_words, shown)))
    return Chart(title, tuple(names), (series,), top=100, drawing=drawing)
