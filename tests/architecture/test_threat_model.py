"""What the threat model says is shown by tests that exist, and that run when it says."""

from __future__ import annotations

import ast
import re
from functools import cache

from tests.architecture.source import PROJECT_ROOT

#: A test, and the mark of one that only `make soak` runs.
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`( \(make soak\))?")


def named() -> list[tuple[str, str, bool]]:
    text = (PROJECT_ROOT / "docs/threat-model.md").read_text(encoding="utf-8")
    return [(path, name, bool(soak)) for path, name, soak in _TEST.findall(text)]


@cache
def soaks_in(path: str) -> dict[str, bool]:
    """The tests of a file, and whether each is marked as a long run."""
    file = PROJECT_ROOT / path
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
    return {
        node.name: any(ast.unparse(mark) == "pytest.mark.soak" for mark in node.decorator_list)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


def test_every_test_that_the_threat_model_names_exists() -> None:
    assert len(named()) > 30
    assert [f"{path}::{name}" for path, name, _ in named() if name not in soaks_in(path)] == []


def test_the_threat_model_says_which_tests_only_make_soak_runs() -> None:
    assert any(soak for _, _, soak in named())
    wrong = [name for path, name, soak in named() if soaks_in(path).get(name, soak) != soak]
    assert wrong == []


def test_the_readme_leads_to_the_threat_model() -> None:
    assert "(docs/threat-model.md)" in (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
