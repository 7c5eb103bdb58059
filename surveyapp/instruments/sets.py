"""Sets of questions: the library's, and those that the organisation puts together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from surveyapp.instruments import own
from surveyapp.instruments.models import OwnTemplate, OwnTemplateItem
from surveyapp.instruments.own import Own
from surveyapp.instruments.questions import (
    ONE_PAGE,
    Item,
    Library,
    Prompt,
    Questionnaire,
    Section,
    Template,
    TemplateChoice,
)

#: The one choice of an own set.
ALL = "all"

#: The id of an own set, as pulses name it, begins with this and ends with its number.
PREFIX = "own-"

#: How long an own set is best kept open, in days (F6).
_OPEN_DAYS = 14

#: Roughly what one question takes to answer, in seconds.
_SECONDS_SCORED = 10
_SECONDS_PROMPT = 40


class Asked(Protocol):
    """A question as a pulse asks it."""

    @property
    def item_id(self) -> str: ...
    @property
    def scale(self) -> str: ...
    @property
    def factor(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A question of a set. `key` finds it: an id of the library, or 'own-' and a number."""

    key: str
    question: Item | Prompt
    is_retired: bool

    @property
    def is_open(self) -> bool:
        return isinstance(self.question, Prompt)


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """An own set with its questions in the order in which they are asked, open ones last."""

    set_id: int
    name: str
    retired_on: date | None
    entries: tuple[Entry, ...]

    @property
    def template_id(self) -> str:
        return f"{PREFIX}{self.set_id}"

    @property
    def minutes(self) -> int:
        return minutes_for(
            scored=sum(not entry.is_open for entry in self.entries),
            prompts=sum(entry.is_open for entry in self.entries),
        )

    @property
    def obstacle(self) -> str:
        """Why no pulse can be planned with it, and what to do; empty when one can."""
        if self.retired_on is not None:
            return "This set is retired. No pulse can be planned with it."
        retired = next((entry.question.id for entry in self.entries if entry.is_retired), "")
        if retired:
            return f"{retired} is retired. Take it out of this set before you plan a pulse with it."
        if all(entry.is_open for entry in self.entries):
            return "Add at least one question with a score before you plan a pulse with this set."
        return ""


