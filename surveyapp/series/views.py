"""Pages of series: set up, change, look ahead, and change what comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from surveyapp.accounts import services as accounts
from surveyapp.extensions import db
from surveyapp.instruments import services as instruments
from surveyapp.organisation import services as organisation
from surveyapp.permissions import Permission, RoleName, requires
from surveyapp.pulses import services as pulses
from surveyapp.pulses.services import PlanError
from surveyapp.series import entries, from_file, launching, outlook, planner_views, services
from surveyapp.series.forms import ConfirmForm, MoveForm, SeriesFileForm, SeriesForm
from surveyapp.series.models import Series, SeriesState
from surveyapp.series.planning import Turn
from surveyapp.series.response import fall_in_response
from surveyapp.series.services import SeriesError, Setup
from surveyapp.series.yaml_lines import SeriesFileError
from surveyapp.timekeeping import LOCAL_ZONE, database_now

blueprint = Blueprint("series", __name__, url_prefix="/series")
blueprint.register_blueprint(planner_views.blueprint)

#: A state in words, and the colour of its tag.
STATE_LABELS: dict[SeriesState, tuple[str, str]] = {
    SeriesState.RUNNING: ("Running", "green"),
    SeriesState.PAUSED: ("Paused", "yellow"),
    SeriesState.STOPPED: ("Stopped", "grey"),
}

_YEAR = timedelta(days=366)


# ---------------------------------------------------------------- finding


@blueprint.get("")
@requires(Permission.PLAN_WAVES)
def index() -> str:
    session = db.session()
    until = _today() + _YEAR
    names = {user.id: user.name or user.email for user in accounts.users(session)}
    rows = [
        {
            "series": series,
            "label": STATE_LABELS[SeriesState(series.state)],
            "how_often": entries.how_often(series.rules),
            "next": _next(services.turns_of(session, series, until=until)),
            "owner": names.get(series.owner_id or 0, "Nobody"),
            "waits": series.state == SeriesState.RUNNING
            and launching.unanswered_wave(session, series) is not None,
        }
        for series in services.listed(session)
    ]
    return render_template("series/index.html", rows=rows)


@blueprint.get("/<int:series_id>")
@requires(Permission.PLAN_WAVES)
def show(series_id: int) -> str:
    session = db.session()
    series = _series(series_id)
    turns = services.turns_of(session, series, until=_today() + _YEAR)
    names = {unit_id: name for unit_id, _, name in organisation.frozen_tree(session)}
    owner = accounts.user(session, series.owner_id) if series.owner_id else None
    expected = outlook.outlook(session, series, _next(turns))
    rules, waves = services.rules_of(session, series), services.waves_of(session, series_id)
    return render_template(
        "series/show.html",
        series=series,
        rules=rules,
        label=STATE_LABELS[SeriesState(series.state)],
        how_often=entries.how_often(series.rules),
        audience=[names[unit_id] for unit_id in series.audience_unit_ids if unit_id in names],
        owner=owner,
        template=instruments.template(session, instruments.load_library(), series.rules["questions"]),
        turns=turns,
        decided=services.decided(session, series_id),
        outlook=expected,
        obstacle=pulses.too_many(session, expected.whole.asked) if expected else "",
        waves=waves,
        fall=fall_in_response(waves, rules) if series.state == SeriesState.RUNNING else None,
        wave_labels=pulses.STATE_LABELS,
        waits_for=launching.unanswered_wave(session, series),
    )


@blueprint.get("/<int:series_id>/file")
@requires(Permission.PLAN_WAVES)
def file(series_id: int) -> Response:
    session = db.session()
    series = _series(series_id)
    return Response(
        from_file.written(session, series),
        mimetype="application/yaml",
        headers={"Content-Disposition": f"attachment; filename=series-{series_id}.yaml"},
    )


# ---------------------------------------------------------------- setting up


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def new() -> str | AnyResponse:
    form = _form(
        Setup(
            rules={"first": (_today() + timedelta(days=1)).isoformat()},
            audience_unit_ids=(),
            minimum_group=pulses.MINIMUM_GROUP_DEFAULT,
            owner_id=current_user.id,
        )
    )
    if form is None:
        return render_template("pulses/nobody.html")

    def keep(setup: Setup) -> Series:
        return services.create(db.session(), setup, actor_id=current_user.id)

    kept = _kept(form, keep)
    if kept is not None:
        flash("The series is set up. Look at what comes below.", "success")
        return redirect(url_for(".show", series_id=kept.id))
    return render_template("series/form.html", form=form, series=None, has_errors=form.errors)


@blueprint.route("/<int:series_id>/change", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def change(series_id: int) -> str | AnyResponse:
    series = _series(series_id)
    form = _form(services.setup_of(series))
    if form is None:
        return render_template("pulses/nobody.html")

    def keep(setup: Setup) -> Series:
        return services.change(db.session(), series_id, setup, actor_id=current_user.id)

    if _kept(form, keep) is not None:
        flash("The series is changed. Pulses that were launched stay as they are.", "success")
        return redirect(url_for(".show", series_id=series_id))
    if series.state == SeriesState.STOPPED:
        return _back_to(series_id, "This series has been stopped. Make a new one")
    return render_template("series/form.html", form=form, series=series, has_errors=form.errors)


@blueprint.route("/from-file", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def new_from_file() -> str | AnyResponse:
    session = db.session()
    form = SeriesFileForm()
    if form.validate_on_submit():
        try:
            made = from_file.create_all(
                session,
                form.file.data.read(from_file.LARGEST_FILE + 1),
                minimum_group=form.minimum_group.data,
                actor_id=current_user.id,
            )
        except SeriesFileError as error:
            session.rollback()
            form.refuse("file", str(error))
        except (SeriesError, PlanError) as error:
            session.rollback()
            form.refuse(error.field if error.field == "minimum_group" else "file", str(error))
        else:
            session.commit()
            flash("Set up from the file. Look at what comes, and at who is asked.", "success")
            if len(made) == 1:
                return redirect(url_for(".show", series_id=made[0].id))
            return redirect(url_for(".index"))
    return render_template("series/from_file.html", form=form, has_errors=form.errors)


def _form(setup: Setup) -> SeriesForm | None:
    """None where there is nobody to ask yet."""
    session = db.session()
    units = organisation.unit_tree(session)
    if not units or not units[0].staff + units[0].staff_below:
        return None
    holders = accounts.holders_of(session, RoleName.LEARNING_AND_DEVELOPMENT)
    owners = [(user.id, user.name or user.email) for user in holders]
    templates = instruments.templates(session, instruments.load_library())
    return SeriesForm(templates, units, owners, setup=setup)


def _kept(form: SeriesForm, keep: Callable[[Setup], Series]) -> Series | None:
    """What `keep` made of a form that was sent and is right; errors stand at their fields."""
    if not form.validate_on_submit():
        return None
    session = db.session()
    try:
        series = keep(form.setup())
        session.commit()
    except SeriesFileError as error:
        session.rollback()
        form.refuse(error.key, error.advice)
    except (SeriesError, PlanError) as error:
        session.rollback()
        form.refuse(error.field, str(error))
    else:
        return series
    return None


# ---------------------------------------------------------------- changing what comes


@blueprint.route("/<int:series_id>/pause", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def pause(series_id: int) -> str | AnyResponse:
    return _deed(series_id, "pause", services.pause, "The series is paused.")


@blueprint.route("/<int:series_id>/resume", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def resume(series_id: int) -> str | AnyResponse:
    return _deed(series_id, "resume", services.resume, "The series runs again.")


@blueprint.route("/<int:series_id>/stop", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def stop(series_id: int) -> str | AnyResponse:
    return _deed(series_id, "stop", services.stop, "The series is stopped.")


@blueprint.route("/<int:series_id>/open-without-action", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def waive(series_id: int) -> str | AnyResponse:
    return _deed(series_id, "waive", launching.waive_action, "The next pulse opens without an action.")


def _deed(
    series_id: int, deed: str, do: Callable[..., None], done: str, turn: Turn | None = None
) -> str | AnyResponse:
    """Ask first, then do it. What cannot be done leads back with the reason."""
    series = _series(series_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            do(db.session(), series_id, actor_id=current_user.id)
            db.session.commit()
        except SeriesError as error:
            return _back_to(series_id, str(error))
        flash(done, "success")
        return redirect(url_for(".show", series_id=series_id))
    return render_template(f"series/{deed}.html", form=form, series=series, turn=turn)


@blueprint.route("/<int:series_id>/pulses/<occurrence>/leave-out", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def leave_out(series_id: int, occurrence: str) -> str | AnyResponse:
    turn = _turn(series_id, occurrence)
    skip = partial(services.skip_one, occurrence=turn.occurrence)
    return _deed(series_id, "leave_out", skip, "This pulse is left out.", turn)


@blueprint.route("/<int:series_id>/pulses/<occurrence>/put-back", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def put_back(series_id: int, occurrence: str) -> str | AnyResponse:
    turn = _turn(series_id, occurrence)
    back = partial(services.put_back, occurrence=turn.occurrence)
    return _deed(series_id, "put_back", back, "This pulse is as the series has it.", turn)


@blueprint.route("/<int:series_id>/pulses/<occurrence>/move", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def move(series_id: int, occurrence: str) -> str | AnyResponse:
    session = db.session()
    turn = _turn(series_id, occurrence)
    form = MoveForm(data={"opens_on": turn.opens.date() if turn.opens else turn.occurrence})
    if form.validate_on_submit():
        try:
            services.move_one(
                session, series_id, turn.occurrence, form.opens_on.data, actor_id=current_user.id
            )
            session.commit()
        except SeriesError as error:
            session.rollback()
            if error.field != "opens_on":
                return _back_to(series_id, str(error))
            form.refuse(error.field, str(error))
        else:
            flash("This pulse opens on the day you chose.", "success")
            return redirect(url_for(".show", series_id=series_id))
    return render_template(
        "series/move.html", form=form, series=_series(series_id), turn=turn, has_errors=form.errors
    )


# ---------------------------------------------------------------- shared


def _series(series_id: int) -> Series:
    found = services.one(db.session(), series_id)
    return found if found is not None else abort(404)


def _turn(series_id: int, occurrence: str) -> Turn:
    """One that is still to come within two years. Anything else is not there."""
    try:
        day = date.fromisoformat(occurrence)
    except ValueError:
        abort(404)
    if not day <= _today() + 2 * _YEAR:
        abort(404)
    turns = services.turns_of(db.session(), _series(series_id), until=day)
    return next((turn for turn in turns if turn.occurrence == day), None) or abort(404)


def _next(turns: list[Turn]) -> Turn | None:
    return next((turn for turn in turns if turn.runs), None)


def _back_to(series_id: int, message: str) -> AnyResponse:
    """Give up what was asked for and say why on the page of the series."""
    db.session.rollback()
    flash(f"{message}.", "notice")
    return redirect(url_for(".show", series_id=series_id))


def _today() -> date:
    return database_now(db.session()).astimezone(LOCAL_ZONE).date()
