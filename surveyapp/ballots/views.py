"""Answering: no account, no cookie, nothing kept between pages, and no address or link in a log.

A GET spends nothing, so link scanners do no harm. What a person entered comes back with every
error, and sending twice stores one ballot.
"""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response as AnyResponse

from surveyapp.ballots import services
from surveyapp.ballots.carrying import CarriedError, Given, open_given, seal_given
from surveyapp.ballots.forms import PaperForm, paper_form
from surveyapp.ballots.paper import is_token
from surveyapp.ballots.services import CastOutcome, LinkState, PaperPage
from surveyapp.config import Settings
from surveyapp.extensions import csrf, db
from surveyapp.permissions import Permission, public, requires
from surveyapp.pulses import services as pulses

blueprint = Blueprint("ballots", __name__)
csrf.exempt(blueprint)

#: What mail programs and people add to the end of a link.
_STRAY_ENDINGS = " .,;:!?>)]}'\"’”"

_STATUS = {
    LinkState.SPENT: 200,
    LinkState.NOT_OPEN_YET: 200,
    LinkState.CLOSED: 410,
    LinkState.UNKNOWN: 404,
    LinkState.MANGLED: 404,
}


@blueprint.route("/a/<reference>/<token>", methods=["GET", "POST"])
@public
def answer(reference: str, token: str) -> AnyResponse:
    """The ballot paper behind a link, or the page that says why there is none."""
    tidy = token.strip(_STRAY_ENDINGS)
    if tidy != token and is_token(tidy) and request.method == "GET":
        return redirect(url_for(".answer", reference=reference, token=tidy))
    wave = pulses.wave_by_reference(db.session(), reference)
    state = services.link_state(db.session(), wave, token)
    if wave is None or state is not LinkState.READY:
        return _no_paper(state, wave, late=request.method == "POST")
    pages = services.paper_pages(wave)
    if request.method == "POST":
        return _turn(wave, token, pages)
    return _paper(wave, token, pages, 0, Given())


@blueprint.get("/a/<reference>")
@public
def cut_link(reference: str) -> AnyResponse:
    """A link that lost its second half on the way."""
    return _no_paper(LinkState.MANGLED, pulses.wave_by_reference(db.session(), reference))


@blueprint.get("/a/<reference>/thank-you")
@public
def thank_you(reference: str) -> AnyResponse:
    """Knows only the wave: the link is gone from the address, and nothing says who comes here."""
    wave = pulses.wave_by_reference(db.session(), reference)
    if wave is None or wave.kind != pulses.WaveKind.PULSE:
        return _no_paper(LinkState.MANGLED, None)
    return make_response(render_template("ballots/thank_you.html", wave=wave))


@blueprint.get("/preview/<int:wave_id>")
@requires(Permission.PLAN_WAVES)
def preview(wave_id: int) -> str:
    """Every page of a wave's ballot paper, just as staff see it, without a way to send it."""
    wave = pulses.wave(db.session(), wave_id)
    if wave is None or wave.kind != pulses.WaveKind.PULSE:
        abort(404)
    pages = services.paper_pages(wave)
    return render_template(
        "ballots/preview.html",
        wave=wave,
        pages=[(page, _form(page, None, Given())) for page in pages],
        questions=_scored(pages),
        minutes=services.minutes(wave),
        settings=_settings(),
    )


def _turn(wave: pulses.Wave, token: str, pages: list[PaperPage]) -> AnyResponse:
    """Take what was sent from one page: go on, go back, or put the ballot into the box."""
    sent = request.form
    try:
        given = _carried(wave, token, sent.get("carried", ""))
        number = range(len(pages))[int(sent.get("page", "0"))]
    except (CarriedError, ValueError, IndexError):
        # Tampered with, or made before a restart with another secret: start again, say so.
        return _paper(wave, token, pages, 0, Given(), problem="lost")
    form = _form(pages[number], sent, given)
    if sent.get("go") == "back" and number > 0:
        return _paper(wave, token, pages, number - 1, form.leaves_out(given).joined(form.given()))
    if not form.validate():
        return _paper(wave, token, pages, number, given, form=form)
    given = form.leaves_out(given).joined(form.given())
    if number + 1 < len(pages):
        return _paper(wave, token, pages, number + 1, given)
    unanswered = _first_unanswered(pages, given)
    if unanswered is not None:
        return _paper(wave, token, pages, unanswered, given)
    return _cast(wave, token, pages, given)


def _cast(wave: pulses.Wave, token: str, pages: list[PaperPage], given: Given) -> AnyResponse:
    session = db.session()
    reference = wave.reference
    try:
        outcome = services.cast(
            session, wave, token, answers=given.answers, comments=given.comments
        )
        if outcome is CastOutcome.CAST:
            session.commit()
            return redirect(url_for(".thank_you", reference=reference), code=303)
        session.rollback()
    except OperationalError:
        # Busy or out of reach. The person keeps the page with every answer on it, which must be
        # made without asking the database again: hence the wave is let go before the rollback.
        session.expunge_all()
        session.rollback()
        current_app.logger.error("A ballot could not be stored; its sender was told.")
        return _paper(wave, token, pages, len(pages) - 1, given, problem="not_sent")
    states = {
        CastOutcome.ALREADY_CAST: LinkState.SPENT,
        CastOutcome.CLOSED: LinkState.CLOSED,
        CastOutcome.UNKNOWN: LinkState.UNKNOWN,
    }
    return _no_paper(states[outcome], wave, late=True)


def _paper(
    wave: pulses.Wave,
    token: str,
    pages: list[PaperPage],
    number: int,
    given: Given,
    *,
    form: PaperForm | None = None,
    problem: str = "",
) -> Response:
    """One page of the ballot paper. `form` is one with errors; `problem` names another trouble."""
    form = form or _form(pages[number], None, given)
    response = make_response(
        render_template(
            "ballots/answer.html",
            wave=wave,
            page=pages[number],
            number=number,
            pages=len(pages),
            questions=_scored(pages),
            minutes=services.minutes(wave),
            form=form,
            carried=seal_given(
                given, secret_key=_settings().secret_key, link=_link(wave, token)
            )
            if len(pages) > 1
            else "",
            problem=problem,
            has_errors=bool(form.errors or problem),
            settings=_settings(),
        )
    )
    if problem == "not_sent":
        response.status_code = 503
    return response


def _no_paper(state: LinkState, wave: pulses.Wave | None, *, late: bool = False) -> Response:
    page = render_template(f"ballots/{state}.html", wave=wave, late=late)
    return make_response(page, _STATUS[state])


def _form(page: PaperPage, formdata: object, given: Given) -> PaperForm:
    return paper_form(
        page.questions, first_number=page.first_number, formdata=formdata, given=given
    )


def _carried(wave: pulses.Wave, token: str, sealed: str) -> Given:
    if not sealed:
        return Given()
    return open_given(sealed, secret_key=_settings().secret_key, link=_link(wave, token))


def _link(wave: pulses.Wave, token: str) -> str:
    return f"{wave.reference}/{token}"


def _scored(pages: list[PaperPage]) -> int:
    return sum(not question.is_open for page in pages for question in page.questions)


def _first_unanswered(pages: list[PaperPage], given: Given) -> int | None:
    return next(
        (
            number
            for number, page in enumerate(pages)
            for question in page.questions
            if not question.is_open and question.item_id not in given.answers
        ),
        None,
    )


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
