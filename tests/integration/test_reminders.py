"""Reminders go to everyone, once, in working hours; so do invitations, and nobody is asked who answered."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from surveyapp.ballots import services as ballots
from surveyapp.ballots.services import LinkState
from surveyapp.organisation.models import Person
from surveyapp.pulses import jobs, services
from surveyapp.pulses.mail_times import parsed, stored
from surveyapp.pulses.models import MailKind, MailState, Wave, WaveMail
from surveyapp.timekeeping import utc_now
from tests.factories.mailing import MailClock
from tests.factories.organisation import Organisation, make_organisation
from tests.factories.waves import cast_for, close_and_count, draft_wave, open_wave
from tests.support.processes import at_once
from tests.support.queues import forget_nudges, nudges
from tests.support.servers import MailServer

_LINK = re.compile(r"^https://pulse\.example\.org/a/(\w{7})/([\w-]{22})\r?$", re.MULTILINE)


@pytest.fixture
def trust(smtp: MailServer, session: Session) -> Organisation:
    return make_organisation(session, {"Maple": 9, "Oak": 3})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MailClock:
    return MailClock(monkeypatch)


@pytest.fixture
def wave(trust: Organisation, session: Session, clock: MailClock) -> Wave:
    """An open pulse, everyone invited, with reminders on the Monday and the Thursday of the clock."""
    wave = open_wave([trust.root])
    wave.closes_at = clock.at(18, 23, 59)
    wave.reminders_at = stored([clock.at(0, 8), clock.at(3, 8)])
    session.commit()
    jobs.send_mail(wave.id)
    forget_nudges()
    return wave


def tick() -> list[tuple[str, str, list[int]]]:
    forget_nudges()
    jobs.tick()
    return [nudge for nudge in nudges() if nudge[0] == "mail"]


def run_the_clock() -> None:
    """Tick, and work off what it put on the queue of mail."""
    redis = current_app.extensions["redis"]
    for lock in redis.scan_iter("mailing:*"):
        redis.delete(lock)
    while waiting := tick():
        for _, name, (wave_id,) in waiting:
            getattr(jobs, name.rpartition(".")[2])(wave_id)
        if {name for _, name, _ in waiting} == {"pulses.jobs.send_mail"}:
            return


def kinds(session: Session) -> Counter[tuple[str, str]]:
    session.rollback()
    rows = session.execute(select(WaveMail.kind, WaveMail.state).where(WaveMail.kind != "invitation"))
    return Counter((kind, state) for kind, state in rows)


def reminded(smtp: MailServer) -> list[str]:
    return [to for to, message in smtp.received if "List-Unsubscribe" in message]


# ---------------------------------------------------------------- to everyone, once


def test_everyone_gets_it_whether_or_not_they_have_answered(
    session: Session, wave: Wave, trust: Organisation, smtp: MailServer, clock: MailClock
) -> None:
    cast_for(wave, trust.people["Maple"][:5])
    clock.set(0, 7, 59)
    assert tick() == []
    clock.set(0, 8)
    assert tick() == [("mail", "pulses.jobs.remind", [wave.id])]
    run_the_clock()
    early = len(reminded(smtp))
    assert early < 12  # they come spread over half an hour
    clock.set(0, 8, 30)
    run_the_clock()
    clock.set(0, 9)
    run_the_clock()
    assert kinds(session) == {(MailKind.REMINDER_1, MailState.SENT): 12}
    assert sorted(reminded(smtp)) == sorted(session.scalars(select(Person.email)))
    assert tick() == []


def test_it_is_short_carries_the_same_link_and_can_be_stopped(
    session: Session, wave: Wave, smtp: MailServer, clock: MailClock
) -> None:
    clock.set(0, 8)
    run_the_clock()
    clock.set(0, 8, 40)
    run_the_clock()
    by_person: dict[str, list[tuple[str, str]]] = {}
    for to, message in smtp.received:
        text = str(message.get_content())
        by_person.setdefault(to, []).extend(_LINK.findall(text))
        if message["Subject"].endswith("(reminder)"):
            assert text.startswith("Hello,") and "please ignore this e-mail" in text
            assert len(text.split()) < 100
            (stop,) = re.findall(r"^(https://pulse\.example\.org/a/reminders/\S+/stop)\r?$", text, re.M)
            assert message["List-Unsubscribe"].strip() == f"<{stop}>"
            assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
            for _, token in by_person[to]:
                assert token not in stop
        else:
            assert "List-Unsubscribe" not in message and "/stop" not in text
    assert len(by_person) == 12
    for first, second in by_person.values():
        assert first == second
        assert ballots.link_state(session, wave, first[1]) is LinkState.READY
    ids = [message["Message-ID"] for _, message in smtp.received]
    assert len(set(ids)) == 24


def test_who_stopped_them_or_cannot_be_reached_or_waits_for_the_invitation_gets_none(
    session: Session, wave: Wave, trust: Organisation, smtp: MailServer, clock: MailClock
) -> None:
    stopped, unreachable, waiting, left = trust.people["Maple"][:4]
    session.execute(update(Person).where(Person.id == stopped).values(wants_reminders=False))
    session.execute(
        update(Person).where(Person.id == unreachable).values(undeliverable_since=clock.monday)
    )
    session.execute(
        update(WaveMail).where(WaveMail.person_id == waiting).values(state=MailState.WAITING)
    )
    session.execute(delete(Person).where(Person.id == left))
    session.commit()
    jobs.remind(wave.id)
    session.rollback()
    chosen = set(session.scalars(select(WaveMail.person_id).where(WaveMail.kind == MailKind.REMINDER_1)))
    assert chosen == set(trust.everyone) - {stopped, unreachable, waiting, left}


def test_two_jobs_at_once_write_it_once(app: Flask, session: Session, wave: Wave) -> None:
    wave_id = wave.id
    session.rollback()
    at_once(app, [lambda: jobs.remind(wave_id)] * 3)
    assert kinds(session) == {(MailKind.REMINDER_1, MailState.WAITING): 12}


def test_the_ledger_of_reminders_goes_with_the_count(session: Session, wave: Wave) -> None:
    jobs.remind(wave.id)
    close_and_count(wave)
    session.rollback()
    assert session.scalars(select(WaveMail)).all() == []


# ---------------------------------------------------------------- what is left out


def test_after_a_failure_only_the_later_of_two_goes(
    session: Session, wave: Wave, smtp: MailServer, clock: MailClock
) -> None:
    wave.reminders_at = stored([clock.at(1, 8), clock.at(3, 8)])
    session.commit()
    clock.set(3, 12)
    run_the_clock()
    clock.set(3, 12, 45)
    run_the_clock()
    assert kinds(session) == {(MailKind.REMINDER_2, MailState.SENT): 12}
    assert len(reminded(smtp)) == 12 and tick() == []


def test_one_that_the_mail_server_kept_waiting_gives_way_to_the_next(
    session: Session, wave: Wave, smtp: MailServer, clock: MailClock
) -> None:
    smtp.stop()
    clock.set(0, 9)
    run_the_clock()
    assert kinds(session) == {(MailKind.REMINDER_1, MailState.WAITING): 12}
    clock.set(3, 9)
    run_the_clock()
    smtp.start()
    clock.set(3, 9, 45)
    run_the_clock()
    assert kinds(session) == {(MailKind.REMINDER_2, MailState.SENT): 12}


@pytest.mark.parametrize("closes_on", [3, 18])
def test_one_that_waits_too_long_or_to_the_last_day_is_left_out(
    session: Session, wave: Wave, smtp: MailServer, clock: MailClock, closes_on: int
) -> None:
    wave.reminders_at = stored([clock.at(0, 8)])
    wave.closes_at = clock.at(closes_on, 23, 59)
    session.commit()
    smtp.stop()
    clock.set(0, 9)
    run_the_clock()
    smtp.start()
    clock.set(3, 10)  # three days later, or on the day of the close
    run_the_clock()
    assert kinds(session) == {} and reminded(smtp) == [] and tick() == []


def test_none_is_written_in_the_last_day(session: Session, wave: Wave, clock: MailClock) -> None:
    wave.closes_at = clock.at(1, 9)
    session.commit()
    clock.set(0, 8, 59)
    assert tick() == []
    jobs.remind(wave.id)
    assert kinds(session) == {}


# ---------------------------------------------------------------- hours


def test_nothing_goes_out_at_night_or_at_the_weekend(
    session: Session, wave: Wave, smtp: MailServer, clock: MailClock
) -> None:
    wave.reminders_at = stored([clock.at(4, 17, 50)])
    session.commit()
    clock.set(4, 17, 55)
    run_the_clock()
    friday = len(reminded(smtp))
    for day, hour in ((4, 18), (4, 23), (5, 11), (6, 11), (7, 7)):
        clock.set(day, hour)
        assert tick() == []
        jobs.send_mail(wave.id)
    assert len(reminded(smtp)) == friday
    clock.set(7, 8, 30)
    run_the_clock()
    clock.set(7, 9)
    run_the_clock()
    assert len(reminded(smtp)) == 12


def test_what_is_launched_to_open_now_is_mailed_now_whatever_the_hour(
    trust: Organisation, session: Session, smtp: MailServer, clock: MailClock
) -> None:
    clock.set(6, 3)
    wave = open_wave([trust.root])
    wave.closes_at = clock.at(18, 23, 59)
    session.commit()
    jobs.send_mail(wave.id)
    assert len(smtp.addresses) == 12
    assert smtp.addresses != sorted(smtp.addresses)  # in an order that tells nothing


@pytest.mark.parametrize("by_clock", [False, True])
def test_what_opens_later_or_is_launched_by_the_clock_keeps_to_the_hours(
    trust: Organisation, session: Session, smtp: MailServer, clock: MailClock, by_clock: bool
) -> None:
    clock.set(6, 3)
    opens_in = timedelta(minutes=-5) if by_clock else timedelta(hours=1)
    wave = draft_wave([trust.root], opens_in=opens_in)
    wave.closes_at = clock.at(18, 23, 59)
    services.launch(session, wave.id, actor_id=None, by_clock=by_clock)
    session.commit()
    jobs.prepare(wave.id)
    wave.opens_at = utc_now()  # its hour has come
    session.commit()
    services.advance(session, wave.id)
    session.commit()
    jobs.send_mail(wave.id)
    assert smtp.addresses == []
    due = session.scalars(select(WaveMail.not_before)).all()
    assert all(clock.at(7, 8) <= moment < clock.at(7, 8, 30) for moment in due if moment)
    assert len(set(due)) == 12 and None not in due
    clock.set(7, 8, 30)
    jobs.send_mail(wave.id)
    assert len(smtp.addresses) == 12


def test_a_draft_that_waited_counts_its_days_from_the_launch(
    trust: Organisation, session: Session
) -> None:
    wave = draft_wave([trust.root])
    assert len(wave.reminders_at) == 2
    wave.opens_at -= timedelta(days=6)
    wave.closes_at += timedelta(days=6)
    session.commit()
    services.launch(session, wave.id, actor_id=None)
    session.commit()
    moments = parsed(wave.reminders_at)
    today = services._today(session)
    assert [(moment.date() - today).days for moment in moments] == [5, 10]
