"""From one unit's part of a snapshot, and from released comments, to view models. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from surveyapp.comments.services import ReleasedComment, Sentiment, Theme
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.disclosure.periods import Shown, scores_over
from surveyapp.disclosure.relations import Relation
from surveyapp.disclosure.reliability import ENOUGH, MOST, Reliability
from surveyapp.disclosure.snapshot import Result, UnitResult
from surveyapp.instruments import services as instruments
from surveyapp.pulses import services as pulses
from surveyapp.reports.view_models import (
    CommentView,
    GoesWith,
    GroupReport,
    HangsTogether,
    QuarterRow,
    QuestionResult,
    ScaleResult,
    UnitReport,
    WaveRow,
)
from surveyapp.reports.wording import (
    STANCE_LABELS,
    answer_shares,
    cautions,
    relation_words,
    together_words,
)
from surveyapp.timekeeping import LOCAL_ZONE

#: Behind a question that not everybody was asked.
_ONLY = {"learners": " (learners only)", "supervisors": " (supervisors only)"}


def row(wave: pulses.Wave) -> WaveRow:
    """A wave as it is named on every page."""
    return WaveRow(
        wave_id=wave.id,
        title=wave.title,
        closed_on=wave.closes_at.astimezone(LOCAL_ZONE).date(),
        is_import=wave.kind == pulses.WaveKind.IMPORTED,
        is_open_link=wave.channel == pulses.Channel.OPEN_LINK,
        reference=wave.reference,
        erased_on=wave.erased_at.astimezone(LOCAL_ZONE).date() if wave.erased_at else None,
    )


def scores(
    wave: pulses.Wave,
    tree: Tree,
    result: UnitResult,
    groups: Iterable[Result],
    items_only: Collection[str] = (),
) -> UnitReport:
    """The part of a report that comes from the snapshot.

    `groups` are those of the wave's breakdown; they stand in the organisation's own report only.
    `items_only` are scales that are no score in this wave (D3), which is not the same as 'not shown'.
    """
    about = row(wave)
    library = instruments.load_library(wave.library_version)
    report = UnitReport(
        wave=about,
        unit_id=result.unit_id,
        is_shown=True,
        unit_name=result.name,
        is_reporting_group=pulses.is_reporting_group(result.unit_id),
        k=wave.minimum_group,
        asks_for_comments=about.is_import
        or any(item.scale == pulses.TEXT_SCALE for item in wave.items),
        set_aside=wave.set_aside if result.unit_id == tree.root else 0,
    )
    if about.is_import:
        # Each imported comment stands for one person, so a number or rate would mean nothing.
        return report
    return replace(
        report,
        respondents=result.respondents,
        response_rate=result.response_rate,
        cautions=cautions(
            result.respondents,
            result.response_rate,
            all_asked=not set(tree.path_up(result.unit_id)).isdisjoint(wave.audience_unit_ids),
        ),
        questions=_questions(wave, result, library, is_whole=result.unit_id == tree.root),
        scales=_scales(wave, result, library, items_only, is_whole=result.unit_id == tree.root),
        is_broken_down=result.unit_id == tree.root
        and wave.breakdown == pulses.Breakdown.STAFF_GROUP,
        groups=tuple(
            GroupReport(
                name=group.name,
                respondents=group.respondents,
                response_rate=group.response_rate,
                questions=_questions(wave, group, library),
                scales=_scales(wave, group, library, items_only),
            )
            for group in groups
            if result.unit_id == tree.root
        ),
    )


def _questions(
    wave: pulses.Wave, result: Result, library: instruments.Library, *, is_whole: bool = False
) -> tuple[QuestionResult, ...]:
    """Questions for learners or supervisors are shown of the whole organisation only."""
    asked = scored_items(wave, library, is_whole=is_whole)
    results = []
    for number, item in enumerate(asked, start=1):
        figure = result.items.get(item.item_id)
        points = library.scales[item.scale].points
        results.append(
            QuestionResult(
                number=number,
                text=f"{item.text}{_ONLY.get(library.audience_of(item.item_id), '')}",
                factor=library.subject(item.item_id, item.factor),
                figure=figure,
                split=answer_shares(figure.split, points, reverse=item.reverse) if figure else (),
                code=item.item_id,
            )
        )
    return tuple(results)


def scored_items(
    wave: pulses.Wave, library: instruments.Library, *, is_whole: bool
) -> list[pulses.WaveItem]:
    """The scored questions of a wave, in order; of one unit only those that everybody was asked."""
    return [
        item
        for item in wave.items
        if item.scale != pulses.TEXT_SCALE
        and (is_whole or library.audience_of(item.item_id) == instruments.ALL_STAFF)
    ]


def _scales(
    wave: pulses.Wave,
    result: Result,
    library: instruments.Library,
    items_only: Collection[str],
    *,
    is_whole: bool = False,
) -> tuple[ScaleResult, ...]:
    asked = {item.item_id for item in scored_items(wave, library, is_whole=is_whole)}
    frames = {**library.factors, **library.cipd, **library.hee}
    families = {**library.factor_scales, **library.cipd_scales, **library.hee_scales}
    return tuple(
        ScaleResult(code, frames[code].name, result.scales.get(code))
        for code, item_ids in families.items()
        if asked.issuperset(item_ids) and code not in items_only
    )


def quarter(
    waves: Sequence[pulses.Wave], shown: Sequence[Shown | None]
) -> tuple[QuarterRow, ...]:
    """Each factor asked about in the waves of a quarter, from what is shown of one unit in each."""
    asked = [
        {item.item_id: item.factor for item in wave.items if item.scale != pulses.TEXT_SCALE}
        for wave in waves
    ]
    factors = {factor for wave in asked for factor in wave.values()}
    names = instruments.load_library(waves[-1].library_version).factors
    scores = scores_over(shown, asked)
    return tuple(
        QuarterRow(names[code].name, scores.get(code), code) for code in names if code in factors
    )


def goes_with(wave: pulses.Wave, found: Iterable[Relation]) -> tuple[GoesWith, ...]:
    """The relations of a wave in words. They do not say what causes what."""
    names = instruments.load_library(wave.library_version).factors
    return tuple(
        GoesWith(
            factor=names[one.code].name,
            words=relation_words(one.strength),
            # With z, a little below nought is '0.0' and not '-0.0'.
            strength=f"{one.strength:z.1f}",
            between=f"Likely between {one.low:z.1f} and {one.high:z.1f}.",
        )
        for one in found
    )


def hangs_together(wave: pulses.Wave, found: Iterable[Reliability]) -> tuple[HangsTogether, ...]:
    """The reliability of a wave's scales in words and numbers (D3)."""
    names = instruments.load_library(wave.library_version).factors
    return tuple(
        HangsTogether(
            factor=names[one.code].name,
            words=together_words(one),
            alpha=_tenths(one.alpha),
            omega=_tenths(one.omega) if one.omega is not None else "–",
        )
        for one in found
    )


def _tenths(value: float) -> str:
    if value < ENOUGH:
        return f"Under {ENOUGH}"
    return f"{value:.1f} or more" if value >= MOST else f"{value:.1f}"


def comment(
    released: ReleasedComment, theme: Theme | None, *, may_correct: bool = False
) -> CommentView:
    """A released comment as it is quoted for one of its themes, or for none."""
    start, end = (theme.quote_start, theme.quote_end) if theme else (0, 0)
    stance = Sentiment(theme.sentiment if theme else released.sentiment)
    return CommentView(
        before=released.text[:start],
        quote=released.text[start:end],
        after=released.text[end:],
        stance=str(stance),
        stance_label=STANCE_LABELS[stance],
        needs_person=released.needs_person,
        is_checked=released.is_checked,
        correct_id=released.comment_id if may_correct else "",
    )
