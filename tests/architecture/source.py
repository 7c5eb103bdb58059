"""The source as the tests of the architecture see it: modules, and what each names of others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from surveyapp import FEATURES
from surveyapp.config import PROJECT_ROOT

__all__ = ["FEATURES", "PROJECT_ROOT", "Import", "Module", "modules"]


@dataclass(frozen=True)
class Import:
    """A module, or a name in one, that another module uses."""

    target: str  # 'surveyapp.ballots.models.Voucher'
    line: int

    def is_in(self, *packages: str) -> bool:
        return any(f"{self.target}.".startswith(f"{package}.") for package in packages)


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    @property
    def feature(self) -> str | None:
        """The feature that it belongs to, if it belongs to one."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 and parts[0] == "surveyapp" and parts[1] in FEATURES else None

    @property
    def room(self) -> str:
        """'models' of surveyapp.ballots.models."""
        return self.name.rpartition(".")[2]

    @property
    def is_view(self) -> bool:
        return self.room == "views" or self.room.endswith("_views")

    def imports(self) -> Iterator[Import]:
        """Every import, wherever in the module it stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name} imports relatively, line {node.lineno}"
                for alias in node.names:
                    yield Import(f"{node.module}.{alias.name}", node.lineno)

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """(dotted name, call) of everything that is called by name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node


@cache
def modules(*packages: str) -> tuple[Module, ...]:
    found = []
    for package in packages:
        for path in sorted((PROJECT_ROOT / package).rglob("*.py")):
            parts = path.relative_to(PROJECT_ROOT).with_suffix("").parts
            name = ".".join(parts).removesuffix(".__init__")
            found.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"))))
    assert found, f"There is nothing in {packages}."
    return tuple(found)
