"""What the threat model says is shown by tests that exist."""

from __future__ import annotations

import ast
import re

from tests.architecture.source import PROJECT_ROOT

_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = _TEST.findall((PROJECT_ROOT / "docs/threat-model.md").read_text(encoding="utf-8"))
    assert len(named) > 30
    missing = []
    for path, name in named:
        file = PROJECT_ROOT / path
        tree = ast.parse(file.read_text(encoding="utf-8")) if file.exists() else ast.Module([], [])
        if name not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            missing.append(f"{path}::{name}")
    assert missing == []


def test_the_readme_leads_to_the_threat_model() -> None:
    assert "(docs/threat-model.md)" in (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
