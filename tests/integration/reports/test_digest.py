"""The summary that comes by e-mail when results are ready: over real SMTP, once, and stoppable."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

import pytest
from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.accounts import services as accounts
from surveyapp.accounts.models import User
from surveyapp.accounts.services import Action, Reader
from surveyapp.actions.services import Status
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.permissions import RoleName
from surveyapp.pulses.models import Wave, WaveKind
from surveyapp.reports import jobs, services
from surveyapp.reports.models import SummaryMail
from surveyapp.timekeeping import utc_now
from tests.conftest import SignIn, on_sqlite
from tests.factories import waves
from tests.factories.actions import HEARD, written
from tests.factories.digests import account, is_due, leader, stop_path
from tests.factories.organisation import make_organisation
from tests.factories.reports import ANSWERED, COMMENTS, Trust, read_and_draw
from tests.support.processes import at_once, killed_at
from tests.support.servers import MailServer


def let_time_pass() -> None:
    """The lock of a worker that died has run out."""
    redis = current_app.extensions["redis"]
    for lock in redis.scan_iter("reports:digests:*"):
        redis.delete(lock)


def parts(body: str) -> dict[str, str]:
    """What a mail says of each unit, by its name."""
    found = re.split(r"\n\n([^\n]+)\n-+\n\n", body.replace("\r\n", "\n").partition("\n\n\nAll units")[0])
    return dict(zip(found[1::2], found[2::2], strict=True))


# ---------------------------------------------------------------- what it says


@on_sqlite
def test_a_summary_says_what_the_page_says_and_no_more(
    smtp: MailServer, session: Session, drawn: Trust
) -> None:
    address = leader(session, "ann", drawn, "Maple")
    jobs.send_digests(drawn.wave_id)
    report = services.report_for(
        session, Reader(0, True, frozenset()), drawn.wave_id, drawn.units["Maple"]
    )
    closed = f"{report.wave.closed_on.day} {report.wave.closed_on:%B %Y}"
    assert smtp.body_for(address).replace("\r\n", "\n") == f"""Hello,

The results of a pulse are ready to read: Spring pulse
The pulse closed on {closed}. Here is a summary.


Maple
-----

About {report.respondents} people answered. That is about {report.response_rate}% of those who were invited.

There is no earlier pulse to compare this one with yet.

Read the report: https://pulse.example.org{drawn.path("Maple")}


There are no comments in this e-mail. To read what people said in their own words, sign in.

You get this e-mail because you may read reports. You get it once for each pulse. Please do not pass \
it on to people who may not read these results.

To stop these e-mails, open this link:
https://pulse.example.org{stop_path(smtp, address)}

