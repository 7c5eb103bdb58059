"""Pages of reports. Templates get view models and nothing else of the results."""

from __future__ import annotations

import io
import logging

from flask import Blueprint, Response, abort, render_template, request, send_file
from flask_login import current_user

from surveyapp.accounts.services import Action, Reader, reader_of, record_audit
from surveyapp.actions import services as actions
from surveyapp.comments.services import Sentiment
from surveyapp.design.pdf import CannotWriteError
from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.errors import error_page
from surveyapp.extensions import db
from surveyapp.permissions import Permission, permissions_of, requires
from surveyapp.reports import digest_views, explorer, services, themes
from surveyapp.reports.exporting import formats
from surveyapp.reports.services import CannotBeCountedError, NoResultsYetError, NotYoursError
from surveyapp.reports.to_take_away import report_to_take_away

_log = logging.getLogger(__name__)

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
blueprint.register_blueprint(digest_views.blueprint)


@blueprint.get("")
@requires(Permission.READ_REPORTS)
def index() -> str:
    return render_template("reports/index.html", waves=services.waves_for(db.session(), _reader()))


@blueprint.get("/<int:wave_id>")
@requires(Permission.READ_REPORTS)
def wave(wave_id: int) -> str:
    view = services.wave_for(db.session(), _reader(), wave_id)
    return render_template("reports/wave.html", wave=view.wave, units=view.units)


@blueprint.get("/<int:wave_id>/side-by-side")
@requires(Permission.READ_REPORTS)
def heat_map(wave_id: int) -> str:
    view = services.heat_map_for(
        db.session(),
        _reader(),
        wave_id,
        family=request.args.get("by", ""),
        sort=request.args.get("sort", ""),
    )
    _audit(Action.UNITS_COMPARED, wave_id=wave_id)
    return render_template("reports/heat_map.html", view=view, sentence=SUPPRESSED)


@blueprint.get("/<int:wave_id>/units/<int:unit_id>/trends")
@requires(Permission.READ_REPORTS)
def trends(wave_id: int, unit_id: int) -> str:
    view = services.trends_for(db.session(), _reader(), wave_id, unit_id)
    _audit(Action.REPORT_READ, wave_id=wave_id, unit_id=unit_id)
    return render_template("reports/trends.html", view=view, sentence=SUPPRESSED)


@blueprint.get("/<int:wave_id>/units/<int:unit_id>")
@requires(Permission.READ_REPORTS)
def unit(wave_id: int, unit_id: int) -> str:
    report = services.report_for(db.session(), _reader(), wave_id, unit_id)
    _audit(Action.REPORT_READ, wave_id=wave_id, unit_id=unit_id)
    # A unit that is not shown has none here: its page is the same as that of one that does not exist.
    session = db.session()
    open_actions = actions.open_for(session, [unit_id]) if report.is_shown else ()
    telling = explorer.telling(session, report)
    for told in telling:
        _audit(
            Action.COMMENTS_READ,
            wave_id=wave_id,
            unit_id=unit_id,
            factor=told.theme.factor,
            searched="no",
        )
    return render_template(
        "reports/unit.html",
        report=report,
        open_actions=open_actions,
        telling=telling,
        sentence=SUPPRESSED,
    )


@blueprint.get("/<int:wave_id>/units/<int:unit_id>/scores.csv", defaults={"kind": "csv"})
@blueprint.get("/<int:wave_id>/units/<int:unit_id>/export/<kind>")
@requires(Permission.READ_REPORTS)
def export(wave_id: int, unit_id: int, kind: str) -> Response:
    if kind not in set(formats.Format):
        abort(404)
    report = report_to_take_away(db.session(), _reader(), wave_id, unit_id)
    file = formats.exported(report, formats.Format(kind))
    _audit(Action.EXPORTED, wave_id=wave_id, unit_id=unit_id, format=kind)
    answer = send_file(
        io.BytesIO(file.content),
        mimetype=file.mimetype,
        as_attachment=True,
        download_name=file.name,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/<int:wave_id>/units/<int:unit_id>/themes/<factor>")
@requires(Permission.READ_REPORTS)
def theme(wave_id: int, unit_id: int, factor: str) -> str:
    try:
        wanted = themes.factor_of(factor)
    except ValueError:
        abort(404)
    view = explorer.theme_for(
        db.session(),
        _reader(),
        wave_id,
        unit_id,
        wanted,
        stance=_stance(),
        subtheme=request.args.get("subtheme", type=int),
        search=request.args.get("q", ""),
        page=request.args.get("page", 1, type=int),
        corrects=Permission.REVIEW_COMMENTS in permissions_of(current_user),
    )
    # That something was searched for, and not what: it may be a name.
    _audit(
        Action.COMMENTS_READ,
        wave_id=wave_id,
        unit_id=unit_id,
        factor=view.factor,
        searched="yes" if view.search else "no",
    )
    return render_template(
        "reports/theme.html", view=view, longest=explorer.LONGEST_SEARCH, sentence=SUPPRESSED
    )


@blueprint.errorhandler(NotYoursError)
def not_yours(_error: NotYoursError) -> tuple[str, int]:
    """To the byte what anyone gets who may not open a page, whether there is one or not."""
    return error_page(403)


@blueprint.errorhandler(CannotWriteError)
def cannot_write(error: CannotWriteError) -> tuple[str, int]:
    _log.error("%s", error)
    return error_page(503)


@blueprint.errorhandler(NoResultsYetError)
def no_results_yet(error: NoResultsYetError) -> tuple[str, int]:
    reader, wave_id = _reader(), (request.view_args or {})["wave_id"]
    if not services.knows_of(db.session(), reader, wave_id):
        return error_page(403)  # the other would tell that there is a wave
    never = isinstance(error, CannotBeCountedError)
    return render_template("reports/no_results.html", never=never), 403


def _reader() -> Reader:
    return reader_of(current_user)


def _stance() -> Sentiment | None:
    """The filter in the address; one that nobody offered filters nothing."""
    try:
        return Sentiment(request.args.get("stance", ""))
    except ValueError:
        return None


def _audit(action: Action, **details: int | str) -> None:
    record_audit(db.session(), action, actor_id=current_user.id, **details)
    db.session.commit()
