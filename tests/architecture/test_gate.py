"""One way from answers to a reader: the count, the snapshot, the view model."""

from __future__ import annotations

import ast

import pytest
from flask import Flask
from jinja2 import nodes

from tests.architecture.source import PROJECT_ROOT, modules

#: The only places that freeze what may be published of a wave.
FREEZERS = {"surveyapp.ballots.counting", "surveyapp.comments.importing"}

#: What `reports/views.py` may know of the rest of the application.
KNOWN_TO_REPORT_PAGES = (
    "surveyapp.reports",
    "surveyapp.accounts.services",
    "surveyapp.actions.services",  # what leaders wrote themselves
    "surveyapp.comments.services",  # the names of factors and sentiments
    "surveyapp.disclosure.snapshot.SUPPRESSED",  # words
    "surveyapp.design",
    "surveyapp.errors",
    "surveyapp.extensions",
    "surveyapp.permissions",
    "surveyapp.config",
    "surveyapp.timekeeping",
)


def test_only_the_count_and_the_import_freeze_a_wave() -> None:
    callers = {
        module.name
        for module in modules("surveyapp")
        for name, _ in module.calls()
        if name.split(".")[-1] == "keep_snapshot"
    }
    assert callers == FREEZERS


def test_only_the_storage_of_reports_touches_the_snapshot() -> None:
    tables = ("WaveSnapshot", "UnitSnapshot", "surveyapp.reports.models")
    users = {
        module.name
        for module in modules("surveyapp")
        for used in module.imports()
        if used.target.endswith(tables)
    }
    assert users == {"surveyapp.reports.storage"}


def test_nothing_but_ballots_reads_answers() -> None:
    users = {
        module.name
        for module in modules("surveyapp")
        for used in module.imports()
        if used.is_in("surveyapp.ballots.models")
    }
    assert users == {
        "surveyapp.ballots.counting",
        "surveyapp.ballots.erasure",
        "surveyapp.ballots.open_link",
        "surveyapp.ballots.opening",
        "surveyapp.ballots.services",
    }


def test_no_statement_is_written_as_text() -> None:
    """SQL in a string would pass by the rules above."""
    found = [
        f"{module.name}:{call.lineno}"
        for module in modules("surveyapp")
        for name, call in module.calls()
        if name.split(".")[-1] in {"text", "exec_driver_sql"}
        and call.args
        and any(
            word in ast.unparse(call.args[0]).lower()
            for word in ("answer", "response", "snapshot", "ballot", "voucher", "comment")
        )
    ]
    assert found == []


def test_report_pages_know_only_the_view_models() -> None:
    (views,) = [module for module in modules("surveyapp") if module.name == "surveyapp.reports.views"]
    strangers = [
        f"{used.target}, line {used.line}"
        for used in views.imports()
        if used.is_in("surveyapp", "nlp", "sqlalchemy")
        and (not used.is_in(*KNOWN_TO_REPORT_PAGES) or used.is_in("surveyapp.reports.models"))
    ]
    assert strangers == []
    sessions = [
        f"line {call.lineno}: {name}"
        for name, call in views.calls()
        if name.startswith(("db.session.", "session."))
        and name.split(".")[-1] not in {"commit", "rollback"}
    ]
    assert sessions == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_report_templates_ask_for_nothing_but_what_they_are_given(app: Flask) -> None:
    """Templates get view models by name; none reaches for the request, the session or a setting."""
    forbidden = {"request", "session", "g", "config", "db", "settings", "current_user"}
    templates = sorted((PROJECT_ROOT / "templates" / "reports").rglob("*"))
    assert templates
    for path in templates:
        if not path.is_file():
            continue
        tree = app.jinja_env.parse(path.read_text(encoding="utf-8"))
        assert not {node.name for node in tree.find_all(nodes.Name)} & forbidden, path.name
        # Nothing private, and no method that a view model does not have by itself.
        reached = {node.attr for node in tree.find_all(nodes.Getattr)}
        assert not {attribute for attribute in reached if attribute.startswith("_")}, path.name


def test_what_reaches_a_reader_is_frozen() -> None:
    chosen = {"surveyapp.reports.view_models", "surveyapp.disclosure.snapshot"}
    loose = [
        f"{module.name}.{node.name}"
        for module in modules("surveyapp")
        if module.name in chosen
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and not any("frozen=True" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]
    assert loose == []