Learning Pulse, Trust
"""


@on_sqlite
def test_what_stands_out_and_what_to_keep_in_mind_are_told(
    smtp: MailServer, session: Session
) -> None:
    made = make_organisation(session, {"Elm": 30})
    told = account(session, "ann", RoleName.LEADER, leads=(made.units["Elm"],))
    for answer, days in ((5, 40), (1, 0)):
        wave = waves.open_wave([made.root])
        items = waves.scored_items(wave)
        tokens = waves.tokens_of(wave)
        for person in made.people["Elm"][:12]:
            waves.cast(wave, tokens[person], dict.fromkeys(items, answer))
        waves.close_and_count(wave)
        wave.opens_at -= timedelta(days=days + 1)
        wave.closes_at -= timedelta(days=days)
        session.commit()
        jobs.draw_charts(wave.id)
        jobs.send_digests(wave.id)
    report = services.report_for(session, Reader(0, True, frozenset()), wave.id, made.units["Elm"])
    assert report.overview and report.overview.stands_out and report.cautions
    (said,) = parts(smtp.body_for(told)).values()  # one mail: the first pulse is no news any more
    assert "This stands out from chance:" in said and "no earlier pulse" not in said
    for words in (*report.overview.stands_out, *report.cautions):
        assert f"\n* {words}\n" in said


@on_sqlite
def test_no_comment_and_no_exact_number_is_in_any_mail(
    smtp: MailServer, session: Session, drawn: Trust
) -> None:
    account(session, "lea", RoleName.LEARNING_AND_DEVELOPMENT)
    for unit in drawn.units:
        leader(session, unit.lower(), drawn, unit)
    jobs.send_digests(drawn.wave_id)
    assert len(smtp.received) == len(drawn.units) + 1
    for address in smtp.addresses:
        body = smtp.body_for(address)
        assert not any(comment[:20] in body for comment in COMMENTS)
        assert not re.search(rf"\b{ANSWERED['Maple']} people", body)


@on_sqlite
def test_a_unit_that_is_not_shown_gets_the_one_sentence_whatever_the_reason(
    smtp: MailServer, session: Session, drawn: Trust
) -> None:
    hidden = ("Nobody", "Three", "Nine", "Willow", "Oak")
    told = {unit: leader(session, unit.lower(), drawn, unit) for unit in hidden}
    jobs.send_digests(drawn.wave_id)
    said = set()
    for unit, address in told.items():
        body = smtp.body_for(address).replace(stop_path(smtp, address), "LINK")
        said.add(body.replace(unit, "UNIT").replace("-" * len(unit), "-"))
        assert "answered." not in body and drawn.path(unit) not in body
        assert not any(other in body for other in drawn.units if other not in (unit, "Trust"))
    (body,) = said
    assert SUPPRESSED in body


@on_sqlite
def test_what_is_planned_or_under_way_is_told_where_results_are(
    smtp: MailServer, session: Session, drawn: Trust
) -> None:
    maple, oak = drawn.units["Maple"], drawn.units["Oak"]
    written(session, maple, doing="A quiet\nroom.")
    written(session, maple, doing="Longer handovers.", due_on=date(2099, 4, 1), status=Status.UNDER_WAY)
    written(session, maple, doing="This is over.", status=Status.DONE)
    written(session, oak, doing="Something for Oak.")
    told = leader(session, "ann", drawn, "Maple", "Oak")
    jobs.send_digests(drawn.wave_id)
    said = parts(smtp.body_for(told))["Maple"]
    assert "* A quiet room. (by 27 March 2099)\n* Longer handovers. (by 1 April 2099)\n" in said
    assert "https://pulse.example.org/actions\n" in said
    for other in ("This is over", "Something for Oak", HEARD):
        assert other not in smtp.body_for(told)


@on_sqlite
def test_at_most_three_units_those_with_results_first_and_a_link_to_the_rest(
    smtp: MailServer, session: Session, drawn: Trust
) -> None:
    many = leader(session, "many", drawn, "Nobody", "Three", "Nine", "Maple", "Oak")
    whole = leader(session, "whole", drawn, "Surgery")
    planner = account(session, "lea", RoleName.LEARNING_AND_DEVELOPMENT)
    jobs.send_digests(drawn.wave_id)
    assert [*parts(smtp.body_for(many))][:1] == ["Maple"] and len(parts(smtp.body_for(many))) == 3
    assert [*parts(smtp.body_for(whole))] == ["Surgery"]
    assert [*parts(smtp.body_for(planner))] == ["Trust"]
    rest = f"All units that you may read: https://pulse.example.org/reports/{drawn.wave_id}"
    assert all(rest in smtp.body_for(address) for address in (many, whole, planner))


@on_sqlite
def test_its_links_open_for_who_gets_it(
    smtp: MailServer, session: Session, drawn: Trust, sign_in: SignIn
) -> None:
    units = tuple(drawn.units[name] for name in ("Surgery", "Nine"))
    reader = sign_in(RoleName.LEADER, email="ann@example.org", led_unit_ids=units)
    jobs.send_digests(drawn.wave_id)
    links = re.findall(r"https://pulse\.example\.org(/\S+)", smtp.body_for("ann@example.org"))
    assert len(links) == 3
    for link in links:
        assert reader.get(link).status_code == 200, link


# ---------------------------------------------------------------- who gets it, and when


def test_each_reader_gets_one_mail_for_each_pulse(
    smtp: MailServer, session: Session, drawn: Trust
) -> None:
    told = [
        leader(session, "ann", drawn, "Maple"),
        leader(session, "bo", drawn, "Oak"),
        account(session, "lea", RoleName.LEARNING_AND_DEVELOPMENT),
    ]
    assert is_due(drawn.wave_id)
    jobs.send_digests(drawn.wave_id)
    jobs.send_digests(drawn.wave_id)
    assert sorted(smtp.addresses) == told
    assert not is_due(drawn.wave_id)
    late = leader(session, "cy", drawn, "Surgery")
    assert is_due(drawn.wave_id)
    jobs.send_digests(drawn.wave_id)
    assert sorted(smtp.addresses) == sorted([*told, late])
    audited = accounts.audited(session, Action.SUMMARY_MAILED)
    assert len(audited) == 4 and all(each["sent"] for each in audited)


def test_nobody_else_gets_one(smtp: MailServer, session: Session, drawn: Trust) -> None:
    maple = (drawn.units["Maple"],)
    after = make_organisation(session, {"Late": 1}).units["Late"]
    account(session, "gone", RoleName.LEADER, leads=maple, active=False)
    account(session, "runs", RoleName.ADMINISTRATOR, leads=maple)
    account(session, "reviews", RoleName.COMMENT_REVIEWER, leads=maple)
    account(session, "guards", RoleName.SPEAK_UP_GUARDIAN, leads=maple)
    account(session, "none", leads=maple)
    account(session, "unitless", RoleName.LEADER)
    account(session, "newcomer", RoleName.LEADER, leads=(after,))
    leader(session, "stopped", drawn, "Maple")
    stopped = session.scalars(select(User.id).where(User.name == "stopped")).one()
    accounts.choose_summaries(session, stopped, wanted=False)
    session.commit()
    assert not is_due(drawn.wave_id)
    leader(session, "ann", drawn, "Maple")
    jobs.send_digests(drawn.wave_id)
    assert smtp.addresses == ["ann@example.org"]


@on_sqlite
def test_nothing_goes_out_before_all_is_drawn_and_read(
    smtp: MailServer, session: Session, trust: Trust
) -> None:
    leader(session, "ann", trust, "Maple")
    assert not is_due(trust.wave_id)
    jobs.send_digests(trust.wave_id)
    jobs.draw_charts(trust.wave_id)  # its comments still wait for the model
    assert not is_due(trust.wave_id)
    jobs.send_digests(trust.wave_id)
    assert smtp.addresses == []
    read_and_draw(trust.wave_id)
    assert is_due(trust.wave_id)


@on_sqlite
def test_what_is_no_news_is_not_mailed(smtp: MailServer, session: Session, drawn: Trust) -> None:
    leader(session, "ann", drawn, "Maple")
    wave = session.get(Wave, drawn.wave_id)
    assert wave is not None
    wave.kind = WaveKind.IMPORTED  # comments of years ago, and no scores
    session.commit()
    assert not is_due(drawn.wave_id)
    wave.kind = WaveKind.PULSE
    wave.opens_at = utc_now() - timedelta(days=30)
    wave.closes_at = utc_now() - timedelta(days=15)
    session.commit()
    assert not is_due(drawn.wave_id)
    wave.closes_at = utc_now() - timedelta(days=13)
    session.commit()
    assert is_due(drawn.wave_id)


def test_someone_who_stops_or_loses_access_while_others_are_mailed_gets_none(
    app: Flask, smtp: MailServer, session: Session, drawn: Trust
) -> None:
    for name in ("ann", "bo", "cy"):
        leader(session, name, drawn, "Maple")

    def meanwhile(_address: str) -> None:
        with app.app_context():
            users = {user.name: user for user in accounts.users(jobs.db.session())}
            users["bo"].active = False
            users["cy"].wants_summaries = False
            jobs.db.session.commit()

    session.rollback()
    smtp.on_mail = meanwhile
    jobs.send_digests(drawn.wave_id)
    assert smtp.addresses == ["ann@example.org"]


# ---------------------------------------------------------------- trouble


def test_a_killed_worker_doubles_only_the_mail_in_its_hands(
    smtp: MailServer, session: Session, drawn: Trust, environ: dict[str, str]
) -> None:
    told = [leader(session, name, drawn, "Maple") for name in ("ann", "bo", "cy")]
    session.rollback()
    job, place = "surveyapp.reports.jobs:send_digests", "surveyapp.reports.digest_ledger:mark"
    killed_at(environ, job, drawn.wave_id, place, nth=2)
    assert smtp.addresses == told[:2]  # the second is with the server, and nobody has written it down
    assert session.scalars(select(SummaryMail.user_id)).all() == [1]
    session.rollback()
    jobs.send_digests(drawn.wave_id)  # the dead worker's lock still stands
    assert smtp.addresses == told[:2]
    let_time_pass()
    jobs.send_digests(drawn.wave_id)
    assert Counter(smtp.addresses) == {told[0]: 1, told[1]: 2, told[2]: 1}
    copies = [message for address, message in smtp.received if address == told[1]]
    assert copies[0]["Message-ID"] == copies[1]["Message-ID"]
    assert copies[0].get_content() == copies[1].get_content()


def test_trouble_with_the_mail_loses_nothing_and_does_not_last_for_ever(
    smtp: MailServer, session: Session, drawn: Trust, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = leader(session, "good", drawn, "Maple"), leader(session, "bad", drawn, "Maple")
    smtp.stop()
    jobs.send_digests(drawn.wave_id)
    assert is_due(drawn.wave_id)
    smtp.start()
    smtp.refused.add(bad)
    jobs.send_digests(drawn.wave_id)
    assert smtp.addresses == [good]
    assert not is_due(drawn.wave_id)
    sent = {each["sent"] for each in accounts.audited(session, Action.SUMMARY_MAILED)}
    assert sent == {True, False}
    assert "example.org" not in caplog.text


def test_two_jobs_at_once_send_each_mail_once(
    app: Flask, smtp: MailServer, session: Session, drawn: Trust
) -> None:
    told = [leader(session, name, drawn, "Maple") for name in ("ann", "bo", "cy")]
    session.rollback()
    at_once(app, [lambda: jobs.send_digests(drawn.wave_id)] * 3)
    assert sorted(smtp.addresses) == told
