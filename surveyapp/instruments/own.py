"""Questions that the organisation writes itself.

Words that a launched pulse used stay as they are: other words are another question, with an id of
its own, so that no trend runs on over a change of words (B5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from surveyapp.accounts.services import Action, record_audit
from surveyapp.instruments.lint import TEXT_SCALE, lint
from surveyapp.instruments.models import CODE, OwnQuestion, OwnQuestionVersion
from surveyapp.instruments.questions import Item, Library, Prompt
from surveyapp.timekeeping import LOCAL_ZONE, database_now

#: Between a code and the number of a later version of its words.
_DOT = "."


class OwnQuestionError(ValueError):
    """Something that cannot be done with an own question. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A question as L&D enters it. Welsh words and factor may be empty; tags are codes of the library."""

    text: str
    text_cy: str
    scale: str
    factor: str
    cipd: tuple[str, ...] = ()
    hee: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.scale == TEXT_SCALE


@dataclass(frozen=True, slots=True)
class Version:
    """One wording of a question, and whether a launched pulse used it."""

    version: int
    item_id: str
    wording: Wording
    made_on: date
    is_used: bool


@dataclass(frozen=True, slots=True)
class Own:
    """A question of the organisation's own with all its wordings, oldest first."""

    question_id: int
    code: str
    created_on: date
    retired_on: date | None
    versions: tuple[Version, ...]

    @property
    def now(self) -> Version:
        return self.versions[-1]


# ---------------------------------------------------------------- finding


def listed(session: Session) -> tuple[Own, ...]:
    """All own questions, those in use first, the newest first."""
    rows = session.scalars(
        select(OwnQuestion)
        .options(selectinload(OwnQuestion.versions))
        .order_by(OwnQuestion.id.desc())
        .execution_options(populate_existing=True)
    )
    found = [_own(row) for row in rows]
    return tuple(sorted(found, key=lambda own: own.retired_on is not None))


def one(session: Session, question_id: int) -> Own | None:
    row = session.get(OwnQuestion, question_id)
    return None if row is None else _own(row)


def hold(session: Session, question_ids: Iterable[int]) -> None:
    """Keep these from being changed until the caller's transaction ends. Others may hold them too."""
    session.execute(
        select(OwnQuestion.id)
        .where(OwnQuestion.id.in_([*question_ids]))
        .order_by(OwnQuestion.id)
        .with_for_update(read=True)
    )


def asked_already(
    session: Session, library: Library, *, besides: int | None = None
) -> list[tuple[str, str]]:
    """(id, words) of every question that there is, but for the own one that is about to change."""
    shipped: list[Item | Prompt] = [
        *library.items.values(),
        *library.prompts.values(),
        library.follow_up,
    ]
    own = [own.now for own in listed(session) if own.question_id != besides]
    return [
        *((question.id, question.text) for question in shipped),
        *((version.item_id, version.wording.text) for version in own),
    ]


def item_of(own: Own) -> Item:
    """A scored question as a pulse asks it.

    Asked again it has the same words, as others would have another id, so it may be compared.
    """
    words = own.now.wording
    return Item(
        id=own.now.item_id,
        text=words.text,
        scale=words.scale,
        reverse=False,
        factor=words.factor,
        cipd=words.cipd,
        hee=words.hee,
        audience="all_staff",
        anchor=True,
        set="own",
        source="",
        text_cy=words.text_cy,
    )


def prompt_of(own: Own, library: Library) -> Prompt:
    """An open question as a pulse asks it."""
    words = own.now.wording
    return Prompt(
        id=own.now.item_id,
        text=words.text,
        factor=words.factor,
        cipd=words.cipd,
        hee=words.hee,
        hint=library.open_scale.hint,
        max_chars=library.open_scale.max_chars,
        text_cy=words.text_cy,
    )


def series_of(item_id: str) -> str:
    """The code under which all wordings of an own question stand together; other ids are their own."""
    code, dot, version = item_id.partition(_DOT)
    is_later = bool(dot) and version.isdecimal() and code.startswith(CODE)
    return code if is_later and code.removeprefix(CODE).isdecimal() else item_id


# ---------------------------------------------------------------- writing


def write(session: Session, library: Library, wording: Wording, *, actor_id: int | None) -> Own:
    """Keep a new question. Audited. Raises OwnQuestionError for words that the lint refuses."""
    _check(wording, library, asked_already(session, library))
    today = _today(session)
    question = OwnQuestion(created_on=today)
    session.add(question)
    session.flush()
    question.versions.append(_version(question, wording, number=1, today=today))
    _audit(session, question, actor_id)
    session.flush()
    return _own(question)