def minutes_for(*, scored: int, prompts: int) -> int:
    """How long that many questions take, in whole minutes, rounded up."""
    return max(1, -(-(_SECONDS_SCORED * scored + _SECONDS_PROMPT * prompts) // 60))


def is_own(template_id: str) -> bool:
    """Whether that is the id of an own set, and of none of the library."""
    return template_id.startswith(PREFIX)


def sections_of(library: Library, asked: Iterable[Asked]) -> tuple[Section, ...]:
    """The pages of scored questions, in order: one for a short form, else one a factor and scale (G2)."""
    questions = [*asked]
    if len(questions) <= ONE_PAGE:
        return (Section("", tuple(question.item_id for question in questions)),)
    sections: list[Section] = []
    last: tuple[str, str] | None = None
    for question in questions:
        place = (library.subject(question.item_id, question.factor), question.scale)
        together = sections.pop().item_ids if place == last else ()
        sections.append(Section(place[0], (*together, question.item_id)))
        last = place
    return tuple(sections)


# ---------------------------------------------------------------- what a pulse can be planned with


def templates(session: Session, library: Library) -> dict[str, Template]:
    """All sets that a pulse can be planned with now, by id: the library's, then own ones by name."""
    ready = [found for found in listed(session, library) if not found.obstacle]
    return {**library.templates, **{found.template_id: _template(found) for found in ready}}


def template(session: Session, library: Library, template_id: str) -> Template | None:
    """The set of that id, retired ones too, or nothing."""
    if not is_own(template_id):
        return library.templates.get(template_id)
    found = one(session, library, number_in(template_id))
    return _template(found) if found else None


def questionnaire(
    session: Session, library: Library, template_id: str, choice_key: str
) -> Questionnaire:
    """What a set asks when a pulse is planned with it now. Raises KeyError when none can be.

    Its own questions keep their words until the caller's transaction ends.
    """
    if not is_own(template_id):
        return library.questionnaires[(template_id, choice_key)]
    row = session.get(OwnTemplate, number_in(template_id))
    own.hold(session, [item.question_id for item in row.items if item.question_id] if row else ())
    found = one(session, library, number_in(template_id))
    if found is None or found.obstacle or choice_key != ALL:
        raise KeyError(template_id)
    questions = [entry.question for entry in found.entries]
    items = tuple(question for question in questions if isinstance(question, Item))
    return Questionnaire(
        items=items,
        prompts=tuple(question for question in questions if isinstance(question, Prompt)),
        sections=sections_of(library, (_Asked(item.id, item.scale, item.factor) for item in items)),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    item_id: str
    scale: str
    factor: str


def _template(found: QuestionSet) -> Template:
    return Template(
        id=found.template_id,
        name=found.name,
        minutes=found.minutes,
        open_days=_OPEN_DAYS,
        choices=(TemplateChoice(ALL, "All questions"),),
    )


def number_in(key: str) -> int:
    """The number in a key or id; 0, which nothing has, where there is none."""
    digits = key.removeprefix(PREFIX)
    # Longer ones are no number that a database could hold.
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else 0


# ---------------------------------------------------------------- finding


def listed(session: Session, library: Library) -> tuple[QuestionSet, ...]:
    """All own sets, those in use first, by name."""
    rows = session.scalars(select(OwnTemplate).options(selectinload(OwnTemplate.items)))
    questions = _own_questions(session)
    found = [_set(row, library, questions) for row in rows]
    return tuple(sorted(found, key=lambda one: (one.retired_on is not None, one.name.lower())))


def one(session: Session, library: Library, set_id: int) -> QuestionSet | None:
    row = session.get(OwnTemplate, set_id)
    if row is None:
        return None
    return set_of(session, library, row)


def sets_asking(session: Session, library: Library, question_id: int) -> tuple[QuestionSet, ...]:
    """The sets in use that ask an own question."""
    key = f"{PREFIX}{question_id}"
    return tuple(
        found
        for found in listed(session, library)
        if found.retired_on is None and key in {entry.key for entry in found.entries}
    )


def on_offer(session: Session, library: Library) -> tuple[Entry, ...]:
    """Every question that a set may ask: of the library what all staff are asked, and own ones."""
    shipped: list[Item | Prompt] = [
        *(item for item in library.items.values() if item.audience == "all_staff"),
        *library.prompts.values(),
    ]
    return (
        *(_own_entry(each, library) for each in own.listed(session) if each.retired_on is None),
        *(Entry(question.id, question, is_retired=False) for question in shipped),
    )


def set_of(session: Session, library: Library, row: OwnTemplate) -> QuestionSet:
    """An own set as it is stored now."""
    return _set(row, library, _own_questions(session))


def _own_questions(session: Session) -> dict[int, Own]:
    return {each.question_id: each for each in own.listed(session)}


def _set(row: OwnTemplate, library: Library, questions: Mapping[int, Own]) -> QuestionSet:
    entries = [_entry(item, library, questions) for item in row.items]
    return QuestionSet(
        set_id=row.id,
        name=row.name,
        retired_on=row.retired_on,
        # A library of another version may no longer have a question.
        entries=tuple(sorted((one for one in entries if one), key=lambda one: one.is_open)),
    )


def _entry(item: OwnTemplateItem, library: Library, questions: Mapping[int, Own]) -> Entry | None:
    if item.question_id is not None:
        return _own_entry(questions[item.question_id], library)
    shipped = library.items.get(item.library_item or "") or library.prompts.get(item.library_item or "")
    return Entry(shipped.id, shipped, is_retired=False) if shipped else None


def _own_entry(question: Own, library: Library) -> Entry:
    is_open = question.now.wording.is_open
    return Entry(
        key=f"{PREFIX}{question.question_id}",
        question=own.prompt_of(question, library) if is_open else own.item_of(question),
        is_retired=question.retired_on is not None,
    )
