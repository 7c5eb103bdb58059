"""Files that stay readable, and that speak of the project only."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

from tests.architecture.source import PROJECT_ROOT

LONGEST = 400

#: Files that may be longer, each with its reason.
LONGER = {
    "requirements.txt": "made by pip-compile",
    "requirements-dev.txt": "made by pip-compile",
}

#: Data, not code: as long as it has to be.
DATA = (".jsonl", ".csv", ".yaml", ".json", ".svg", ".onnx", ".npz", ".bin", ".png", ".pyc", ".po", ".mo")

#: Words of wherever it was made. Written in halves, or this file would name them.
STRANGE = tuple(
    "".join(halves)
    for halves in (
        ("/wo", "rk/"),
        ("/tm", "p/"),
        ("session ", "ends"),
        ("sub", "agent"),
        ("DESIGN", ".md"),
        ("HABITS", ".md"),
        ("PEERS", ".md"),
        ("BASELINES", ".md"),
        ("pypi", "server"),
        ("art", "ifactory"),
        ("index", "-url"),
    )
)

#: Hosts that a lock file may name.
_REGISTRY = re.compile(r"https?://(?!registry\.npmjs\.org/)[^\s\"]+\.tgz")


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project, as git knows it, with those that are about to be added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [PROJECT_ROOT / line for line in listed.stdout.splitlines()]
    return tuple(path for path in paths if path.is_file() and path.suffix not in DATA)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {str(path.relative_to(PROJECT_ROOT)): text_of(path).count("\n") for path in files()}
    too_long = {name: n for name, n in lengths.items() if n > LONGEST and name not in LONGER}
    assert too_long == {}
    assert [name for name in LONGER if lengths.get(name, 0) <= LONGEST] == []


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc", "tools"}
    found = [str(path) for path in files() if path.suffix == ".py" and path.stem in drawers]
    assert found == []


def test_no_file_speaks_of_where_it_was_made() -> None:
    found = [
        f"{path.relative_to(PROJECT_ROOT)}: {word}"
        for path in files()
        for word in STRANGE
        if word.lower() in text_of(path).lower()
    ]
    assert found == []


def test_packages_come_from_their_public_registry() -> None:
    lock = text_of(PROJECT_ROOT / "package-lock.json")
    assert _REGISTRY.findall(lock) == []


def test_the_top_level_is_what_the_design_says() -> None:
    allowed = {
        *("wsgi.py", "surveyapp", "nlp", "migrations", "templates", "tests"),
        *("requirements.txt", "README.md", "pyproject.toml", "Makefile", "package.json", ".ci"),
        *("docs", "benchmarks", ".gitignore", "package-lock.json", "LICENSE"),
        *("requirements.in", "requirements-dev.in", "requirements-dev.txt"),
        *("requirements-train.in", "requirements-train.txt"),
    }
    found = {path.relative_to(PROJECT_ROOT).parts[0] for path in files()}
    assert found <= allowed


def test_a_module_says_what_it_is_for() -> None:
    bare = [
        str(path.relative_to(PROJECT_ROOT))
        for path in files()
        if path.suffix == ".py" and (text := text_of(path)).strip() and not text.startswith('"""')
    ]
    assert bare == []


def test_the_model_that_the_readme_names_ships() -> None:
    named = re.findall(r"nlp/artefacts/[\w.]*\w", text_of(PROJECT_ROOT / "README.md"))
    assert named and [name for name in named if not (PROJECT_ROOT / name).is_dir()] == []
