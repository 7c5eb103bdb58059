"""Where a database stands in the line of migrations."""

from __future__ import annotations

from functools import cache

from alembic.script import ScriptDirectory

from surveyapp.config import PROJECT_ROOT


@cache
def revisions() -> tuple[str, ...]:
    """Every revision that this code knows, the newest first."""
    scripts = ScriptDirectory(str(PROJECT_ROOT / "migrations"))
    return tuple(script.revision for script in scripts.walk_revisions())


def newest() -> str:
    return revisions()[0]


def is_behind(revision: str | None) -> bool:
    """Whether this code needs migrations that a database at `revision` has not had.

    A revision that this code does not know is of a newer release. Then it is not behind: servers of
    the old one go on until they are exchanged, one after another.
    """
    return revision is None or revision in revisions()[1:]
