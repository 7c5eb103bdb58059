"""The count: from sealed ballots to what may be kept and shown."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from nacl.public import PrivateKey
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from surveyapp.ballots import services
from surveyapp.ballots.keys import KeyDirectory
from surveyapp.ballots.models import Answer, Response, SealedBallot, SpentTicket, Voucher, random_id
from surveyapp.ballots.opening import open_box
from surveyapp.ballots.paper import Ballot
from surveyapp.ballots.services import in_chunks
from surveyapp.ballots.tally import hanging_together, item_tallies, recommending, scale_tallies
from surveyapp.comments import services as comments
from surveyapp.disclosure.branches import with_branches
from surveyapp.disclosure.breakdown import by_unit
from surveyapp.disclosure.hierarchy import Tree, lowest_publishable
from surveyapp.disclosure.noise import moved, widened
from surveyapp.disclosure.placement import place_comments
from surveyapp.disclosure.snapshot import freeze
from surveyapp.instruments import services as instruments
from surveyapp.pulses import services as pulses
from surveyapp.reports import services as reports


def count(
    session: Session, wave: pulses.Wave, key: PrivateKey, directory: KeyDirectory, *, today: date
) -> int:
    """Open the box and leave behind only what may be kept, all in the caller's transaction.

    The caller holds the wave's exclusive lock and finds it closed; after the commit it destroys
    the wave's keys. Running it again after a crash starts from the same sealed box. Returns how
    many ballots were set aside.
    """
    paper = services.questions(wave)
    ballots, set_aside = open_box(
        session,
        wave,
        key,
        item_ids=frozenset(question.item_id for question in paper if not question.is_open),
        prompt_ids=frozenset(question.item_id for question in paper if question.is_open),
    )
    random.SystemRandom().shuffle(ballots)
    library = instruments.load_library(wave.library_version)
    asked, branch = _asked_of(wave, library)
    # What only learners or supervisors are asked says who they are: from here on no ballot holds it.
    with_role = [ballot for ballot in ballots if branch and _has_answer(_only(ballot, asked))]
    ballots = [_only(ballot, asked) for ballot in ballots]
    units = pulses.wave_units(session, wave.id)
    tree = pulses.tree_of(units)
    invited = _invited(session, wave, units)
    if invited is None or not any(group for _, group in invited):
        ballots = [replace(ballot, group="") for ballot in ballots]
    # F1: someone who answered nothing but 'not sure' is no respondent.
    respondents = Counter((b.unit_id, b.group) for b in ballots if _has_answer(b))
    items = item_tallies(asked, ballots)
    scales = scale_tallies(asked, ballots, library)
    is_open_link = wave.channel == pulses.Channel.OPEN_LINK
    # Of an open link it would count one sender's many forms as many people.
    reliability = () if is_open_link else hanging_together(asked, ballots, library)
    unfit = {one.code for one in reliability if not one.is_fit}
    # Left out for everybody, by one figure of the whole organisation, so no unit shows anything by it.
    scales = [scale for scale in scales if scale.code not in unfit]
    if is_open_link:
        items, scales = moved(items, scales, random.SystemRandom())
    snapshot = freeze(
        tree=tree,
        names={unit.unit_id: unit.name for unit in units},
        invited=invited,
        respondents=respondents,
        items=items,
        scales=scales,
        k=wave.minimum_group,
    )
    if is_open_link:
        snapshot = widened(snapshot)
    elif snapshot.units:
        related = recommending(asked, ballots, library)
        snapshot = replace(
            snapshot,
            relations=tuple(one for one in related if one.code not in unfit),
            reliability=reliability,
        )
        snapshot = with_branches(
            snapshot,
            tree.root,
            respondents=respondents.total(),
            items=item_tallies(branch, with_role),
            scales=scale_tallies(branch, with_role, library),
        )
    reports.keep_snapshot(session, wave.id, snapshot)
    published = frozenset(snapshot.units)
    if published:
        # With fewer than k answers in all, nothing could ever be shown, so nothing is kept.
        if not is_open_link:  # whoever sent all but one would find that one among the rows (A22)
            _keep_responses(session, wave, ballots, tree, published)
        places = _Places(
            tree, published, by_unit(respondents), None if invited is None else by_unit(invited)
        )
        _keep_comments(session, wave, ballots, places, directory, today)
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
    """How many could answer, by unit and group, or None for an open link, where nobody knows.

    Where the keys were lost once, the vouchers have gone, and the groups with them.
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


def _asked_of(
    wave: pulses.Wave, library: instruments.Library
) -> tuple[list[pulses.WaveItem], list[pulses.WaveItem]]:
    """What a wave asks everybody, and what only those who say that they learn or supervise."""
    everybody = [
        item for item in wave.items if library.audience_of(item.item_id) == instruments.ALL_STAFF
    ]
    return everybody, [item for item in wave.items if item not in everybody]


def _only(ballot: Ballot, asked: Iterable[pulses.WaveItem]) -> Ballot:
    """The ballot with its answers to these questions alone."""
    ids = {item.item_id for item in asked}
    return replace(ballot, answers={key: value for key, value in ballot.answers.items() if key in ids})


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
    for chunk in in_chunks(responses):
        session.execute(insert(Response), chunk)
    for chunk in in_chunks(answers):
        session.execute(insert(Answer), chunk)


@dataclass(frozen=True, slots=True)
class _Places:
    """What decides where comments may be read: all counts are of each unit's own people."""

    tree: Tree
    published: frozenset[int]
    respondents: Mapping[int, int]
    invited: Mapping[int, int] | None


def _keep_comments(
    session: Session,
    wave: pulses.Wave,
    ballots: Iterable[Ballot],
    where: _Places,
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
            where.tree,
            where.published,
            where.respondents,
            Counter(unit_id for unit_id, _ in written),
            k=wave.minimum_group,
            invited=where.invited,
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
