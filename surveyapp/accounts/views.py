"""Start page, public pages, who has access, and the audit log."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from surveyapp.accounts import services
from surveyapp.accounts.forms import AccessForm, AuditFilterForm, NewAccessForm
from surveyapp.accounts.services import Action
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.permissions import ROLE_LABELS, Permission, RoleName, public, requires
from surveyapp.pulses import services as pulses

blueprint = Blueprint("accounts", __name__)

_PAGE = 50


@blueprint.get("/")
@public
def home() -> str:
    if not current_user.is_authenticated:
        return render_template("accounts/welcome.html")
    return render_template("accounts/home.html")


@blueprint.get("/privacy")
@public
def privacy() -> str:
    return render_template("accounts/privacy.html")


@blueprint.get("/accessibility")
@public
def accessibility() -> str:
    return render_template("accounts/accessibility.html")


@blueprint.get("/access")
@requires(Permission.MANAGE_ACCESS)
def people() -> str:
    return render_template(
        "accounts/people.html", users=services.users(db.session()), labels=ROLE_LABELS
    )


@blueprint.route("/access/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCESS)
def new_access() -> str | Response:
    form = NewAccessForm(_unit_choices())
    if form.validate_on_submit():
        try:
            user = services.create_user(
                db.session(),
                email=form.email.data or "",
                name=form.name.data or "",
                password=form.password.data or "",
                roles=[RoleName(role) for role in form.roles.data or ()],
                led_unit_ids=form.units.data or (),
            )
        except services.AccessError as error:
            form.email.errors = [str(error)]
        else:
            services.record_audit(
                db.session(),
                Action.ACCESS_GRANTED,
                actor_id=current_user.id,
                user_id=user.id,
                roles=sorted(form.roles.data or ()),
                unit_ids=sorted(form.units.data or ()),
            )
            db.session.commit()
            flash(f"{user.name} can now sign in.", "success")
            return redirect(url_for("accounts.people"))
    return render_template("accounts/access.html", form=form, user=None, has_errors=form.errors)


@blueprint.route("/access/<int:user_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCESS)
def change_access(user_id: int) -> str | Response:
    user = services.user(db.session(), user_id)
    if user is None:
        abort(404)
    form = AccessForm(
        _unit_choices(),
        data={
            "name": user.name,
            "roles": [role.name for role in user.roles],
            "units": [led.unit_id for led in user.led_units],
            "active": user.active,
        },
    )
    if form.validate_on_submit():
        try:
            services.change_user(
                db.session(),
                user,
                actor_id=current_user.id,
                name=form.name.data or "",
                roles=[RoleName(role) for role in form.roles.data or ()],
                led_unit_ids=form.units.data or (),
                active=bool(form.active.data),
            )
        except services.AccessError as error:
            form.roles.errors = [str(error)]
        else:
            db.session.commit()
            flash(f"Access of {user.name} is changed.", "success")
            return redirect(url_for("accounts.people"))
    return render_template("accounts/access.html", form=form, user=user, has_errors=form.errors)


@blueprint.get("/audit-log")
@requires(Permission.READ_AUDIT)
def audit() -> str:
    form = AuditFilterForm(request.args)
    form.action.choices = [("", "Everything")] + [
        (action.value, services.ACTION_LABELS[action]) for action in Action
    ]
    page = max(1, request.args.get("page", 1, type=int))
    known = {action.value for action in Action}
    action = Action(form.action.data) if form.action.data in known else None
    events, total = services.audit_page(db.session(), action=action, page=page, size=_PAGE)
    return render_template(
        "accounts/audit.html",
        form=form,
        events=events,
        labels={action.value: label for action, label in services.ACTION_LABELS.items()},
        titles={wave.id: wave.title for wave in pulses.waves(db.session())},
        page=page,
        pages=max(1, -(-total // _PAGE)),
        action=action or "",
    )


def _unit_choices() -> list[tuple[int, str]]:
    return [(unit.id, unit.path) for unit in organisation.unit_tree(db.session())]
