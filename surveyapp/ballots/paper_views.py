"""The ballot paper, page by page, for whoever has one in hand, whichever way they came to it.

What a person entered comes back with every error, and nothing is kept between pages but in them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, make_response, redirect, render_template, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from surveyapp.ballots import services, translated
from surveyapp.ballots.carrying import CarriedError, Given, open_given, seal_given
from surveyapp.ballots.forms import PaperForm, paper_form
from surveyapp.ballots.pages import PaperPage, for_ballot, pages_for
from surveyapp.ballots.services import CastOutcome
from surveyapp.config import Settings
from surveyapp.errors import error_page
from surveyapp.extensions import db
from surveyapp.pulses import services as pulses
from surveyapp.translating import language

#: What mail programs and people add to the end of an address.
STRAY_ENDINGS = " .,;:!?/>)]}'\"’”"

#: Bytes of a form that are read: a whole document that was pasted comes back, a flood does not.
_LARGEST_FORM = 2 * 1024 * 1024

#: Of what was done after earlier pulses, as much as stands on the page after sending.
ACTIONS_SHOWN = 3

#: Ballot papers by the wave's reference and the language.
_papers: dict[tuple[str, str], list[PaperPage]] = {}
_PAPERS_KEPT = 64


@dataclass(frozen=True, slots=True)
class Visit(ABC):
    """Someone at the ballot paper of a wave. `link` is what carried answers are bound to.

    `thank_you` is the address that follows a ballot in the box.
    """

    wave: pulses.Wave
    link: str
    thank_you: str

    @abstractmethod
    def cast(self, given: Given) -> CastOutcome:
        """Put a ballot into the box. The caller ends the transaction."""

    @abstractmethod
    def refused(self, outcome: CastOutcome) -> Response:
        """The page that says why nothing was put into the box."""

    def extras(self) -> dict[str, Any]:
        """What the page needs beside the questions."""
        return {}


def keep_answers_in_trouble(blueprint: Blueprint) -> None:
    """Have the pages of a blueprint lose nothing that was sent, whatever is out of reach."""

    def read_form() -> None:
        request.max_content_length = _LARGEST_FORM
        request.form.keys()  # now: whoever is told of a trouble could not be told of another one

    blueprint.before_request(read_form)
    blueprint.register_error_handler(OperationalError, _give_back)
    blueprint.register_error_handler(RequestEntityTooLarge, _too_long)


def pages_of(wave: pulses.Wave) -> list[PaperPage]:
    """The ballot paper of a wave in the language of the page.

    That of an open wave is kept: it cannot change any more, and everyone of a wave asks for it.
    """
    if wave.state != pulses.WaveState.OPEN:
        return _pages_in(wave, language())
    key = (wave.reference, language())
    kept = _papers.get(key)
    if kept is None:
        if len(_papers) >= _PAPERS_KEPT:
            _papers.clear()
        kept = _papers[key] = _pages_in(wave, language())
    return kept


def _pages_in(wave: pulses.Wave, code: str) -> list[PaperPage]:
    return translated.paper_in(wave, services.paper_pages(wave), code)


def turn(visit: Visit, pages: list[PaperPage]) -> Response:
    """Take what was sent from one page: go on, go back, or put the ballot into the box.

    `pages` are all of the wave's. Page numbers are places among those that the person gets.
    """
    try:
        number, given = _sent(visit, pages)
    except (CarriedError, ValueError, IndexError):
        # Tampered with, or made before a restart with another secret: start again, say so.
        return paper(visit, pages, 0, Given(), problem="lost")
    form = form_of(pages_for(pages, given.answers)[number], request.form, given)
    if request.form.get("go") == "language":
        return paper(visit, pages, number, form.leaves_out(given).joined(form.given()))
    if request.form.get("go") == "back" and number > 0:
        return paper(visit, pages, number - 1, form.leaves_out(given).joined(form.given()))
    if not form.validate():
        return paper(visit, pages, number, given, form=form)
    given = form.leaves_out(given).joined(form.given())
    mine = pages_for(pages, given.answers)
    if number + 1 < len(mine):
        return paper(visit, pages, number + 1, given)
    unanswered = _first_unanswered(mine, given)
    if unanswered is not None:
        return paper(visit, pages, unanswered, given)
    return _cast(visit, pages, given)


def keep(visit: Visit, pages: list[PaperPage], *, problem: str) -> Response:
    """The page that was sent, again and with all that was entered, under the name of a trouble."""
    try:
        number, given = _sent(visit, pages)
    except (CarriedError, ValueError, IndexError):
        return paper(visit, pages, 0, Given(), problem="lost")
    form = form_of(pages_for(pages, given.answers)[number], request.form, given)
    given = form.leaves_out(given).joined(form.given())
    return paper(visit, pages, number, given, problem=problem)


def paper(
    visit: Visit,
    pages: list[PaperPage],
    number: int,
    given: Given,
    *,
    form: PaperForm | None = None,
    problem: str = "",
) -> Response:
    """One page of the ballot paper. `form` is one with errors; `problem` names another trouble."""
    mine = pages_for(pages, given.answers)
    form = form or form_of(mine[number], None, given)
    carried = seal_given(given, secret_key=settings().secret_key, link=visit.link)
    response = make_response(
        render_template(
            "ballots/answer.html",
            wave=visit.wave,
            page=mine[number],
            number=number,
            pages=len(mine),
            questions=scored(mine),
            minutes=services.minutes(visit.wave),
            form=form,
            carried=carried if len(mine) > 1 else "",
            problem=problem,
            has_errors=bool(form.errors or problem),
            settings=settings(),
            **visit.extras(),
        )
    )
    if problem == "not_sent":
        response.status_code = 503
    return response


def form_of(page: PaperPage, formdata: object, given: Given) -> PaperForm:
    return paper_form(
        page.questions, first_number=page.first_number, formdata=formdata, given=given
    )


def scored(pages: list[PaperPage]) -> int:
    return sum(not question.is_open for page in pages for question in page.questions)


def settings() -> Settings:
    current: Settings = current_app.config["SETTINGS"]
    return current


def _cast(visit: Visit, pages: list[PaperPage], given: Given) -> Response:
    session = db.session()
    try:
        outcome = visit.cast(for_ballot(pages, given))
        if outcome is CastOutcome.CAST:
            session.commit()
            return redirect(visit.thank_you, code=303)
        session.rollback()
    except OperationalError:
        # Busy or out of reach. The person keeps the page with every answer on it, which must be
        # made without asking the database again: hence the wave is let go before the rollback.
        session.expunge_all()
        session.rollback()
        current_app.logger.error("A ballot could not be stored; its sender was told.")
        last = len(pages_for(pages, given.answers)) - 1
        return paper(visit, pages, last, given, problem="not_sent")
    return visit.refused(outcome)


def _give_back(error: OperationalError) -> tuple[str, int]:
    """What was sent, in a form that sends it again: made without the database, which is out of reach."""
    db.session.expunge_all()
    db.session.rollback()
    if request.method != "POST":
        return error_page(503)
    current_app.logger.error("The database could not be reached; a sender got the answers back.")
    sent = list(request.form.items(multi=True))
    return render_template("ballots/send_again.html", sent=sent, **(request.view_args or {})), 503


def _too_long(_error: RequestEntityTooLarge) -> tuple[str, int]:
    return render_template("ballots/too_long.html", **(request.view_args or {})), 413


def _sent(visit: Visit, pages: list[PaperPage]) -> tuple[int, Given]:
    """Which page was sent, and the answers carried along from others.

    Raises CarriedError, ValueError or IndexError for what no page of this form holds.
    """
    sealed = request.form.get("carried", "")
    given = Given()
    if sealed:
        given = open_given(sealed, secret_key=settings().secret_key, link=visit.link)
    mine = pages_for(pages, given.answers)
    return range(len(mine))[int(request.form.get("page", "0"))], given


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
