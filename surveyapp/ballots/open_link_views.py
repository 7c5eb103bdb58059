"""Answering by an open link, on one's own phone or on a shared tablet.

There is no voucher and no cookie: each form carries a ticket that is good for one ballot. A tablet
has a start page, to which everything returns, so that nobody meets the answers of the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyapp.actions import services as actions
from surveyapp.ballots import services
from surveyapp.ballots.carrying import Given
from surveyapp.ballots.open_link import cast_open, is_spent, open_link_wave, paper_state
from surveyapp.ballots.paper_views import (
    ACTIONS_SHOWN,
    STRAY_ENDINGS,
    Visit,
    keep,
    pages_of,
    paper,
    settings,
    turn,
)
from surveyapp.ballots.services import CastOutcome, LinkState
from surveyapp.ballots.tickets import TicketError, new_ticket, ticket_hash
from surveyapp.extensions import csrf, db
from surveyapp.permissions import public
from surveyapp.pulses import services as pulses

blueprint = Blueprint("open_link", __name__, url_prefix="/o/<reference>")

_STATUS = {LinkState.CLOSED: 410, LinkState.UNKNOWN: 404}


@blueprint.route("", methods=["GET", "POST"])
@csrf.exempt  # the ticket is the guard, and staff need no cookie
@public
def answer(reference: str) -> Response:
    """The ballot paper on a device of one's own."""
    tidy = reference.strip(STRAY_ENDINGS).lower()
    if tidy != reference and request.method != "POST":
        return redirect(url_for(".answer", reference=tidy))
    return _answer(reference, is_tablet=False)


@blueprint.get("/thank-you")
@public
def thank_you(reference: str) -> Response:
    changes = actions.changed_for_everyone(db.session(), ACTIONS_SHOWN)
    return _after_casting(reference, "ballots/open_thank_you.html", was_sent=True, changes=changes)


@blueprint.get("/tablet")
@public
def tablet(reference: str) -> Response:
    """Where a shared tablet waits for the next person."""
    wave = open_link_wave(db.session(), reference)
    state = paper_state(db.session(), wave)
    if wave is None or state is not LinkState.READY:
        return _no_paper(state, wave)
    page = render_template(
        "ballots/tablet_start.html", wave=wave, minutes=services.minutes(wave)
    )
    return make_response(page)


@blueprint.route("/tablet/answer", methods=["GET", "POST"])
@csrf.exempt  # as above
@public
def tablet_answer(reference: str) -> Response:
    """The ballot paper on a shared tablet."""
    return _answer(reference, is_tablet=True)


@blueprint.get("/tablet/thank-you")
@public
def tablet_thank_you(reference: str) -> Response:
    return _after_casting(reference, "ballots/tablet_thank_you.html")


@dataclass(frozen=True, slots=True)
class _OpenVisit(Visit):
    """Someone with a form of an open link. `ticket_hash` is empty on a form just handed out."""

    ticket: str
    ticket_hash: str
    is_tablet: bool

    def cast(self, given: Given) -> CastOutcome:
        return cast_open(
            db.session(),
            self.wave,
            self.ticket_hash,
            answers=given.answers,
            comments=given.comments,
        )

    def refused(self, outcome: CastOutcome) -> Response:
        if outcome is CastOutcome.ALREADY_CAST:
            return _already_sent(self.wave, is_tablet=self.is_tablet)
        state = LinkState.CLOSED if outcome is CastOutcome.CLOSED else LinkState.UNKNOWN
        return _no_paper(state, self.wave, late=True)

    def extras(self) -> dict[str, Any]:
        return {"ticket": self.ticket, "is_tablet": self.is_tablet}


def _answer(reference: str, *, is_tablet: bool) -> Response:
    session = db.session()
    wave = open_link_wave(session, reference)
    state = paper_state(session, wave)
    if wave is None or state is not LinkState.READY:
        return _no_paper(state, wave, late=request.method == "POST")
    pages = pages_of(wave)
    if request.method != "POST":
        return paper(_handed_out(wave, is_tablet=is_tablet), pages, 0, Given())
    ticket = request.form.get("ticket", "")
    try:
        spent_as = ticket_hash(ticket, reference, secret_key=settings().secret_key)
    except TicketError:
        # Made up, or handed out before a restart with another secret. The answers are kept.
        return keep(_handed_out(wave, is_tablet=is_tablet), pages, problem="ticket")
    if is_spent(session, spent_as):
        # Also someone who goes back to a page that was sent: it must not come up filled in.
        return _already_sent(wave, is_tablet=is_tablet)
    return turn(_visit(wave, ticket, spent_as, is_tablet=is_tablet), pages)


def _handed_out(wave: pulses.Wave, *, is_tablet: bool) -> _OpenVisit:
    ticket = new_ticket(wave.reference, secret_key=settings().secret_key)
    return _visit(wave, ticket, "", is_tablet=is_tablet)


def _visit(wave: pulses.Wave, ticket: str, spent_as: str, *, is_tablet: bool) -> _OpenVisit:
    after = ".tablet_thank_you" if is_tablet else ".thank_you"
    return _OpenVisit(
        wave=wave,
        link=f"o/{wave.reference}",
        thank_you=url_for(after, reference=wave.reference),
        ticket=ticket,
        ticket_hash=spent_as,
        is_tablet=is_tablet,
    )


def _after_casting(reference: str, template: str, **shown: Any) -> Response:
    wave = open_link_wave(db.session(), reference)
    if paper_state(db.session(), wave) is LinkState.UNKNOWN:
        return _no_paper(LinkState.UNKNOWN, None)
    return make_response(render_template(template, wave=wave, **shown))


def _already_sent(wave: pulses.Wave, *, is_tablet: bool) -> Response:
    return make_response(
        render_template("ballots/open_spent.html", wave=wave, is_tablet=is_tablet)
    )


def _no_paper(state: LinkState, wave: pulses.Wave | None, *, late: bool = False) -> Response:
    name = "open_unknown" if state is LinkState.UNKNOWN else str(state)
    page = render_template(
        f"ballots/{name}.html", wave=wave, late=late, reference_length=pulses.REFERENCE_LENGTH
    )
    return make_response(page, _STATUS.get(state, 200))