def reword(
    session: Session, library: Library, question_id: int, wording: Wording, *, actor_id: int | None
) -> Own:
    """Change a question. Audited.

    Words, scale or Welsh words that a launched pulse used are left alone, and a version with an id
    of its own is made. Tags, and Welsh words where there were none, change no words that anyone has
    read. Raises OwnQuestionError when it is not there, or for words that cannot be used.
    """
    question = _locked(session, question_id)
    last = question.versions[-1]
    if wording.is_open != (last.scale == TEXT_SCALE):
        raise OwnQuestionError(
            "A question with a score cannot become an open one, nor the other way. Write a new one"
        )
    _check(wording, library, asked_already(session, library, besides=question_id))
    if last.is_used and _other_words(last, wording):
        question.versions.append(
            _version(question, wording, number=last.version + 1, today=_today(session))
        )
    else:
        _fill(last, wording)
    _audit(session, question, actor_id)
    session.flush()
    return _own(question)


def set_retired(
    session: Session, question_id: int, *, is_retired: bool, actor_id: int | None
) -> None:
    """Offer a question no longer, or again. Audited. Raises OwnQuestionError when it is not there."""
    question = _locked(session, question_id)
    if is_retired != (question.retired_on is not None):
        question.retired_on = _today(session) if is_retired else None
        record_audit(
            session,
            Action.QUESTION_RETIRED,
            actor_id=actor_id,
            question_id=question_id,
            is_retired=is_retired,
        )


def mark_used(session: Session, item_ids: Iterable[str]) -> None:
    """A pulse with these questions is launched: the words of those that are own stay from now on."""
    session.execute(
        update(OwnQuestionVersion)
        .where(OwnQuestionVersion.item_id.in_([*item_ids]))
        .values(is_used=True)
    )


def _check(wording: Wording, library: Library, others: Sequence[tuple[str, str]]) -> None:
    known = (
        wording.scale in {TEXT_SCALE, *library.scales}
        and wording.factor in {"", *library.factors}
        and library.cipd.keys() >= set(wording.cipd)
        and library.hee.keys() >= set(wording.hee)
    )
    if not known:
        raise OwnQuestionError("Select a scale and tags from the lists")
    errors = lint(wording.text, scale=wording.scale, text_cy=wording.text_cy, others=others).errors
    if errors:
        raise OwnQuestionError(errors[0].words)


def _locked(session: Session, question_id: int) -> OwnQuestion:
    """The question when nobody else can change it. On SQLite whoever writes, if nothing new, is alone."""
    session.execute(
        update(OwnQuestion)
        .where(OwnQuestion.id == question_id)
        .values(created_on=OwnQuestion.created_on)
        .execution_options(synchronize_session=False)
    )
    question = session.get(OwnQuestion, question_id, populate_existing=True)
    if question is None:
        raise OwnQuestionError("This question does not exist.")
    # A launch that marks its words as used does not ask for the lock above.
    session.scalars(
        select(OwnQuestionVersion)
        .where(OwnQuestionVersion.question_id == question_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    session.expire(question, ["versions"])
    return question


def _other_words(last: OwnQuestionVersion, wording: Wording) -> bool:
    welsh = last.text_cy not in {"", wording.text_cy}
    return (last.text, last.scale) != (wording.text, wording.scale) or welsh


def _version(
    question: OwnQuestion, wording: Wording, *, number: int, today: date
) -> OwnQuestionVersion:
    item_id = question.code if number == 1 else f"{question.code}{_DOT}{number}"
    version = OwnQuestionVersion(version=number, item_id=item_id, made_on=today, is_used=False)
    _fill(version, wording)
    return version


def _fill(version: OwnQuestionVersion, wording: Wording) -> None:
    version.text, version.text_cy = wording.text, wording.text_cy
    version.scale, version.factor = wording.scale, wording.factor
    version.cipd, version.hee = [*wording.cipd], [*wording.hee]


def _audit(session: Session, question: OwnQuestion, actor_id: int | None) -> None:
    record_audit(
        session,
        Action.QUESTION_WRITTEN,
        actor_id=actor_id,
        question_id=question.id,
        version=question.versions[-1].version,
    )


def _own(row: OwnQuestion) -> Own:
    return Own(
        question_id=row.id,
        code=row.code,
        created_on=row.created_on,
        retired_on=row.retired_on,
        versions=tuple(
            Version(
                version=one.version,
                item_id=one.item_id,
                wording=Wording(
                    one.text, one.text_cy, one.scale, one.factor, tuple(one.cipd), tuple(one.hee)
                ),
                made_on=one.made_on,
                is_used=one.is_used,
            )
            for one in row.versions
        ),
    )


def _today(session: Session) -> date:
    return database_now(session).astimezone(LOCAL_ZONE).date()
