"""`flask --app wsgi mail …`: mails that come back."""

from __future__ import annotations

import json
import sys
from typing import BinaryIO

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.pulses.bounces import read_report
from surveyapp.timekeeping import LOCAL_ZONE, database_now

#: As mail servers know it (EX_TEMPFAIL): keep the mail, and try again later.
TRY_AGAIN = 75

#: A delivery report is a few kilobytes. What is larger is read as far as this.
_MOST_BYTES = 4_000_000


@click.group("mail")
def mail() -> None:
    """Read mails that come back."""


@mail.command("bounces")
@click.argument("files", nargs=-1, required=True, type=click.File("rb"), metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Write the counts as JSON.")
@with_appcontext
def bounces_command(files: tuple[BinaryIO, ...], as_json: bool) -> None:
    """Note on the staff list which addresses do not work, from delivery reports (RFC 3464).

    Each FILE holds one mail, as a mail server puts it into a Maildir; - is the standard input, for a
    pipe from the mail server. Only refusals for good that speak of the address are noted (5.1.x and
    5.2.1), with the day. Which pulse the mail was of is not kept, and no address is printed.

    \b
    Exit code 0: all mails were read. Those that are no delivery reports are counted.
    Exit code 2: a file cannot be opened. Nothing was noted.
    Exit code 75: the database cannot be reached. A mail server tries again later.
    """
    reports = [read_report(file.read(_MOST_BYTES)) for file in files]
    addresses = {address for report in reports for address in report.addresses}
    session = db.session()
    try:
        today = database_now(session).astimezone(LOCAL_ZONE).date()
        noted = organisation.mark_came_back(session, emails=addresses, mobiles=(), on=today)
        session.commit()
    except SQLAlchemyError:
        session.rollback()
        click.echo("The database cannot be reached. Nothing was noted. Try again later.", err=True)
        sys.exit(TRY_AGAIN)
    counts = {
        "mails": len(reports),
        "no_report": sum(not report.is_report for report in reports),
        "addresses": len(addresses),
        "noted": noted,
        "other_recipients": sum(report.others for report in reports),
    }
    if as_json:
        click.echo(json.dumps(counts))
        return
    click.echo(
        f"Mails read: {counts['mails']}, of which {counts['no_report']} are no delivery reports.\n"
        f"Addresses that do not work: {counts['addresses']}. New on the staff list: {noted}.\n"
        f"Recipients with another trouble, which is not noted: {counts['other_recipients']}."
    )
