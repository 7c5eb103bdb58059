"""The planner: a year of all pulses, the days that are kept clear, and the calendar feed."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.permissions import Permission, public, requires
from surveyapp.series import drawing, feed, outlook, services, year
from surveyapp.series.forms import ConfirmForm, WindowForm
from surveyapp.series.models import SeriesState
from surveyapp.series.response import fall_in_response
from surveyapp.series.services import SeriesError
from surveyapp.series.yaml_lines import SeriesFileError
from surveyapp.timekeeping import LOCAL_ZONE, database_now

blueprint = Blueprint("planner", __name__, url_prefix="/planner")

#: Years that can be looked at, before and after this one: further off the plan says nothing.
_YEARS_BACK, _YEARS_AHEAD = 10, 5


@blueprint.get("")
@requires(Permission.PLAN_WAVES)
def index() -> str:
    session = db.session()
    today = _today()
    years = range(today.year - _YEARS_BACK, today.year + _YEARS_AHEAD + 1)
    asked = request.args.get("year", today.year, type=int)
    shown = asked if asked in years else today.year
    ahead = year.all_ahead(session, until=date(max(shown, today.year + 1), 12, 31))
    months = year.year_of(session, shown, ahead)
    load = organisation.load(session, shown) if shown == today.year else {}
    running = [one for one in ahead if one.series.state == SeriesState.RUNNING]
    looked = ((one, outlook.outlook(session, one.series, one.next_turn)) for one in running)
    return render_template(
        "series/planner.html",
        year=shown,
        years=years,
        months=[(month, drawing.month_drawing(month, today=today)) for month in months],
        lines=year.lines_of(months),
        load=sorted(load.items()),
        load_drawing=drawing.load_drawing(load) if load else "",
        times_words=drawing.times_words,
        outlooks=[(one, found) for one, found in looked if found is not None],
        falls=[
            (one, found)
            for one in running
            if (found := fall_in_response(services.waves_of(session, one.series.id), one.rules))
        ],
        paused=[one for one in ahead if one.series.state == SeriesState.PAUSED],
    )


# ---------------------------------------------------------------- days to keep clear of


@blueprint.route("/days", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def days() -> str | AnyResponse:
    session = db.session()
    form = WindowForm()
    if form.validate_on_submit():
        try:
            services.take_blackout(
                session,
                name=form.name.data,
                first=form.first.data,
                last=form.last.data,
                is_hard=form.kind.data == "hard",
                actor_id=current_user.id,
            )
            session.commit()
        except SeriesFileError as error:
            session.rollback()
            form.refuse(error.key, error.advice)
        else:
            flash("All series keep to these days from now on.", "success")
            return redirect(url_for(".days"))
    return render_template(
        "series/days.html", form=form, windows=services.blackouts(session), has_errors=form.errors
    )


@blueprint.route("/days/<int:window_id>/remove", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def remove_days(window_id: int) -> str | AnyResponse:
    session = db.session()
    window = services.blackouts(session).get(window_id) or abort(404)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            services.remove_blackout(session, window_id, actor_id=current_user.id)
            session.commit()
        except SeriesError as error:
            session.rollback()
            flash(f"{error}.", "notice")
        else:
            flash("These days are free again.", "success")
        return redirect(url_for(".days"))
    return render_template("series/remove_days.html", form=form, window=window)


# ---------------------------------------------------------------- in a calendar program


@blueprint.get("/calendar")
@requires(Permission.PLAN_WAVES)
def calendar() -> str:
    token = feed.token_for(_settings().secret_key, current_user.id)
    path = url_for(".calendar_file", token=token)
    return render_template("series/calendar.html", address=f"{_settings().base_url}{path}")


@blueprint.get("/<token>/planner.ics")
@public
def calendar_file(token: str) -> Response:
    session = db.session()
    if not feed.may_read(session, _settings().secret_key, token):
        abort(404)
    made = feed.calendar_of(session, organisation_name=_settings().organisation_name)
    answer = Response(made, mimetype="text/calendar")
    answer.cache_control.private = True
    answer.cache_control.max_age = 15 * 60
    return answer


# ---------------------------------------------------------------- shared


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def _today() -> date:
    return database_now(db.session()).astimezone(LOCAL_ZONE).date()
