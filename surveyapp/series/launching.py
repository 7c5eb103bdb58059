"""Which wave of a series is due, whether it may open, whom it may ask, and its launch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy.orm import Session

from surveyapp.accounts.services import Action, record_audit
from surveyapp.actions import services as actions
from surveyapp.organisation import services as organisation
from surveyapp.pulses import drafts
from surveyapp.pulses import services as pulses
from surveyapp.pulses.allocation import Demand, fair_share
from surveyapp.pulses.services import Breakdown, Channel, Plan, Wave, WaveState
from surveyapp.series import services
from surveyapp.series.models import Series, SeriesState
from surveyapp.series.planning import Turn
from surveyapp.series.rules import SeriesRules
from surveyapp.series.services import SeriesError
from surveyapp.timekeeping import LOCAL_ZONE, database_now

#: A wave is launched this long before it opens: late enough for joiners, early enough for the keys.
LEAD = timedelta(hours=24)

#: The owner of a series is told this long before the opening that it waits.
_TOLD_AHEAD = timedelta(days=7)

#: Days ahead in which other waves count when people are shared out.
_SIGHT = timedelta(days=60)

#: Waves of another series that can lie within 28 days of one of this.
_NEWEST = 6


# ---------------------------------------------------------------- act or stop


def unanswered_wave(session: Session, series: Series) -> Wave | None:
    """The last wave if nothing was published about it, so that the next one waits for that (F9)."""
    if not series.waits_for_action:
        return None
    waves = services.waves_of(session, series.id)
    last = waves[0] if waves else None
    if last is None or last.id == series.waived_wave_id or last.state == WaveState.CANNOT_BE_COUNTED:
        return None
    if last.state == WaveState.COUNTED and actions.is_answered(session, last):
        return None
    return last


def waive_action(session: Session, series_id: int, *, actor_id: int | None) -> None:
    """Let the next wave open although nothing was published about the last one. Audited.

    Raises SeriesError when none waits.
    """
    series = services.lock(session, series_id)
    wave = unanswered_wave(session, series)
    if wave is None:
        raise SeriesError("title", "No wave of this series waits")
    series.waived_wave_id = wave.id
    record_audit(session, Action.ACTION_WAIVED, actor_id=actor_id, series_id=series_id, wave_id=wave.id)


@dataclass(frozen=True, slots=True)
class Notice:
    """That the next wave, due on `opens_on`, waits until something is published about `wave`."""

    series_title: str
    wave: Wave
    opens_on: date
    owner_id: int


def is_news_to_owner(session: Session, series_id: int) -> bool:
    """Whether the owner is to be told that a wave waits, and has not been."""
    series = services.one(session, series_id)
    return series is not None and _notice(session, series) is not None


def note_owner_told(session: Session, series_id: int) -> Notice | None:
    """What to tell the owner of a series now, noted as told; None when there is nothing to tell."""
    series = services.lock(session, series_id)
    notice = _notice(session, series)
    if notice is not None:
        series.told_wave_id = notice.wave.id
    return notice


def _notice(session: Session, series: Series) -> Notice | None:
    wave = unanswered_wave(session, series)
    if wave is None or wave.state != WaveState.COUNTED or series.owner_id is None:
        return None
    if wave.id == series.told_wave_id or series.state != SeriesState.RUNNING:
        return None
    soon = (database_now(session) + _TOLD_AHEAD).astimezone(LOCAL_ZONE).date()
    turn = next((turn for turn in services.turns_of(session, series, until=soon) if turn.runs), None)
    if turn is None or turn.opens is None or turn.opens.date() > soon:
        return None
    return Notice(services.rules_of(session, series).title, wave, turn.opens.date(), series.owner_id)


# ---------------------------------------------------------------- the clock


def next_turn(session: Session, series: Series) -> Turn | None:
    """The next wave to run, if one is due to be launched by now."""
    now = database_now(session)
    turns = services.turns_of(session, series, until=(now + LEAD).astimezone(LOCAL_ZONE).date())
    turn = next((turn for turn in turns if turn.runs), None)
    return turn if turn is not None and turn.opens is not None and turn.opens - now <= LEAD else None


def launch_due(session: Session, series_id: int) -> Wave | None:
    """Plan and launch the wave that is due, if there is one and nothing stands in its way.

    The lock on the series and the one wave an occurrence can have make it happen once, whoever asks.
    """
    series = services.lock(session, series_id)
    if series.state != SeriesState.RUNNING or unanswered_wave(session, series) is not None:
        return None
    turn = next_turn(session, series)
    if turn is None or turn.opens is None or turn.closes is None:
        return None
    rules = services.rules_of(session, series)
    wave = drafts.plan_turn(
        session,
        Plan(
            title=_title(rules, turn),
            template_id=rules.template_id,
            choice_key=turn.choice_key,
            audience_unit_ids=tuple(series.audience_unit_ids),
            opens_on=turn.opens.date(),
            closes_on=turn.closes.date(),
            minimum_group=series.minimum_group,
            channel=Channel(series.channel),
            breakdown=Breakdown(series.breakdown),
            groups_small_units=series.groups_small_units,
            review_all=series.review_all,
            asks_follow_up=series.asks_follow_up and actions.something_new_is_published(session),
        ),
        drafts.OfSeries(
            series_id=series.id,
            occurrence=turn.occurrence,
            number=turn.number or 1,
            share=float(share_of(session, series, turn)),
            opens_at=turn.opens,
            closes_at=turn.closes,
            reminders_at=turn.reminders,
        ),
        actor_id=series.owner_id,
    )
    if pulses.launch_obstacle(session, wave):
        session.delete(wave)
        session.flush()
        return None
    return pulses.launch(session, wave.id, actor_id=series.owner_id, by_clock=True)


def share_of(session: Session, series: Series, turn: Turn) -> Fraction:
    """The part of its audience that a wave asks, beside all other waves that ask some of the same."""
    if turn.opens is None:
        raise ValueError("A wave that does not run asks nobody.")
    mine = Demand(turn.opens.date(), services.rules_of(session, series).sample)
    within = organisation.subtree_ids(session, series.audience_unit_ids)
    others: list[Demand] = []
    for other in services.listed(session):
        if other.id == series.id or other.state != SeriesState.RUNNING:
            continue
        if other.channel == Channel.OPEN_LINK:
            continue
        if not within & organisation.subtree_ids(session, other.audience_unit_ids):
            continue
        sample = services.rules_of(session, other).sample
        others += [
            Demand(wave.opens_at.astimezone(LOCAL_ZONE).date(), sample)
            for wave in services.waves_of(session, other.id)[:_NEWEST]
        ]
        others += [
            Demand(ahead.opens.date(), sample)
            for ahead in services.turns_of(session, other, until=mine.opens_on + _SIGHT)
            if ahead.opens is not None
        ]
    return fair_share(mine, others)


def _title(rules: SeriesRules, turn: Turn) -> str:
    return f"{rules.title}, {turn.opens:%B %Y}" if turn.opens else rules.title
