"""What the clock does with a series: each wave once, in time, fair to people, and not without an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.accounts.models import AuditEvent
from surveyapp.accounts.services import Action, create_user
from surveyapp.ballots import jobs as ballot_jobs
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.organisation.models import Person
from surveyapp.permissions import RoleName
from surveyapp.pulses import jobs as pulse_jobs
from surveyapp.pulses.models import Wave, WaveState, WaveUnit
from surveyapp.series import jobs, launching, services
from surveyapp.series.models import Series
from surveyapp.series.services import SeriesError
from surveyapp.timekeeping import LOCAL_ZONE
from tests.conftest import PASSWORD
from tests.factories.actions import written
from tests.factories.organisation import Organisation
from tests.integration.series.conftest import MakeSeries
from tests.support.servers import MailServer
from tests.support.simulated_clock import SimulatedClock


def at(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), LOCAL_ZONE).replace(hour=hour)


def pass_time(clock: SimulatedClock, until: datetime, step: timedelta = timedelta(hours=8)) -> None:
    """Let the clock tick up to a moment, with everything done at once that it asks for."""
    for moment in _moments(clock.now, until, step):
        clock.set(moment)
        jobs.tick()
        for wave in db.session.scalars(select(Wave).where(Wave.state == WaveState.LAUNCHING)).all():
            pulse_jobs.prepare(wave.id)
        pulse_jobs.tick()
        for wave in db.session.scalars(select(Wave).where(Wave.state == WaveState.CLOSED)).all():
            ballot_jobs.count(wave.id)
        db.session.rollback()


def _moments(now: datetime, until: datetime, step: timedelta) -> Iterator[datetime]:
    while now + step < until:
        now += step
        yield now
    yield until


def waves(session: Session) -> list[Wave]:
    session.rollback()
    return list(session.scalars(select(Wave).order_by(Wave.opens_at, Wave.id)))


def opening_days(session: Session) -> list[str]:
    return [wave.opens_at.astimezone(LOCAL_ZONE).date().isoformat() for wave in waves(session)]


def test_each_wave_is_launched_once_and_opens_and_closes_in_time(
    session: Session, clock: SimulatedClock, make_series: MakeSeries
) -> None:
    make_series()
    pass_time(clock, at("2026-03-31"))
    assert opening_days(session) == ["2026-01-06", "2026-02-03", "2026-03-03"]
    assert [wave.choice_key for wave in waves(session)] == ["A-1", "A-2", "A-3"]
    assert [wave.number for wave in waves(session)] == [1, 2, 3]
    assert {wave.state for wave in waves(session)} == {WaveState.COUNTED}
    assert waves(session)[0].title == "Learning pulse, January 2026"


def test_a_hundred_ticks_at_once_launch_one_wave(
    session: Session, clock: SimulatedClock, make_series: MakeSeries
) -> None:
    series = make_series()
    clock.set(at("2026-01-05", 10))
    for _ in range(3):
        jobs.tick()
        assert launching.launch_due(session, series.id) is None
        session.rollback()
    assert len(waves(session)) == 1
    assert waves(session)[0].state == WaveState.LAUNCHING


def test_a_wave_is_not_launched_more_than_a_day_ahead(
    session: Session, clock: SimulatedClock, make_series: MakeSeries
) -> None:
    make_series()
    clock.set(at("2026-01-05", 7))
    jobs.tick()
    assert waves(session) == []


def test_a_system_that_was_down_opens_late_and_nothing_that_is_over(
    session: Session, clock: SimulatedClock, make_series: MakeSeries
) -> None:
    make_series()
    clock.set(at("2026-01-08"))
    pass_time(clock, at("2026-01-09"))
    assert opening_days(session) == ["2026-01-08"]
    clock.set(at("2026-03-01"))  # February's would have opened on the 3rd and closed on the 17th
    pass_time(clock, at("2026-03-20"))
    assert opening_days(session) == ["2026-01-08", "2026-03-03"]
    assert [wave.choice_key for wave in waves(session)] == ["A-1", "A-2"]


# ---------------------------------------------------------------- people


def test_nobody_is_asked_twice_in_28_days_and_each_series_gets_its_part(
    session: Session, clock: SimulatedClock, make_series: MakeSeries
) -> None:
    make_series()
    make_series(title="Other pulse", on="third tuesday", questions="quarterly_12")
    asked: dict[int, list[date]] = {}
    moment = at("2026-01-01", 20)
    while moment < at("2026-06-30"):
        moment += timedelta(days=1)
        pass_time(clock, moment, timedelta(days=1))
        for person in session.scalars(select(Person)):
            days = asked.setdefault(person.id, [])
            if person.last_invited_on and person.last_invited_on not in days:
                days.append(person.last_invited_on)
        session.rollback()
    for days in asked.values():
        assert all(later - earlier >= timedelta(days=28) for earlier, later in pairwise(days))
        assert len(days) in (5, 6)
    assert {wave.share for wave in waves(session)} == {0.5}
    assert all(wave.invited == 50 for wave in waves(session))
    assert (
        organisation.load(session, 2026) == {6: 100} or sum(organisation.load(session, 2026).values()) == 100
    )


def test_a_part_of_the_audience_is_a_part_of_each_unit(
    session: Session, clock: SimulatedClock, make_series: MakeSeries, trust: Organisation
) -> None:
    make_series(sample=50)
    pass_time(clock, at("2026-01-07"))
    (wave,) = waves(session)
    invited = {unit.name: unit.invited for unit in session.scalars(select(WaveUnit)) if unit.invited}
    assert invited == {"Maple": 30, "Oak": 15, "Willow": 5} and wave.invited == 50


def test_a_wave_waits_for_people_who_have_had_their_rest(
    session: Session, clock: SimulatedClock, make_series: MakeSeries, trust: Organisation
) -> None:
    make_series()
    organisation.mark_asked(session, trust.everyone, on=date(2025, 12, 12))  # 28 days later: 9 January
    session.commit()
    pass_time(clock, at("2026-01-12"))
    assert opening_days(session) == ["2026-01-09"]


# ---------------------------------------------------------------- people decide


def test_pausing_resuming_and_stopping(
    session: Session, clock: SimulatedClock, make_series: MakeSeries
) -> None:
    series = make_series()
    services.pause(session, series.id, actor_id=None)
    session.commit()
    pass_time(clock, at("2026-02-04"), timedelta(days=1))
    services.resume(session, series.id, actor_id=None)
    session.commit()
    pass_time(clock, at("2026-03-05"), timedelta(days=1))
    assert opening_days(session) == ["2026-03-03"]
    services.stop(session, series.id, actor_id=None)
    session.commit()
    pass_time(clock, at("2026-05-31"), timedelta(days=1))
    assert opening_days(session) == ["2026-03-03"]
    with pytest.raises(SeriesError):
        services.resume(session, series.id, actor_id=None)


def test_skipping_and_moving_one(session: Session, clock: SimulatedClock, make_series: MakeSeries) -> None:
    series = make_series()
    services.skip_one(session, series.id, date(2026, 1, 6), actor_id=None)
    services.move_one(session, series.id, date(2026, 2, 3), date(2026, 2, 11), actor_id=None)
    session.commit()
    pass_time(clock, at("2026-02-28"), timedelta(hours=12))
    assert opening_days(session) == ["2026-02-11"]


@pytest.mark.parametrize("day", [date(2026, 2, 14), date(2026, 3, 10), date(2026, 1, 1)])
def test_a_day_that_will_not_do_is_refused(session: Session, make_series: MakeSeries, day: date) -> None:
    series = make_series()
    with pytest.raises(SeriesError):
        services.move_one(session, series.id, date(2026, 2, 3), day, actor_id=None)


def test_what_was_launched_cannot_be_moved(
    session: Session, clock: SimulatedClock, make_series: MakeSeries
) -> None:
    series = make_series()
    pass_time(clock, at("2026-01-07"))
    with pytest.raises(SeriesError):
        services.skip_one(session, series.id, date(2026, 1, 6), actor_id=None)


def test_a_change_leaves_launched_waves_alone(
    session: Session, clock: SimulatedClock, make_series: MakeSeries
) -> None:
    series = make_series()
    pass_time(clock, at("2026-01-07"))
    setup = services.setup_of(series)
    changed = {**setup.rules, "on": "day 20", "open_days": 21}
    services.change(
        session, series.id, services.Setup(rules=changed, audience_unit_ids=setup.audience_unit_ids,
        minimum_group=10, waits_for_action=False), actor_id=None,
    )  # fmt: skip
    session.commit()
    pass_time(clock, at("2026-02-28"), timedelta(hours=12))
    assert opening_days(session) == ["2026-01-06", "2026-02-20"]
    assert waves(session)[1].choice_key == "A-2"


# ---------------------------------------------------------------- act or stop


@pytest.fixture
def owner(session: Session) -> int:
    owner = create_user(
        session,
        email="owner@example.org",
        name="Owner",
        password=PASSWORD,
        roles=[RoleName.LEARNING_AND_DEVELOPMENT],
    )
    session.commit()
    return owner.id


def test_the_next_wave_waits_until_something_is_published(
    session: Session, clock: SimulatedClock, make_series: MakeSeries, trust: Organisation
) -> None:
    make_series(waits=True)
    pass_time(clock, at("2026-02-06"))
    assert opening_days(session) == ["2026-01-06"]
    written(session, trust.root, published_on=date(2026, 2, 6))
    pass_time(clock, at("2026-02-28"))
    assert opening_days(session) == ["2026-01-06", "2026-02-06"]


def test_a_wave_that_waited_too_long_is_left_out(
    session: Session, clock: SimulatedClock, make_series: MakeSeries, trust: Organisation
) -> None:
    make_series(waits=True)
    pass_time(clock, at("2026-02-25"))
    written(session, trust.root, published_on=date(2026, 2, 25))
    pass_time(clock, at("2026-03-20"))
    assert opening_days(session) == ["2026-01-06", "2026-03-03"]
    assert waves(session)[1].choice_key == "A-2"


def test_whoever_lets_it_open_anyway_is_audited(
    session: Session, clock: SimulatedClock, make_series: MakeSeries, owner: int
) -> None:
    series = make_series(waits=True, owner=owner)
    pass_time(clock, at("2026-02-05"))
    launching.waive_action(session, series.id, actor_id=owner)
    session.commit()
    pass_time(clock, at("2026-02-06"))
    assert opening_days(session) == ["2026-01-06", "2026-02-05"]
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == Action.ACTION_WAIVED)).one()
    assert event.actor_id == owner and event.details == {
        "series_id": series.id,
        "wave_id": waves(session)[0].id,
    }


def test_the_owner_is_told_once_a_week_before(
    session: Session,
    clock: SimulatedClock,
    make_series: MakeSeries,
    owner: int,
    smtp: MailServer,
) -> None:
    series: Series = make_series(waits=True, owner=owner)
    pass_time(clock, at("2026-01-26", 20))
    series_id = series.id
    jobs.tell_owner(series_id)
    assert smtp.addresses == []
    clock.set(at("2026-01-28"))
    jobs.tick()
    jobs.tell_owner(series_id)
    jobs.tell_owner(series_id)
    assert smtp.addresses == ["owner@example.org"]
    (_, message) = smtp.received[0]
    assert "waits" in message["Subject"] and "/series/" in message.get_content()
