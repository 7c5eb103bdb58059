"""Answering: no account, no cookie, nothing kept between pages, and no address or link in a log.

A GET spends nothing, so link scanners do no harm. What a person entered comes back with every
error, and sending twice stores one ballot.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from surveyapp.actions import services as actions
from surveyapp.ballots import open_link_views, services
from surveyapp.ballots.carrying import Given
from surveyapp.ballots.paper import is_token
from surveyapp.ballots.paper_views import (
    ACTIONS_SHOWN,
    STRAY_ENDINGS,
    Visit,
    form_of,
    keep_answers_in_trouble,
    pages_of,
    paper,
    scored,
    settings,
    turn,
)
from surveyapp.ballots.services import CastOutcome, LinkState
from surveyapp.extensions import csrf, db
from surveyapp.permissions import Permission, public, requires
from surveyapp.pulses import services as pulses

blueprint = Blueprint("ballots", __name__)
csrf.exempt(blueprint)
keep_answers_in_trouble(blueprint)
blueprint.register_blueprint(open_link_views.blueprint)

_STATUS = {
    LinkState.SPENT: 200,
    LinkState.NOT_OPEN_YET: 200,
    LinkState.CLOSED: 410,
    LinkState.UNKNOWN: 404,
    LinkState.MANGLED: 404,
}


@blueprint.route("/a/<reference>/<token>", methods=["GET", "POST"])
@public
def answer(reference: str, token: str) -> Response:
    """The ballot paper behind a link, or the page that says why there is none."""
    tidy = token.strip(STRAY_ENDINGS)
    if tidy != token and is_token(tidy) and request.method == "GET":
        return redirect(url_for(".answer", reference=reference, token=tidy))
    wave = _wave(reference)
    state = services.link_state(db.session(), wave, token)
    if wave is None or state is not LinkState.READY:
        return _no_paper(state, wave, late=request.method == "POST")
    visit = _PersonalVisit(
        wave, f"{reference}/{token}", url_for(".thank_you", reference=reference), token
    )
    pages = pages_of(wave)
    if request.method == "POST":
        return turn(visit, pages)
    return paper(visit, pages, 0, Given())


@blueprint.get("/a/<reference>")
@public
def cut_link(reference: str) -> Response:
    """A link that lost its second half on the way."""
    return _no_paper(LinkState.MANGLED, _wave(reference))


@blueprint.get("/a/<reference>/thank-you")
@public
def thank_you(reference: str) -> Response:
    """Knows only the wave: the link is gone from the address, and nothing says who comes here."""
    wave = _wave(reference)
    if wave is None or wave.kind != pulses.WaveKind.PULSE:
        return _no_paper(LinkState.MANGLED, None)
    changes = actions.changed_for_everyone(db.session(), ACTIONS_SHOWN)
    return make_response(
        render_template("ballots/thank_you.html", wave=wave, was_sent=True, changes=changes)
    )


@blueprint.get("/preview/<int:wave_id>")
@requires(Permission.PLAN_WAVES)
def preview(wave_id: int) -> str:
    """Every page of a wave's ballot paper, just as staff see it, without a way to send it."""
    wave = pulses.wave(db.session(), wave_id)
    if wave is None or wave.kind != pulses.WaveKind.PULSE:
        abort(404)
    pages = pages_of(wave)
    return render_template(
        "ballots/preview.html",
        wave=wave,
        pages=[(page, form_of(page, None, Given())) for page in pages],
        questions=scored(pages),
        minutes=services.minutes(wave),
        settings=settings(),
    )


@dataclass(frozen=True, slots=True)
class _PersonalVisit(Visit):
    """Someone who followed a link of their own."""

    token: str

    def cast(self, given: Given) -> CastOutcome:
        return services.cast(
            db.session(), self.wave, self.token, answers=given.answers, comments=given.comments
        )

    def refused(self, outcome: CastOutcome) -> Response:
        states = {
            CastOutcome.ALREADY_CAST: LinkState.SPENT,
            CastOutcome.CLOSED: LinkState.CLOSED,
            CastOutcome.UNKNOWN: LinkState.UNKNOWN,
        }
        return _no_paper(states[outcome], self.wave, late=True)


def _wave(reference: str) -> pulses.Wave | None:
    """The wave of a personal link. One that is open to all has no such links."""
    wave = pulses.wave_by_reference(db.session(), reference)
    return wave if wave is None or wave.channel == pulses.Channel.PERSONAL else None


def _no_paper(state: LinkState, wave: pulses.Wave | None, *, late: bool = False) -> Response:
    page = render_template(f"ballots/{state}.html", wave=wave, late=late)
    return make_response(page, _STATUS[state])
