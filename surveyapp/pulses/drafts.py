"""Waves before their launch: planned, changed, discarded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, record_audit
from surveyapp.instruments import services as instruments
from surveyapp.languages import WELSH
from surveyapp.organisation import services as organisation
from surveyapp.privacy import services as privacy
from surveyapp.pulses import mail_times, services
from surveyapp.pulses.models import Breakdown, Channel, Wave, WaveItem, WaveState
from surveyapp.pulses.planning import (
    NO_BRANCHES,
    Plan,
    PlanError,
    check_minimum_group,
    check_plan,
    closing_moment,
    new_reference,
    opening_moment,
)
from surveyapp.pulses.services import WaveStateError
from surveyapp.timekeeping import LOCAL_ZONE, database_now


@dataclass(frozen=True, slots=True)
class OfSeries:
    """Which wave of its series a wave is, when it opens, and what part of its audience it asks."""

    series_id: int
    occurrence: date
    number: int
    share: float
    opens_at: datetime
    closes_at: datetime
    reminders_at: tuple[datetime, ...]


def plan_wave(session: Session, plan: Plan, *, actor_id: int | None) -> Wave:
    """Keep a plan as a draft wave with its questions worded as they are now.

    Raises PlanError when the plan cannot be accepted.
    """
    now = database_now(session)
    check_plan(plan, today=now.astimezone(LOCAL_ZONE).date())
    opens_at, closes_at = opening_moment(plan.opens_on, now=now), closing_moment(plan.closes_on)
    return _keep(session, plan, opens_at=opens_at, closes_at=closes_at, actor_id=actor_id)


def plan_turn(session: Session, plan: Plan, turn: OfSeries, *, actor_id: int | None) -> Wave:
    """The same for a wave of a series, whose days its series has checked."""
    wave = _keep(
        session, plan, opens_at=turn.opens_at, closes_at=turn.closes_at, actor_id=actor_id
    )
    wave.series_id, wave.occurrence, wave.number = turn.series_id, turn.occurrence, turn.number
    wave.share = turn.share
    wave.reminders_at = mail_times.stored(turn.reminders_at)
    session.flush()
    return wave


def _keep(
    session: Session, plan: Plan, *, opens_at: datetime, closes_at: datetime, actor_id: int | None
) -> Wave:
    library = instruments.load_library()
    try:
        questionnaire = instruments.questionnaire(
            session, library, plan.template_id, plan.choice_key
        )
    except (KeyError, ValueError):
        raise PlanError("template", "Select a set of questions from the list") from None
    parents = {unit_id: parent_id for unit_id, parent_id, _ in organisation.frozen_tree(session)}
    if not parents.keys() >= set(plan.audience_unit_ids):
        raise PlanError("audience", "Select units from the list")
    is_for_everyone = any(parents[unit_id] is None for unit_id in plan.audience_unit_ids)
    if plan.channel is Channel.OPEN_LINK and not is_for_everyone:
        raise PlanError("audience", "Select everyone, because anyone can use an open link")
    if plan.breakdown is Breakdown.ROLE and not questionnaire.branches:
        raise PlanError("breakdown", NO_BRANCHES)
    wave = Wave(
        reference=new_reference(),
        title=plan.title.strip(),
        library_version=library.version,
        template_id=plan.template_id,
        choice_key=plan.choice_key,
        minimum_group=plan.minimum_group,
        audience_unit_ids=sorted(plan.audience_unit_ids),
        channel=plan.channel,
        breakdown=plan.breakdown,
        groups_small_units=plan.groups_small_units,
        privacy_version=privacy.PRIVACY_VERSION,
        review_all=plan.review_all or plan.channel is Channel.OPEN_LINK,
        opens_at=opens_at,
        closes_at=closes_at,
        reminders_at=mail_times.stored(
            mail_times.reminder_moments(opens_at, closes_at, plan.reminders_wanted)
        ),
        created_by=actor_id,
    )
    items = (*questionnaire.items, library.follow_up) if plan.asks_follow_up else questionnaire.items
    if plan.breakdown is Breakdown.ROLE:
        items += tuple(item for branch in questionnaire.branches for item in branch.items)
    # Whether Welsh is on or not: that may change before people answer.
    translation = instruments.load_translation(library.version, WELSH)
    welsh = translation.questions if translation else {}
    for position, item in enumerate(items):
        wave.items.append(
            WaveItem(
                item_id=item.id,
                position=position,
                text=item.text,
                text_cy=welsh.get(item.id, item.text_cy),
                scale=item.scale,
                factor=item.factor,
                reverse=item.reverse,
                anchor=item.anchor,
            )
        )
    for position, prompt in enumerate(questionnaire.prompts, start=len(items)):
        wave.items.append(
            WaveItem(
                item_id=prompt.id,
                position=position,
                text=prompt.text,
                text_cy=welsh.get(prompt.id, prompt.text_cy),
                scale=services.TEXT_SCALE,
                factor=prompt.factor,
            )
        )
    session.add(wave)
    session.flush()
    return wave


def set_minimum_group(session: Session, wave_id: int, k: int, *, actor_id: int | None) -> None:
    """Change k before the launch (A1). Audited.

    Raises WaveStateError after it, PlanError for a k that A1 or A23 rules out.
    """
    wave = services.lock_wave(session, wave_id)
    check_minimum_group(k, wave.channel)
    if wave.state != WaveState.DRAFT:
        raise WaveStateError(services.K_IS_LOCKED)
    wave.minimum_group = k
    record_audit(
        session,
        Action.SMALLEST_GROUP_CHANGED,
        actor_id=actor_id,
        wave_id=wave_id,
        minimum_group=k,
    )


def discard_draft(session: Session, wave_id: int) -> None:
    """Raises WaveStateError when the wave is no longer a draft."""
    wave = services.lock_wave(session, wave_id)
    if wave.state != WaveState.DRAFT:
        raise WaveStateError("Only a draft can be deleted.")
    session.delete(wave)
