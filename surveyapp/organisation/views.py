"""Pages of the unit tree and the staff list."""

from __future__ import annotations

from functools import partial

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from surveyapp.accounts.services import Action, record_audit
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.organisation import import_views, reaching, reminder_views, services, staff
from surveyapp.organisation.forms import (
    UNDELIVERABLE,
    DecisionForm,
    LearningForm,
    PersonForm,
    RootForm,
    StaffFilterForm,
    UnitForm,
)
from surveyapp.organisation.models import Person, WorkingStatus
from surveyapp.organisation.services import Choice, OrganisationError, UnitRow
from surveyapp.permissions import Permission, requires

blueprint = Blueprint("organisation", __name__, url_prefix="/organisation")
blueprint.register_blueprint(import_views.blueprint)



@blueprint.record
def _add_reminder_pages(state: BlueprintSetupState) -> None:
    """For staff, with addresses of their own beside those on which they answer."""
    state.app.register_blueprint(reminder_views.blueprint)


#: People on a page: on a phone each takes four lines.
_PAGE = 25


# ---------------------------------------------------------------- units


@blueprint.get("")
@requires(Permission.MANAGE_ORGANISATION)
def units() -> str:
    return render_template(
        "organisation/units.html",
        units=tree(),
        learns=services.has_chosen(db.session(), Choice.LEARN_FROM_CORRECTIONS),
    )


