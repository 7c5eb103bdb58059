"""The ballot box: issuing vouchers, casting, and the count."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from nacl.public import PrivateKey
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from surveyapp.ballots.keys import KeyDirectory, WaveKeys, open_sealed, seal
from surveyapp.ballots.models import (
    Answer,
    Response,
    SealedBallot,
    SpentTicket,
    Voucher,
    random_id,
)
from surveyapp.ballots.opening import open_box
from surveyapp.ballots.paper import (
    Ballot,
    ballot_size,
    encode,
    is_token,
    token_for,
    token_hash,
)
from surveyapp.ballots.tally import item_tallies, scale_tallies
from surveyapp.comments import services as comments
from surveyapp.config import Settings
from surveyapp.disclosure.breakdown import by_unit
from surveyapp.disclosure.hierarchy import Tree, lowest_publishable
from surveyapp.disclosure.noise import moved
from surveyapp.disclosure.placement import place_comments
from surveyapp.disclosure.snapshot import freeze
from surveyapp.instruments import services as instruments
from surveyapp.organisation.services import Invitee
from surveyapp.pulses import services as pulses
from surveyapp.reports import services as reports

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


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it stands on the ballot paper. `points` is empty for an open prompt."""

    item_id: str
    text: str
    points: tuple[tuple[int, str], ...]
    not_applicable: str
    hint: str
    max_chars: int

    @property
    def is_open(self) -> bool:
        return not self.points


@dataclass(frozen=True, slots=True)
class PaperPage:
    """Questions that stand on one page. `first_number` is that of the first scored one."""

    title: str
    questions: tuple[Question, ...]
    first_number: int


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
            prompt = library.prompts[item.item_id]
            paper.append(Question(item.item_id, item.text, (), "", prompt.hint, prompt.max_chars))
        else:
            scale = library.scales[item.scale]
            paper.append(Question(item.item_id, item.text, scale.points, scale.not_applicable, "", 0))
    return paper


def paper_pages(wave: pulses.Wave) -> list[PaperPage]:
    """The ballot paper as it is shown: a short form on one page, a longer one by its scales (G2)."""
    paper = {question.item_id: question for question in questions(wave)}
    library = instruments.load_library(wave.library_version)
    form = instruments.questions_for(library, wave.template_id, wave.choice_key)
    prompts = tuple(question for question in paper.values() if question.is_open)
    pages: list[PaperPage] = []
    number = 1
    for section in form.sections:
        asked = tuple(paper[item_id] for item_id in section.item_ids)
        pages.append(PaperPage(section.title, asked, number))
        number += len(asked)
    if len(pages) == 1:
        return [PaperPage(pages[0].title, pages[0].questions + prompts, 1)]
    return [*pages, PaperPage("In your own words", prompts, number)] if prompts else pages


def minutes(wave: pulses.Wave) -> int:
    """How long answering takes, as people are told."""
    return instruments.load_library(wave.library_version).templates[wave.template_id].minutes


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
    for chunk in _chunks(vouchers):
        session.execute(insert(Voucher), chunk)
    pulses.box_is_ready(session, wave, public_key=keys.public_bytes, ballot_size=size)


# ---------------------------------------------------------------- casting


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
    spent = session.scalar(
        select(Voucher.spent).where(
            Voucher.token_hash == token_hash(token), Voucher.wave_id == wave.id
        )
    )
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
    # The wave's lock comes before the voucher's, as in the count: two orders could deadlock.
    if not pulses.is_open(session, wave.id) or not pulses.takes_ballots(session, wave.id):
        return CastOutcome.CLOSED
    mine = (Voucher.token_hash == token_hash(token), Voucher.wave_id == wave.id)
    # Spending takes the voucher's lock, so of two posts at once one waits here.
    spent = session.execute(
        update(Voucher)
        .where(*mine, Voucher.spent.is_(False))
        .values(spent=True)
        .returning(Voucher.unit_id, Voucher.staff_group)
    ).one_or_none()
    # SQLite has no row locks, only its one writer: what was read before writing may have changed,
    # and a count have taken the vouchers.
    if not pulses.takes_ballots(session, wave.id):
        return CastOutcome.CLOSED
    if spent is None:
        known = session.scalar(select(func.count()).select_from(Voucher).where(*mine))
        return CastOutcome.ALREADY_CAST if known else CastOutcome.UNKNOWN
    ballot = Ballot(spent.unit_id, answers, comments, spent.staff_group)
    sealed = seal(wave.public_key, encode(ballot, wave.ballot_size))
    session.execute(
        insert(SealedBallot), [{"id": random_id(), "wave_id": wave.id, "ciphertext": sealed}]
    )
    return CastOutcome.CAST


def ballots_in_box(session: Session, wave_id: int) -> int:
    """For the daily banded rate of the whole organisation; shown to nobody as it is."""
    return (
        session.scalar(
            select(func.count()).select_from(SealedBallot).where(SealedBallot.wave_id == wave_id)
        )
        or 0
    )


# ---------------------------------------------------------------- the count


