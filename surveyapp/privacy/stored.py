"""What the page 'What we store' of a wave says: how it stands now, and an example of its record.

The example is invented, but it is made from the wave's own questions and by the very code that
makes ballots. Nothing here reads an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from nacl.bindings import crypto_box_SEALBYTES
from sqlalchemy.orm import Session

from surveyapp.ballots import services as ballots
from surveyapp.ballots import translated
from surveyapp.ballots.pages import Question, pages_for
from surveyapp.ballots.paper import Ballot, encode
from surveyapp.languages import ENGLISH, WELSH
from surveyapp.privacy import services
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import Breakdown, Channel, WaveKind, WaveState

#: Invented answers: places on the scale from worst to best, and one 'not sure'.
_ANSWERS = (4, 2, 5, 3, None)
_COMMENTS = {
    ENGLISH: "We need more time to learn on late shifts.",
    WELSH: "Mae angen mwy o amser arnom i ddysgu ar sifftiau hwyr.",
}
_UNIT = 17
_STAFF_GROUPS = {ENGLISH: "Nursing", WELSH: "Nyrsio"}

#: Nobody has a link before; a draft is nobody's business but its planner's.
_NOT_SENT = frozenset({WaveState.DRAFT, WaveState.LAUNCHING})


class Phase(StrEnum):
    """How far the wave is, as far as it changes what is stored."""

    BEFORE = "before"
    OPEN = "open"
    CLOSED = "closed"  # and not counted yet
    COUNTED = "counted"
    CANNOT_BE_COUNTED = "cannot_be_counted"


@dataclass(frozen=True, slots=True)
class ExampleAnswer:
    """A question with an invented answer. `value` is the number stored for the chosen `words`."""

    item_id: str
    question: str
    value: int | None
    words: str


@dataclass(frozen=True, slots=True)
class ExampleComment:
    """An open question with an invented comment."""

    item_id: str
    question: str
    text: str


@dataclass(frozen=True, slots=True)
class Stored:
    """All that the page says of one wave, beside its words."""

    version: str
    #: That of the words, and of the example.
    language: str
    reference: str
    title: str
    phase: Phase
    is_open_link: bool
    is_split: bool
    #: Whether people may say that they learn or supervise, and get more questions then.
    asks_role: bool
    k: int
    opens_at: datetime
    closes_at: datetime
    answers: tuple[ExampleAnswer, ...]
    comments: tuple[ExampleComment, ...]
    unit: int
    group: str
    #: The example as it goes into the box, without the blanks that fill it up.
    plain: str
    #: Bytes of every ballot of the wave, filled up, and of the same one sealed.
    size: int
    sealed_size: int
    delete_on: date
    counted_at: datetime | None
    keys_destroyed_at: datetime | None
    erased_at: datetime | None


    @property
    def template(self) -> str:
        directory = "texts" if self.language == ENGLISH else f"texts-{self.language}"
        return f"privacy/{directory}/{self.version}/stored.html"


def stored(session: Session, reference: str, language: str = ENGLISH) -> Stored | None:
    """What to say of the wave of a link, or None where no link leads.

    It is in the language asked for where the words of the wave's time are.
    """
    wave = pulses.wave_by_reference(session, reference)
    if wave is None or wave.kind != WaveKind.PULSE or wave.state in _NOT_SENT or not wave.ballot_size:
        return None
    version = services.text_version(wave)
    if language == WELSH and not services.has_welsh_words(version):
        language = ENGLISH
    # The example is of someone who gets no questions of a branch.
    pages = translated.paper_in(wave, ballots.paper_pages(wave), language)
    paper = [
        question
        for page in pages_for(pages, {})
        for question in page.questions
        if not question.leads_to
    ]
    answers, comments = _answers(paper), _comments(paper, language)
    is_open_link = wave.channel == Channel.OPEN_LINK
    is_split = wave.breakdown == Breakdown.STAFF_GROUP
    # With an open link nobody's unit is known, so the ballot names the organisation.
    unit = _organisation(session, wave) if is_open_link else _UNIT
    example = Ballot(
        unit_id=unit,
        answers={answer.item_id: answer.value for answer in answers},
        comments={comment.item_id: comment.text for comment in comments},
        group=_STAFF_GROUPS[language] if is_split else "",
    )
    return Stored(
        version=version,
        language=language,
        reference=wave.reference,
        title=wave.title,
        phase=_phase(session, wave),
        is_open_link=is_open_link,
        is_split=is_split,
        asks_role=wave.breakdown == Breakdown.ROLE,
        k=wave.minimum_group,
        opens_at=wave.opens_at,
        closes_at=wave.closes_at,
        answers=answers,
        comments=comments,
        unit=unit,
        group=example.group,
        plain=encode(example, wave.ballot_size).decode().rstrip(),
        size=wave.ballot_size,
        sealed_size=wave.ballot_size + crypto_box_SEALBYTES,
        delete_on=services.deletion_date(wave.closes_at),
        counted_at=wave.counted_at,
        keys_destroyed_at=wave.keys_destroyed_at,
        erased_at=wave.erased_at,
    )


def _phase(session: Session, wave: pulses.Wave) -> Phase:
    if wave.state == WaveState.COUNTED:
        return Phase.COUNTED
    if wave.state == WaveState.CANNOT_BE_COUNTED:
        return Phase.CANNOT_BE_COUNTED
    if wave.state == WaveState.SCHEDULED:
        return Phase.BEFORE
    return Phase.OPEN if pulses.is_open(session, wave.id) else Phase.CLOSED


def _answers(paper: Iterable[Question]) -> tuple[ExampleAnswer, ...]:
    asked = [question for question in paper if not question.is_open]
    found = []
    for number, question in enumerate(asked):
        value = _ANSWERS[number % len(_ANSWERS)]
        words = question.not_applicable if value is None else dict(question.points)[value]
        found.append(ExampleAnswer(question.item_id, question.text, value, words))
    return tuple(found)


def _comments(paper: Iterable[Question], language: str) -> tuple[ExampleComment, ...]:
    return tuple(
        ExampleComment(question.item_id, question.text, _COMMENTS[language])
        for question in paper
        if question.is_open
    )


def _organisation(session: Session, wave: pulses.Wave) -> int:
    return pulses.tree_of(pulses.wave_units(session, wave.id)).root
