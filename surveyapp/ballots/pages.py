"""Pages of the ballot paper, and which of them one person gets. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from surveyapp.ballots.carrying import Given
from surveyapp.languages import ENGLISH


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it stands on the ballot paper. `points` is empty for an open prompt.

    `language` is that of all its words. `leads_to`, of the question about roles, are the audiences
    that a value of it belongs to; its answer is never put on a ballot.
    """

    item_id: str
    text: str
    points: tuple[tuple[int, str], ...]
    not_applicable: str
    hint: str
    max_chars: int
    language: str = ENGLISH
    #: Compared and not hashed: forms are kept by the questions they ask.
    leads_to: Mapping[int, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def is_open(self) -> bool:
        return not self.points


@dataclass(frozen=True, slots=True)
class PaperPage:
    """Questions that stand on one page. `first_number` is that of the first scored one.

    `audience` is whom the page is for, if they say so; empty is everybody.
    """

    title: str
    questions: tuple[Question, ...]
    first_number: int
    title_language: str = ENGLISH
    audience: str = ""


def numbered(pages: Iterable[PaperPage]) -> list[PaperPage]:
    """These pages with their scored questions counted through, from 1."""
    found: list[PaperPage] = []
    number = 1
    for page in pages:
        found.append(replace(page, first_number=number))
        number += sum(not question.is_open for question in page.questions)
    return found


def pages_for(pages: Sequence[PaperPage], answers: Mapping[str, int | None]) -> list[PaperPage]:
    """Those of all pages of a wave that someone gets who has given these answers so far.

    Pages for one audience come after the question that leads to them, so that no page before it
    changes its place.
    """
    audiences = {
        audience
        for page in pages
        for question in page.questions
        for audience in question.leads_to.get(answers.get(question.item_id) or 0, ())
    }
    return numbered(page for page in pages if not page.audience or page.audience in audiences)


def for_ballot(pages: Sequence[PaperPage], given: Given) -> Given:
    """What goes into the box: nothing of pages that the person no longer gets, and no role."""
    asked = {
        question.item_id
        for page in pages_for(pages, given.answers)
        for question in page.questions
        if not question.leads_to
    }
    return Given(
        {key: value for key, value in given.answers.items() if key in asked},
        {key: text for key, text in given.comments.items() if key in asked},
    )