@blueprint.route("/learning", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def learning() -> str | Response:
    """Whether the organisation's own training may use what people corrected in comments."""
    choice = Choice.LEARN_FROM_CORRECTIONS
    learns = services.has_chosen(db.session(), choice)
    form = LearningForm(data={"learn": "yes" if learns else "no"})
    if form.validate_on_submit():
        learns = form.learn.data == "yes"
        services.choose(db.session(), choice, is_on=learns)
        record_audit(
            db.session(),
            Action.ORGANISATION_CHOSE,
            actor_id=current_user.id,
            choice=str(choice),
            is_on=learns,
        )
        db.session.commit()
        flash("Corrections may be learned from." if learns else "Nothing learns from corrections.", "success")
        return redirect(url_for("organisation.units"))
    return render_template("organisation/learning.html", form=form, has_errors=form.errors)


@blueprint.route("/units/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def new_unit() -> str | Response:
    rows = tree()
    below = request.args.get("below", rows[0].id, type=int)
    form = UnitForm([(row.id, row.path) for row in rows], data={"parent": below})
    if form.validate_on_submit():
        try:
            unit = services.add_unit(
                db.session(), name=form.name.data or "", parent_id=form.parent.data
            )
        except OrganisationError as error:
            db.session.rollback()
            form.refuse(error)
        else:
            _audit(unit.id, "added")
            db.session.commit()
            flash(f"{unit.name} is added.", "success")
            return redirect(url_for("organisation.units"))
    return render_template("organisation/unit.html", form=form, unit=None, has_errors=form.errors)


@blueprint.route("/units/<int:unit_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def change_unit(unit_id: int) -> str | Response:
    rows = tree()
    unit = _row(rows, unit_id)
    if unit.parent_id is None:
        form = RootForm(data={"name": unit.name})
    else:
        own = services.subtree_ids(db.session(), [unit_id])
        form = UnitForm(
            [(row.id, row.path) for row in rows if row.id not in own],
            data={"name": unit.name, "parent": unit.parent_id},
        )
    if form.validate_on_submit():
        parent_id = form.parent.data if isinstance(form, UnitForm) else None
        try:
            services.change_unit(
                db.session(), unit_id, name=form.name.data or "", parent_id=parent_id
            )
        except OrganisationError as error:
            db.session.rollback()
            form.refuse(error)
        else:
            _audit(unit_id, "renamed" if parent_id == unit.parent_id else "moved")
            db.session.commit()
            flash("The unit is changed.", "success")
            return redirect(url_for("organisation.units"))
    return render_template("organisation/unit.html", form=form, unit=unit, has_errors=form.errors)


@blueprint.route("/units/<int:unit_id>/delete", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def delete_unit(unit_id: int) -> str | Response:
    unit = _row(tree(), unit_id)
    form = DecisionForm()
    problem = ""
    if form.validate_on_submit():
        try:
            services.delete_unit(db.session(), unit_id)
        except OrganisationError as error:
            db.session.rollback()
            problem = str(error)
        else:
            _audit(unit_id, "deleted")
            db.session.commit()
            flash(f"{unit.name} is deleted.", "success")
            return redirect(url_for("organisation.units"))
    return render_template(
        "organisation/delete_unit.html", form=form, unit=unit, problem=problem, has_errors=problem
    )


# ---------------------------------------------------------------- staff


@blueprint.route("/staff", endpoint="staff", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def staff_list() -> str | Response:
    """The list; with POST the people whose address holds some letters."""
    choices = unit_choices()
    form = StaffFilterForm(choices, request.form if request.method == "POST" else request.args)
    searching = request.method == "POST" and form.validate()
    page = 1 if searching else max(1, request.args.get("page", 1, type=int))
    wanted = staff.StaffFilter(
        search=(form.search.data or "").strip() if searching else "",
        unit_id=form.unit_id,
        status=form.working_status,
        is_undeliverable=form.is_undeliverable,
    )
    status = UNDELIVERABLE if wanted.is_undeliverable else wanted.status or None
    if searching and not wanted.search:
        # Filters alone make a page with an address of its own, which can be paged through.
        return redirect(
            url_for("organisation.staff", unit=wanted.unit_id, status=status)
        )
    people, total = staff.people_page(db.session(), wanted, page=page, size=_PAGE)
    return render_template(
        "organisation/staff.html",
        form=form,
        people=people,
        total=total,
        wanted=wanted,
        status=status,
        undeliverable=reaching.undeliverable(db.session()),
        without_reminders=reaching.banded(reaching.without_reminders(db.session())),
        page=page,
        pages=max(1, -(-total // _PAGE)),
        first=(page - 1) * _PAGE + 1,
    )


@blueprint.route("/staff/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def new_person() -> str | Response:
    form = PersonForm(
        unit_choices(), offers_texts=_offers_texts(), data={"status": WorkingStatus.WORKING.value}
    )
    if form.validate_on_submit() and _saved(form, None):
        return redirect(url_for("organisation.staff"))
    return render_template(
        "organisation/person.html", form=form, person=None, has_errors=form.errors
    )


@blueprint.route("/staff/<int:person_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def change_person(person_id: int) -> str | Response:
    person = _person(person_id)
    form = PersonForm(
        unit_choices(),
        offers_texts=_offers_texts(),
        data={
            "email": person.email,
            "mobile": person.mobile,
            "prefers_texts": person.prefers_texts,
            "unit": person.unit_id,
            "staff_group": person.staff_group,
            "status": person.status,
        },
    )
    if form.validate_on_submit() and _saved(form, person):
        return redirect(url_for("organisation.staff"))
    return render_template(
        "organisation/person.html", form=form, person=person, has_errors=form.errors
    )


@blueprint.route("/staff/<int:person_id>/remove", methods=["GET", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def remove_person(person_id: int) -> str | Response:
    person = _person(person_id)
    form = DecisionForm()
    if form.validate_on_submit():
        unit_id = person.unit_id
        staff.remove_person(db.session(), person)
        _audit(unit_id, "person removed")
        db.session.commit()
        flash("The person is removed from the staff list.", "success")
        return redirect(url_for("organisation.staff"))
    return render_template("organisation/remove_person.html", form=form, person=person)


# ---------------------------------------------------------------- shared


def tree() -> list[UnitRow]:
    """The unit tree, with the organisation itself made at the first visit."""
    session = db.session()
    rows = services.unit_tree(session)
    if rows:
        return rows
    try:
        services.ensure_root(session, current_app.config["SETTINGS"].organisation_name)
        session.commit()
    except IntegrityError:
        session.rollback()  # someone else's first visit made it
    return services.unit_tree(session)


def unit_choices() -> list[tuple[int, str]]:
    return [(row.id, row.path) for row in tree()]


def _row(rows: list[UnitRow], unit_id: int) -> UnitRow:
    found = next((row for row in rows if row.id == unit_id), None)
    return found if found is not None else abort(404)


def _person(person_id: int) -> Person:
    found = staff.person(db.session(), person_id)
    return found if found is not None else abort(404)


def _saved(form: PersonForm, person: Person | None) -> bool:
    """Add or change a person; a refusal is shown at its field."""
    session = db.session()
    save = (
        partial(staff.change_person, session, person)
        if person
        else partial(staff.add_person, session)
    )
    try:
        save(
            email=form.email.data or "",
            mobile=form.mobile.data or "",
            prefers_texts=form.prefers_texts.data,
            unit_id=form.unit.data,
            staff_group=form.staff_group.data or "",
            status=WorkingStatus(form.status.data),
        )
        # Who is in a unit decides how small its groups are: such changes are audited as the unit's.
        _audit(form.unit.data, "person changed" if person else "person added")
        session.commit()
    except OrganisationError as error:
        session.rollback()
        form.refuse(error)
        return False
    except IntegrityError:
        session.rollback()
        form.refuse(OrganisationError("email", "Someone has just added this address"))
        return False
    flash("The staff list is changed." if person else "The person is added.", "success")
    return True


def _offers_texts() -> bool:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.sends_texts


def _audit(unit_id: int, change: str) -> None:
    record_audit(
        db.session(),
        Action.UNITS_CHANGED,
        actor_id=current_user.id,
        unit_id=unit_id,
        change=change,
    )
