"""The ballot box: issuing vouchers and casting."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.ballots.keys import KeyDirectory, WaveKeys, open_sealed, seal
from surveyapp.ballots.models import (
    SealedBallot,
    Voucher,
    random_id,
)
from surveyapp.ballots.pages import PaperPage, Question, numbered
from surveyapp.ballots.paper import (
    Ballot,
    ballot_size,
    encode,
    is_token,
    token_for,
    token_hash,
)
from surveyapp.config import Settings
from surveyapp.instruments import services as instruments
from surveyapp.organisation.services import Invitee
from surveyapp.pulses import services as pulses

#: Rows in one INSERT: large enough to be quick, small enough for SQLite's limit of variables.
_CHUNK = 500


class LinkState(StrEnum):
    """What a person's link can be."""

    READY = "ready"
    SPENT = "spent"
    NOT_OPEN_YET = "not_open_yet"
    CLOSED = "closed"
    UNKNOWN = "unknown"
    MANGLED = "mangled"


class CastOutcome(StrEnum):
    CAST = "cast"
    ALREADY_CAST = "already_cast"
    CLOSED = "closed"
    UNKNOWN = "unknown"


def key_directory(settings: Settings) -> KeyDirectory:
    """The key directory of this process. Raises RuntimeError where there must be none."""
    if settings.key_directory is None:
        raise RuntimeError("This process has no key directory: it is for workers only.")
    return KeyDirectory(settings.key_directory)


def questions(wave: pulses.Wave) -> list[Question]:
    """The ballot paper of a wave, in order, open prompts last."""
    library = instruments.load_library(wave.library_version)
    paper = []
    for item in wave.items:
        if item.scale == pulses.TEXT_SCALE:
            scale = library.open_scale
            paper.append(Question(item.item_id, item.text, (), "", scale.hint, scale.max_chars))
        else:
            rated = library.scales[item.scale]
            paper.append(Question(item.item_id, item.text, rated.points, rated.not_applicable, "", 0))
    return paper


def paper_pages(wave: pulses.Wave) -> list[PaperPage]:
    """The ballot paper as it is shown: a short form on one page, a longer one by its scales (G2).

    Of a wave with branches it holds every page; `pages.pages_for` finds those of one person.
    """
    paper = {question.item_id: question for question in questions(wave)}
    library = instruments.load_library(wave.library_version)
    sections = _sections(wave, library)
    branched = _branches(wave, library)
    prompts = tuple(question for question in paper.values() if question.is_open)
    pages = [
        PaperPage(section.title, tuple(paper[item_id] for item_id in section.item_ids), 1)
        for section in sections
    ]
    placed = {
        item_id
        for section in (*sections, *(section for _, section in branched))
        for item_id in section.item_ids
    }
    added = tuple(q for q in paper.values() if not q.is_open and q.item_id not in placed)
    if len(pages) == 1:
        return [PaperPage(pages[0].title, pages[0].questions + added + prompts, 1)]
    if added:
        pages.append(PaperPage(library.subject(added[0].item_id, instruments.NO_FACTOR), added, 1))
    if branched:
        pages.append(PaperPage(library.role_question.title, (_role_question(library),), 1))
    for audience, section in branched:
        asked = tuple(paper[item_id] for item_id in section.item_ids)
        pages.append(PaperPage(section.title, asked, 1, audience=audience))
    if prompts:
        pages.append(PaperPage(instruments.OWN_WORDS, prompts, 1))
    return numbered(pages)


def _branches(
    wave: pulses.Wave, library: instruments.Library
) -> list[tuple[str, instruments.Section]]:
    """The pages for one audience each, with that audience, of a wave that asks who is who."""
    if wave.breakdown != pulses.Breakdown.ROLE:
        return []
    questionnaire = instruments.questions_for(library, wave.template_id, wave.choice_key)
    return [
        (branch.audience, section)
        for branch in questionnaire.branches
        for section in branch.sections
    ]


def _role_question(library: instruments.Library) -> Question:
    role = library.role_question
    return Question(
        role.id, role.text, role.points, role.prefer_not, role.hint, 0, leads_to=role.leads_to
    )


def _sections(wave: pulses.Wave, library: instruments.Library) -> tuple[instruments.Section, ...]:
    """The pages of its scored questions, without the one that may have been added at the end."""
    shipped = library.questionnaires.get((wave.template_id, wave.choice_key))
    if shipped is not None:
        return shipped.sections
    # An own set may have changed since, but not what this wave asks.
    return instruments.sections_of(
        library,
        (
            item
            for item in wave.items
            if item.scale != pulses.TEXT_SCALE and item.item_id != library.follow_up.id
        ),
    )


def minutes(wave: pulses.Wave) -> int:
    """How long answering takes, as people are told."""
    template = instruments.load_library(wave.library_version).templates.get(wave.template_id)
    if template is not None:
        return template.minutes
    prompts = sum(item.scale == pulses.TEXT_SCALE for item in wave.items)
    return instruments.minutes_for(scored=len(wave.items) - prompts, prompts=prompts)


# ---------------------------------------------------------------- before the wave


