"""Who may use whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.architecture.source import FEATURES, PROJECT_ROOT, Import, Module, modules

#: Rooms of a feature that nobody outside it may enter.
PRIVATE_ROOMS = ("models", "views", "forms")

#: What other features may use of a feature beside its `services`, and why.
SHARED_ROOMS = {
    "ballots.keys": "the key directory, which the workers of mail and of comments also read",
    "ballots.paper": "pure: how a token is made",
    "ballots.erasure": "deletes and counts rows whose time is over, and says nothing of what was in them",
    "ballots.residue": "what deleting leaves in the files of a database",
    "ballots.pages": "pure: which questions someone gets, for the example of what is stored",
    "ballots.translated": "pure: questions in another language, for the example of what is stored",
    "ballots.jobs": "a job, to put it on a queue",
    "comments.erasure": "deletes and counts rows whose time is over",
    "comments.corrections": "who may correct the themes of which comments, and whether someone has",
    "comments.mentions": "which released comments speak of a factor, for the page that shows them",
    "comments.subthemes": "what sub-themes of comments are called",
    "pulses.delivery": "one mail after another, which concerns send too",
    "comments.jobs": "a job, to put it on a queue",
    "reports.jobs": "a job, to put it on a queue",
    "pulses.jobs": "a job, to put it on a queue",
    "pulses.drafts": "plans a wave, which a series does too",
    "pulses.allocation": "pure: how people are shared out among waves",
    "organisation.jobs": "a job, to put it on a queue",
}

#: Modules outside the features that assemble the application, and what they need of its inside.
ASSEMBLY = {
    "surveyapp.security": "gives Flask-Security the tables of people and roles",
    "surveyapp.cli": "collects the features' commands",
    "surveyapp.clock": "names the features' jobs",
    "surveyapp.demonstration.loading": "says which of its invented staff are away, and when they were asked",
    "surveyapp.demonstration.year": "makes waves that are never stored",
}

#: Rooms that answer requests or run commands, and so may know Flask and end transactions.
OUTER_ROOMS = ("jobs", "cli", "forms", "uploads")

#: Libraries that only workers and exports load: each costs a web process memory and time at its start.
HEAVY = (
    *("spacy", "onnxruntime", "transformers", "tokenizers", "presidio_analyzer", "altair", "vl_convert"),
    *("weasyprint", "pptx", "openpyxl", "xlsxwriter", "pyreadstat", "pandas", "scipy"),
)


def breaches(found: Iterable[tuple[Module, Import]]) -> list[str]:
    return [f"{module.name}:{used.line} uses {used.target}" for module, used in found]


def imports_of(chosen: Iterable[Module]) -> list[tuple[Module, Import]]:
    return [(module, used) for module in chosen for used in module.imports()]


def features() -> list[Module]:
    return [module for module in modules("surveyapp") if module.feature]


# ---------------------------------------------------------------- the comment pipeline


def test_the_pipeline_is_a_library_of_its_own() -> None:
    forbidden = ("surveyapp", "flask", "sqlalchemy", "redis", "rq", "tests")
    found = [
        (module, used)
        for module, used in imports_of(modules("nlp"))
        if used.is_in(*forbidden) or used.target.startswith("flask_")
    ]
    assert breaches(found) == []


def test_only_comments_use_the_pipeline() -> None:
    found = [
        (module, used)
        for module, used in imports_of(modules("surveyapp"))
        if used.is_in("nlp") and module.feature != "comments"
    ]
    assert breaches(found) == []


def test_only_the_analysis_job_loads_the_model() -> None:
    light = ("nlp.taxonomy", "nlp.types")
    found = [
        (module, used)
        for module, used in imports_of(modules("surveyapp"))
        if used.is_in("nlp") and not used.is_in(*light) and module.name != "surveyapp.comments.jobs"
    ]
    assert breaches(found) == []


def test_the_web_process_starts_without_the_heavy_libraries(tmp_path: Path) -> None:
    script = (
        "import sys, wsgi\n"
        "assert wsgi.app.url_map\n"
        f"print(*[name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT_ROOT,
        env={"APP_ENV": "testing", "INSTANCE_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_disclosure_control_is_pure() -> None:
    found = [
        (module, used)
        for module, used in imports_of(modules("surveyapp/disclosure"))
        if used.target.partition(".")[0] not in sys.stdlib_module_names
        and not used.is_in("surveyapp.disclosure")
    ]
    assert breaches(found) == []


# ---------------------------------------------------------------- inside a feature


def test_nothing_imports_a_view() -> None:
    views = {module.name for module in modules("surveyapp") if module.is_view}
    found = [
        (module, used)
        for module, used in imports_of(modules("surveyapp"))
        if used.is_in(*views)
        # A feature's pages may fill more than one file.
        and not (module.is_view and used.is_in(f"surveyapp.{module.feature}"))
    ]
    assert breaches(found) == []


def test_views_use_forms_use_services_use_models() -> None:
    above = {
        "models": ("services", "forms", "views", "jobs", "cli"),
        "services": ("forms", "views", "jobs", "cli"),
        "forms": ("views", "jobs", "cli"),
        "jobs": ("forms", "views", "cli"),
    }
    found = [
        (module, used)
        for module, used in imports_of(features())
        for upper in above.get(module.room, ())
        for feature in FEATURES
        if used.is_in(f"surveyapp.{feature}.{upper}")
    ]
    assert breaches(found) == []


def test_models_know_no_other_feature() -> None:
    found = [
        (module, used)
        for module, used in imports_of(features())
        if module.room == "models" and used.is_in(*(f"surveyapp.{name}" for name in FEATURES))
    ]
    assert breaches(found) == []


def test_decisions_know_nothing_of_a_request() -> None:
    # What Flask-Security lends to accounts knows no request either: hashing, and two base classes.
    lent = {
        "surveyapp.accounts.models": ("flask_security.core",),
        "surveyapp.accounts.services": ("flask_security.utils.hash_password",),
        "surveyapp.pulses.invitations": ("flask.current_app", "flask_mailman"),
        "surveyapp.pulses.postbox": ("flask_mailman",),
        "surveyapp.pulses.notify": ("flask_mailman",),
        "surveyapp.pulses.trial_mail": ("flask_mailman",),
    }
    found = [
        (module, used)
        for module, used in imports_of(features())
        if not module.is_view and module.room not in OUTER_ROOMS
        if used.target.startswith(("flask", "werkzeug", "wtforms"))
        and not used.is_in(*lent.get(module.name, ()))
    ]
    assert breaches(found) == []


def test_only_views_jobs_and_commands_end_a_transaction() -> None:
    found = [
        f"{module.name}:{call.lineno} calls {name}()"
        for module in features()
        if not module.is_view and module.room not in OUTER_ROOMS
        for name, call in module.calls()
        if name.endswith((".commit", ".rollback"))
    ]
    assert found == []


def test_decisions_are_handed_their_session() -> None:
    found = [
        (module, used)
        for module, used in imports_of(features())
        if not module.is_view and module.room not in OUTER_ROOMS
        if used.target == "surveyapp.extensions.db"
    ]
    assert breaches(found) == []


# ---------------------------------------------------------------- between features


def test_a_feature_uses_another_through_its_services() -> None:
    found = [
        (module, used)
        for module, used in imports_of(features())
        for other in FEATURES
        if other != module.feature
        and used.is_in(f"surveyapp.{other}")
        and not used.is_in(f"surveyapp.{other}.services")
        and not used.is_in(*(f"surveyapp.{shared}" for shared in SHARED_ROOMS))
    ]
    assert breaches(found) == []


def test_nobody_else_enters_a_private_room() -> None:
    outside = [module for module in modules("surveyapp") if module.feature is None]
    found = [
        (module, used)
        for module, used in imports_of(outside)
        for feature in FEATURES
        for room in PRIVATE_ROOMS
        if used.is_in(f"surveyapp.{feature}.{room}") and module.name not in ASSEMBLY
    ]
    assert breaches(found) == []


def test_shared_modules_import_no_feature() -> None:
    shared = ("extensions", "config", "timekeeping", "permissions", "queueing", "errors")
    found = [
        (module, used)
        for module, used in imports_of(modules("surveyapp"))
        if module.name in {f"surveyapp.{name}" for name in shared}
        and used.is_in(*(f"surveyapp.{feature}" for feature in FEATURES))
    ]
    assert breaches(found) == []


def test_the_list_of_shared_rooms_is_used() -> None:
    used = {used.target for _, used in imports_of(modules("surveyapp"))}
    unused = [
        room
        for room in SHARED_ROOMS
        if not any(f"{target}.".startswith(f"surveyapp.{room}.") for target in used)
    ]
    assert unused == []


def test_foreign_keys_name_tables_by_string() -> None:
    found = [
        f"{module.name}:{call.lineno}"
        for module in modules("surveyapp")
        for name, call in module.calls()
        if name.endswith("ForeignKey")
        and not (isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str))
    ]
    assert found == []