def count(
    session: Session, wave: pulses.Wave, key: PrivateKey, directory: KeyDirectory, *, today: date
) -> int:
    """Open the box and leave behind only what may be kept, all in the caller's transaction.

    The caller holds the wave's exclusive lock and finds it closed; after the commit it destroys
    the wave's keys. Running it again after a crash starts from the same sealed box. Returns how
    many ballots were set aside.
    """
    paper = questions(wave)
    ballots, set_aside = open_box(
        session,
        wave,
        key,
        item_ids=frozenset(question.item_id for question in paper if not question.is_open),
        prompt_ids=frozenset(question.item_id for question in paper if question.is_open),
    )
    random.SystemRandom().shuffle(ballots)
    units = pulses.wave_units(session, wave.id)
    tree = pulses.tree_of(units)
    invited = _invited(session, wave, units)
    if invited is None or not any(group for _, group in invited):
        ballots = [replace(ballot, group="") for ballot in ballots]
    # F1: someone who answered nothing but 'not sure' is no respondent.
    respondents = Counter((b.unit_id, b.group) for b in ballots if _has_answer(b))
    library = instruments.load_library(wave.library_version)
    tallies = item_tallies(wave.items, ballots), scale_tallies(wave.items, ballots, library)
    if is_open_link := wave.channel == pulses.Channel.OPEN_LINK:
        tallies = moved(*tallies, random.SystemRandom())
    snapshot = freeze(
        tree=tree,
        names={unit.unit_id: unit.name for unit in units},
        invited=invited,
        respondents=respondents,
        items=tallies[0],
        scales=tallies[1],
        k=wave.minimum_group,
    )
    reports.keep_snapshot(session, wave.id, snapshot)
    published = frozenset(snapshot.units)
    if published:
        # With fewer than k answers in all, nothing could ever be shown, so nothing is kept.
        if not is_open_link:  # whoever sent all but one would find that one among the rows (A22)
            _keep_responses(session, wave, ballots, tree, published)
        _keep_comments(
            session, wave, ballots, tree, published, by_unit(respondents), directory, today
        )
    session.execute(delete(SealedBallot).where(SealedBallot.wave_id == wave.id))
    session.execute(delete(Voucher).where(Voucher.wave_id == wave.id))
    session.execute(delete(SpentTicket).where(SpentTicket.wave_id == wave.id))
    rate = snapshot.units[tree.root].response_rate if published else None
    pulses.mark_counted(session, wave, set_aside=set_aside, response_rate=rate)
    return set_aside


def give_up(session: Session, wave: pulses.Wave) -> None:
    """The keys are lost: say so plainly. The box stays sealed, in case they are found again."""
    session.execute(delete(Voucher).where(Voucher.wave_id == wave.id))
    session.execute(delete(SpentTicket).where(SpentTicket.wave_id == wave.id))
    pulses.mark_uncountable(session, wave)


def _invited(
    session: Session, wave: pulses.Wave, units: Iterable[pulses.FrozenUnit]
) -> dict[tuple[int, str], int] | None:
    """How many could answer, by unit and group; of an open link nobody knows.

    Where the keys were lost once the vouchers have gone, and with them who is in which group.
    """
    if wave.channel == pulses.Channel.OPEN_LINK:
        return None
    vouchers = session.execute(
        select(Voucher.unit_id, Voucher.staff_group, func.count())
        .where(Voucher.wave_id == wave.id)
        .group_by(Voucher.unit_id, Voucher.staff_group)
    )
    found = {(unit_id, group): number for unit_id, group, number in vouchers}
    return found or {(unit.unit_id, ""): unit.invited for unit in units}


def _has_answer(ballot: Ballot) -> bool:
    return any(value is not None for value in ballot.answers.values())


def _keep_responses(
    session: Session,
    wave: pulses.Wave,
    ballots: Iterable[Ballot],
    tree: Tree,
    published: frozenset[int],
) -> None:
    responses = []
    answers = []
    # Units are placed by respondents. Someone else's row could stand alone in its unit (A22).
    for ballot in filter(_has_answer, ballots):
        response_id = random_id()
        unit_id = lowest_publishable(tree, published, ballot.unit_id)
        responses.append({"id": response_id, "wave_id": wave.id, "unit_id": unit_id})
        answers += [
            {"response_id": response_id, "item_id": item_id, "value": value}
            for item_id, value in ballot.answers.items()
        ]
    # Written in order of random ids, so that not even the order of the rows is the box's.
    responses.sort(key=lambda row: str(row["id"]))
    answers.sort(key=lambda row: (str(row["response_id"]), str(row["item_id"])))
    for chunk in _chunks(responses):
        session.execute(insert(Response), chunk)
    for chunk in _chunks(answers):
        session.execute(insert(Answer), chunk)


def _keep_comments(
    session: Session,
    wave: pulses.Wave,
    ballots: Iterable[Ballot],
    tree: Tree,
    published: frozenset[int],
    respondents: Mapping[int, int],
    directory: KeyDirectory,
    today: date,
) -> None:
    by_prompt: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for ballot in ballots:
        for prompt_id, text in ballot.comments.items():
            by_prompt[prompt_id].append((ballot.unit_id, text))
    if not by_prompt:
        return
    key = directory.comment_key()
    for prompt_id, written in by_prompt.items():
        places = place_comments(
            tree,
            published,
            respondents,
            Counter(unit_id for unit_id, _ in written),
            k=wave.minimum_group,
        )
        comments.store(
            session,
            wave.id,
            [
                comments.Placed(prompt_id, places[unit_id], key.seal(text.encode()))
                for unit_id, text in written
            ],
            today=today,
        )


def _chunks(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]