def prepare_box(
    session: Session, wave: pulses.Wave, keys: WaveKeys, invitees: Sequence[Invitee]
) -> None:
    """Issue vouchers in shuffled order, and prove that a ballot can be sealed and opened."""
    paper = questions(wave)
    size = ballot_size(
        items=sum(not question.is_open for question in paper),
        comment_lengths=[question.max_chars for question in paper if question.is_open],
        group_length=max((len(invitee.staff_group) for invitee in invitees), default=0),
    )
    by_group = wave.breakdown == pulses.Breakdown.STAFF_GROUP
    test = encode(Ballot(unit_id=0, answers={}, comments={}), size)
    if open_sealed(keys.private, seal(keys.public_bytes, test)) != test:
        raise RuntimeError("The test ballot did not come out as it went in.")
    vouchers = [
        {
            "token_hash": token_hash(token_for(keys.secret, invitee.person_id)),
            "wave_id": wave.id,
            "unit_id": invitee.unit_id,
            "staff_group": invitee.staff_group if by_group else "",
            "spent": False,
        }
        for invitee in invitees
    ]
    random.SystemRandom().shuffle(vouchers)
    for chunk in in_chunks(vouchers):
        session.execute(insert(Voucher), chunk)
    pulses.box_is_ready(session, wave, public_key=keys.public_bytes, ballot_size=size)


# ---------------------------------------------------------------- casting

# Made once, and of the tables: hundreds of people may answer in one minute, each waiting for these.
_vouchers = Voucher.__table__
_IS_SPENT = select(_vouchers.c.spent).where(
    _vouchers.c.token_hash == bindparam("token_hash"), _vouchers.c.wave_id == bindparam("wave_id")
)
_SPEND = (
    update(Voucher.__table__)  # type: ignore[arg-type]
    .where(
        _vouchers.c.token_hash == bindparam("mine"),
        _vouchers.c.wave_id == bindparam("of_wave"),
        _vouchers.c.spent.is_(False),
    )
    .values(spent=True)
    .returning(_vouchers.c.unit_id, _vouchers.c.staff_group)
)
_PUT_IN = insert(SealedBallot.__table__)  # type: ignore[arg-type]


def link_state(session: Session, wave: pulses.Wave | None, token: str) -> LinkState:
    """What to show to someone who follows a link. Reading a link spends nothing."""
    if not is_token(token):
        return LinkState.MANGLED
    if wave is None:
        return LinkState.UNKNOWN
    if wave.state in {pulses.WaveState.DRAFT, pulses.WaveState.LAUNCHING}:
        return LinkState.UNKNOWN
    if wave.state == pulses.WaveState.SCHEDULED:
        return LinkState.NOT_OPEN_YET
    if not pulses.is_open(session, wave.id):
        return LinkState.CLOSED
    spent = session.scalar(_IS_SPENT, {"token_hash": token_hash(token), "wave_id": wave.id})
    if spent is None:
        return LinkState.UNKNOWN
    return LinkState.SPENT if spent else LinkState.READY


def cast(
    session: Session,
    wave: pulses.Wave,
    token: str,
    *,
    answers: Mapping[str, int | None],
    comments: Mapping[str, str],
) -> CastOutcome:
    """Spend a voucher and put a sealed ballot into the box, in the caller's one transaction.

    The caller commits when the outcome is CAST and rolls back when it is any other.
    """
    if wave.public_key is None or wave.ballot_size is None:
        return CastOutcome.UNKNOWN
    if not pulses.is_open(session, wave.id):
        return CastOutcome.CLOSED
    locks_rows = pulses.locks_rows(session)
    # The wave's lock comes before the voucher's, as in the count: two orders could deadlock.
    if locks_rows and not pulses.takes_ballots(session, wave.id):
        return CastOutcome.CLOSED
    mine = {"token_hash": token_hash(token), "wave_id": wave.id}
    # Spending takes the voucher's lock, so of two posts at once one waits here.
    spent = session.execute(_SPEND, {"mine": mine["token_hash"], "of_wave": wave.id}).one_or_none()
    # SQLite has only its one writer: what was read before writing may have changed, and a count
    # have taken the vouchers.
    if not locks_rows and not pulses.takes_ballots(session, wave.id):
        return CastOutcome.CLOSED
    if spent is None:
        known = session.execute(_IS_SPENT, mine).one_or_none()
        return CastOutcome.UNKNOWN if known is None else CastOutcome.ALREADY_CAST
    put_in_box(session, wave, Ballot(spent.unit_id, answers, comments, spent.staff_group))
    return CastOutcome.CAST


def put_in_box(session: Session, wave: pulses.Wave, ballot: Ballot) -> None:
    """Seal a ballot and store it. The caller has spent the right to cast it.

    Raises ValueError for a wave that has no ballot box.
    """
    if wave.public_key is None or wave.ballot_size is None:
        raise ValueError("This wave has no ballot box.")
    sealed = seal(wave.public_key, encode(ballot, wave.ballot_size))
    session.execute(_PUT_IN, {"id": random_id(), "wave_id": wave.id, "ciphertext": sealed})


def ballots_in_box(session: Session, wave_id: int) -> int:
    """For the daily banded rate of the whole organisation; shown to nobody as it is."""
    return (
        session.scalar(
            select(func.count()).select_from(SealedBallot).where(SealedBallot.wave_id == wave_id)
        )
        or 0
    )


def in_chunks(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    """The rows of one INSERT after the other."""
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]
