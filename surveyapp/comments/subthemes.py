"""Sub-themes of the comments on a factor at a unit, in and out. `grouping` says how they are made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from nlp.taxonomy import Factor
from surveyapp.comments.grouping import FEWEST_WITH_WORD, Grouping, Spoken
from surveyapp.comments.models import CommentMention, Subtheme, SubthemeComment
from surveyapp.comments.reading import released_of
from surveyapp.pulses import services as pulses

#: Comments read at once.
_AT_ONCE = 1000

#: The first words of ‘What we store’ that tell people that their comments are put together.
TOLD_SINCE = "2027-01"


def may_be_made(wave: pulses.Wave) -> bool:
    """Whether the people who wrote were told, or wrote elsewhere (A20)."""
    return wave.kind == pulses.WaveKind.IMPORTED or wave.privacy_version >= TOLD_SINCE


def names(
    session: Session, wave_id: int, unit_id: int, factor: Factor, left: Mapping[int, int]
) -> dict[int, str]:
    """The names of a unit's sub-themes by number, the largest first.

    Without those in which, by `left`, fewer comments are left than must bear a name out.
    """
    rows = session.execute(
        select(Subtheme.number, Subtheme.name)
        .where(
            Subtheme.wave_id == wave_id, Subtheme.unit_id == unit_id, Subtheme.factor == factor
        )
        .order_by(Subtheme.number)
    )
    return {number: name for number, name in rows if left.get(number, 0) >= FEWEST_WITH_WORD}


def mentioned(session: Session, wave_id: int, factor: Factor) -> Mapping[int, list[str]]:
    """Ids of the comments on a factor now, by their own unit."""
    return _ids_by_unit(session, CommentMention, wave_id, factor)


def kept(session: Session, wave_id: int, factor: Factor) -> Mapping[int, list[str]]:
    """Ids of the comments that were grouped last, by the unit that they were grouped for."""
    return _ids_by_unit(session, SubthemeComment, wave_id, factor)


def _ids_by_unit(
    session: Session,
    table: type[CommentMention] | type[SubthemeComment],
    wave_id: int,
    factor: Factor,
) -> Mapping[int, list[str]]:
    rows = session.execute(
        select(table.unit_id, table.comment_id).where(
            table.wave_id == wave_id, table.factor == factor
        )
    )
    found = defaultdict(list)
    for unit_id, comment_id in rows:
        found[unit_id].append(comment_id)
    return found


def spoken(
    session: Session, wave_id: int, factor: Factor, comment_ids: Collection[str]
) -> dict[str, Spoken]:
    """By id, what these comments say of the factor; the whole text where no sentence is named."""
    found = {}
    ids = sorted(comment_ids)
    for start in range(0, len(ids), _AT_ONCE):
        for comment in released_of(session, wave_id, ids[start : start + _AT_ONCE]).values():
            for theme in comment.themes:
                if theme.factor == factor:
                    sentence = comment.text[theme.quote_start : theme.quote_end] or comment.text
                    found[comment.comment_id] = Spoken(
                        comment.comment_id,
                        comment.item_id,
                        comment.text,
                        sentence,
                        theme.sentiment,
                    )
    return found


def keep(
    session: Session,
    wave_id: int,
    unit_id: int,
    factor: Factor,
    comment_ids: Collection[str],
    grouping: Grouping,
) -> None:
    """Replace the sub-themes of the comments on a factor at a unit; of no comments there are none."""
    for table in (SubthemeComment, Subtheme):
        session.execute(
            delete(table)
            .where(table.wave_id == wave_id, table.unit_id == unit_id, table.factor == factor)
            .execution_options(synchronize_session=False)
        )
    here = {"wave_id": wave_id, "unit_id": unit_id, "factor": str(factor)}
    places = {comment_id: place for place, comment_id in enumerate(grouping.first, start=1)}
    if grouping.names:
        session.execute(
            insert(Subtheme),
            [{**here, "number": number, "name": name} for number, name in grouping.names.items()],
        )
    if comment_ids:
        session.execute(
            insert(SubthemeComment),
            [
                {
                    **here,
                    "comment_id": comment_id,
                    "number": grouping.numbers.get(comment_id),
                    "place": places.get(comment_id),
                }
                for comment_id in sorted(comment_ids)
            ],
        )
