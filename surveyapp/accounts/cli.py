"""`flask --app wsgi access …`: who may sign in, from the command line. The first administrator
comes from here; everyone else can be given access on the page.
"""

from __future__ import annotations

import json
import secrets
import sys
from typing import NoReturn

import click
from flask.cli import with_appcontext

from surveyapp.accounts import services
from surveyapp.accounts.checks import AddressError, checked_address
from surveyapp.accounts.services import AccessError, Action
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.permissions import ROLE_LABELS, RoleName

NOT_DONE = 2


@click.group("access")
def access() -> None:
    """Say who may sign in."""


@access.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The person's name, as pages greet them.")
@click.option(
    "--role",
    "roles",
    required=True,
    multiple=True,
    type=click.Choice([role.value for role in RoleName]),
    help="What the person may do. Give it again for more than one role.",
)
@click.option(
    "--unit",
    "units",
    multiple=True,
    metavar="PATH",
    help="For leaders: a unit they lead, by its name or its path, such as 'Surgery > Ward 4'.",
)
@click.option("--json", "as_json", is_flag=True, help="Write the result as JSON.")
@with_appcontext
def add_command(
    email: str, name: str, roles: tuple[str, ...], units: tuple[str, ...], as_json: bool
) -> None:
    """Let a person sign in. Prints a first password, which they change after signing in.

    \b
    Exit code 0: the person can sign in.
    Exit code 2: something is wrong or missing. Nothing was changed.
    """
    session = db.session()
    password = secrets.token_urlsafe(15)
    wanted = [RoleName(role) for role in roles]
    if RoleName.LEADER in wanted and not units:
        _stop("A leader needs the units that they lead. Name them with --unit.")
    finder = organisation.UnitFinder(session)
    unit_ids = []
    for path in units:
        unit_id = finder.find(path)
        if unit_id is None:
            _stop(
                f"No single unit is called '{path}'. Give the whole path, with the units above it "
                f"and '{organisation.PATH_SEPARATOR}' between them."
            )
        unit_ids.append(unit_id)
    try:
        user = services.create_user(
            session,
            email=checked_address(email),
            name=name,
            password=password,
            roles=wanted,
            led_unit_ids=unit_ids,
        )
    except (AccessError, AddressError) as error:
        session.rollback()
        _stop(str(error))
    services.record_audit(
        session,
        Action.ACCESS_GRANTED,
        actor_id=None,
        user_id=user.id,
        roles=sorted(roles),
        unit_ids=sorted(unit_ids),
    )
    session.commit()
    if as_json:
        click.echo(json.dumps({"email": user.email, "roles": sorted(roles), "password": password}))
        return
    labels = ", ".join(ROLE_LABELS[role] for role in wanted)
    click.echo(f"{user.email} can sign in now ({labels}).")
    click.echo(f"First password: {password}")


def _stop(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(NOT_DONE)
