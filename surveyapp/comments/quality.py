"""How often people agree with the model, with the precision of each figure.

Figures that hold for all comments come from those drawn by chance. Of the ones that the model was
least certain of it is right less often, so they are counted apart. Nothing here names a comment, a
unit or a pulse.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from nlp.taxonomy import FACTOR_LABELS, FACTORS
from surveyapp.comments.labels import Labels, version_key
from surveyapp.comments.models import CommentCorrection, Picked
from surveyapp.disclosure.figures import wilson

#: Of fewer comments no share is shown: its interval would be wider than half the scale.
FEWEST = 10


@dataclass(frozen=True, slots=True)
class Correction:
    """One stored correction, as far as it is counted here."""

    comment_id: str
    number: int
    model_version: str
    picked: str
    read: Labels
    said: Labels


@dataclass(frozen=True, slots=True)
class Agreed:
    """In how many of `total` comments people agreed. Percentages are whole numbers, 0 to 100.

    They are None below FEWEST comments. `low` and `high` are the 95% Wilson interval.
    """

    agreed: int
    total: int

    @property
    def percent(self) -> int | None:
        return round(100 * self.agreed / self.total) if self.total >= FEWEST else None

    @property
    def interval(self) -> tuple[int, int] | None:
        if self.total < FEWEST:
            return None
        low, high = wilson(self.agreed / self.total, self.total)
        return round(100 * low), round(100 * high)


@dataclass(frozen=True, slots=True)
class FactorQuality:
    """Of the comments in which the model found a factor, those in which a person did, too.

    `missed` counts those in which only the person found it.
    """

    label: str
    precision: Agreed
    missed: int


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything about comments that were picked in one way."""

    comments: int
    factors: tuple[FactorQuality, ...]
    #: All factors together, each mention once.
    overall: Agreed
    sentiment: Agreed
    stance: Agreed


@dataclass(frozen=True, slots=True)
class QualityPage:
    """`version` is empty before anything has been corrected."""

    version: str
    #: Comments that were corrected under older versions only.
    older: int
    by_chance: Quality
    unsure: Quality
    reported: int
    #: Comments that several people read, and those of them of which they did not say the same.
    read_twice: int
    disagreed: int


def page(session: Session) -> QualityPage:
    """The figures of the newest version of the model that people have corrected."""
    rows = session.execute(
        select(
            CommentCorrection.comment_id,
            CommentCorrection.number,
            CommentCorrection.model_version,
            CommentCorrection.picked,
            CommentCorrection.read,
            CommentCorrection.said,
        ).order_by(CommentCorrection.comment_id, CommentCorrection.number)
    )
    return page_of(
        [
            Correction(comment_id, number, version, picked, Labels.from_json(read), Labels.from_json(said))
            for comment_id, number, version, picked, read, said in rows
        ]
    )


def page_of(corrections: Sequence[Correction]) -> QualityPage:
    """The same of corrections in the order of their numbers. Pure."""
    versions = {one.model_version for one in corrections}
    version = max(versions, key=version_key, default="")
    current = [one for one in corrections if one.model_version == version]
    said: defaultdict[str, list[Labels]] = defaultdict(list)
    for one in current:
        said[one.comment_id].append(one.said)
    twice = [all_said for all_said in said.values() if len(all_said) > 1]
    return QualityPage(
        version=version,
        older=len({one.comment_id for one in corrections} - said.keys()),
        by_chance=_quality(_last(current, Picked.RANDOM)),
        unsure=_quality(_last(current, Picked.UNSURE)),
        reported=len(_last(current, Picked.REPORT)),
        read_twice=len(twice),
        disagreed=sum(any(labels != all_said[0] for labels in all_said) for all_said in twice),
    )


def _last(corrections: Iterable[Correction], picked: Picked) -> Collection[Correction]:
    """What was said last of each comment that was picked in that way."""
    found: Mapping[str, Correction] = {one.comment_id: one for one in corrections if one.picked == picked}
    return found.values()


def _quality(corrections: Collection[Correction]) -> Quality:
    factors = []
    stances = [0, 0]
    for factor in FACTORS:
        found = [one for one in corrections if factor in one.read.factors]
        right = [one for one in found if factor in one.said.factors]
        missed = sum(factor in one.said.factors and factor not in one.read.factors for one in corrections)
        stances[0] += sum(one.read.factors[factor] == one.said.factors[factor] for one in right)
        stances[1] += len(right)
        factors.append(FactorQuality(FACTOR_LABELS[factor], Agreed(len(right), len(found)), missed))
    return Quality(
        comments=len(corrections),
        factors=tuple(factors),
        overall=Agreed(
            sum(one.precision.agreed for one in factors), sum(one.precision.total for one in factors)
        ),
        sentiment=Agreed(
            sum(one.read.sentiment == one.said.sentiment for one in corrections), len(corrections)
        ),
        stance=Agreed(stances[0], stances[1]),
    )
