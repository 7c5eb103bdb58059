"""`flask --app wsgi …`: every command group of the application."""

from __future__ import annotations

from flask import Flask

from surveyapp.accounts.cli import access
from surveyapp.comments.cli import group as comments
from surveyapp.operations.cli import backup, workers
from surveyapp.organisation.cli import people
from surveyapp.privacy.cli import retention
from surveyapp.pulses.cli import mail
from surveyapp.reports.cli import report
from surveyapp.series.cli import series


def init_app(app: Flask) -> None:
    """Attach the command groups of the features that have one."""
    app.cli.add_command(access)
    app.cli.add_command(backup)
    app.cli.add_command(comments)
    app.cli.add_command(mail)
    app.cli.add_command(people)
    app.cli.add_command(report)
    app.cli.add_command(retention)
    app.cli.add_command(series)
    app.cli.add_command(workers)
