"""Reading comments: by factor, then by what they say of it, then by sub-theme, then by words.

Everything here comes from released comments, at units that are shown, and costs what the unit's
own comments on the factor are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy.orm import Session

from surveyapp.accounts.services import Reader
from surveyapp.comments import corrections, mentions, subthemes
from surveyapp.comments.mentions import IN_NO_SUBTHEME, Found, Place
from surveyapp.comments.services import Factor, Sentiment
from surveyapp.reports import contents, scope, storage, themes
from surveyapp.reports.view_models import (
    CommentView,
    StanceLink,
    SubthemeLink,
    TellingTheme,
    ThemeView,
    UnitReport,
)
from surveyapp.reports.wording import NO_THEME, STANCE_LABELS, theme_label

#: Comments on one page.
PAGE = 50

#: Of what is searched for, characters and words that count.
LONGEST_SEARCH = 100
_MOST_WORDS = 8

_WORD = re.compile(r"\w+")


def theme_for(
    session: Session,
    reader: Reader,
    wave_id: int,
    unit_id: int,
    factor: Factor | None,
    *,
    stance: Sentiment | None = None,
    subtheme: int | None = None,
    search: str = "",
    page: int = 1,
    corrects: bool = False,
) -> ThemeView:
    """The released comments that speak of a factor, or of none, as far as they are asked for.

    `search` leaves those with all of its words. A `subtheme` that there is not leaves all, and
    `page` is brought into range. A reader who `corrects` themes is led to the comments outside their
    own line. Raises NotYoursError or NoResultsYetError.
    """
    wave = scope.counted(session, wave_id)
    tree, _ = scope.frozen(session, wave_id)
    scope.check(tree, reader, unit_id)
    result = storage.unit_result(session, wave_id, unit_id)
    words = tuple(_WORD.findall(search[:LONGEST_SEARCH])[:_MOST_WORDS])
    view = ThemeView(
        wave=contents.row(wave),
        unit_id=unit_id,
        unit_name=result.name if result else "",
        factor=NO_THEME if factor is None else str(factor),
        label=theme_label(factor),
        stance=str(stance) if stance else None,
        is_shown=result is not None,
        search=" ".join(words),
    )
    if result is None:
        return view
    place = Place(wave_id, unit_id, frozenset(tree.subtree(unit_id)), factor, words)
    counts = mentions.counts(session, place)
    names = _names(session, place, factor, counts) if factor else {}
    counts = _in_named(counts, names)
    if subtheme not in {*names, IN_NO_SUBTHEME} or not names:
        subtheme = None
    stances, groups = _stances(counts, subtheme), _subthemes(counts, names, view.stance)
    total = next(link.comments for link in stances if link.stance == view.stance)
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    found = mentions.page(
        session,
        place,
        stance=stance,
        subtheme=subtheme,
        named=names.keys(),
        offset=(page - 1) * PAGE,
        limit=PAGE,
    )
    closed = corrections.closed_units(session, reader, wave_id) if corrects else None
    return replace(
        view,
        stances=stances,
        subtheme=subtheme,
        subthemes=groups,
        comments=tuple(
            _comment(
                one,
                factor,
                may_correct=closed is not None and one.comment.unit_id not in closed,
            )
            for one in found
        ),
        starts_with_typical=bool(found) and found[0].is_typical,
        total=total,
        page=page,
        pages=pages,
    )


def telling(session: Session, report: UnitReport, limit: int = 3) -> tuple[TellingTheme, ...]:
    """The themes of a report with most comments, each with the comment that speaks for most.

    Comments of no theme are none, and of few comments none speaks for others. There are none of
    comments alone, without scores: their report begins with the themes themselves.
    """
    if report.overview is None or not report.themes:
        return ()
    told: list[TellingTheme] = []
    for row in report.themes:
        factor = themes.factor_of(row.factor)
        if factor is None or len(told) == limit:
            continue
        found = mentions.most_typical(session, report.wave.wave_id, report.unit_id, factor)
        # None where a correction or the deletion (A19) has left none since they were counted.
        if found:
            told.append(TellingTheme(row, _comment(found, factor)))
    return tuple(told)


def _comment(found: Found, factor: Factor | None, *, may_correct: bool = False) -> CommentView:
    theme = next((theme for theme in found.comment.themes if theme.factor == factor), None)
    return contents.comment(found.comment, theme, may_correct=may_correct)


def _names(
    session: Session, place: Place, factor: Factor, counts: Mapping[tuple[int, str], int]
) -> dict[int, str]:
    """The names of sub-themes, whatever is searched for in them."""
    left: Counter[int] = Counter()
    every = mentions.counts(session, replace(place, words=())) if place.words else counts
    for (number, _), count in every.items():
        left[number] += count
    return subthemes.names(session, place.wave_id, place.unit_id, factor, left)


def _in_named(
    counts: Mapping[tuple[int, str], int], names: Mapping[int, str]
) -> Mapping[tuple[int, str], int]:
    """What is in a sub-theme that lost its name counts as in none."""
    left: Counter[tuple[int, str]] = Counter()
    for (number, stance), count in counts.items():
        left[number if number in names else IN_NO_SUBTHEME, stance] += count
    return left


def _stances(
    counts: Mapping[tuple[int, str], int], subtheme: int | None
) -> tuple[StanceLink, ...]:
    """The choices of what a comment says, each with how many comments of the sub-theme it leaves."""
    left: Counter[str] = Counter()
    for (number, stance), count in counts.items():
        if subtheme is None or number == subtheme:
            left[stance] += count
    return (
        StanceLink(None, "All", left.total()),
        *(StanceLink(str(stance), label, left[stance]) for stance, label in STANCE_LABELS.items()),
    )


def _subthemes(
    counts: Mapping[tuple[int, str], int], names: Mapping[int, str], stance: str | None
) -> tuple[SubthemeLink, ...]:
    """The same for sub-themes; none where there are no names to choose from."""
    if not names:
        return ()
    left: Counter[int] = Counter()
    for (number, said), count in counts.items():
        if stance is None or said == stance:
            left[number] += count
    return (
        SubthemeLink(None, "All", left.total()),
        *(
            SubthemeLink(number, name[:1].upper() + name[1:], left[number])
            for number, name in names.items()
        ),
        SubthemeLink(IN_NO_SUBTHEME, "Anything else", left[IN_NO_SUBTHEME]),
    )
