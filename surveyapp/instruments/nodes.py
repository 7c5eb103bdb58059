"""A data file of the library, read part by part. Each part knows its place in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

_T = TypeVar("_T")


class LibraryError(ValueError):
    """The library's data file is missing or wrong. Says where and what."""


def read_yaml(path: Path) -> Any:
    """What a data file holds. Raises LibraryError when it cannot be read."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LibraryError(f"{path.name} cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a data file that knows its place in it. Whatever is wrong raises LibraryError."""

    value: Any
    place: str

    def __getitem__(self, key: str) -> Node:
        if not isinstance(self.value, Mapping) or key not in self.value:
            raise LibraryError(f"{self._below(key)} is missing")
        return Node(self.value[key], self._below(key))

    def a(self, kind: type[_T]) -> _T:
        # In Python True is an int: a version or a number of days must not be one.
        if not isinstance(self.value, kind) or (kind is int and isinstance(self.value, bool)):
            raise LibraryError(f"{self.place} must be {_NAMES[kind]}, not {self.value!r}")
        return self.value

    def rows(self) -> Iterator[Node]:
        return (Node(v, f"{self.place}[{i}]") for i, v in enumerate(self.a(list)))

    def entries(self) -> Iterator[tuple[str, Node]]:
        return ((str(key), self[key]) for key in self.a(dict))

    def texts(self) -> tuple[str, ...]:
        return tuple(row.a(str) for row in self.rows())

    def one_of(self, known: Mapping[str, _T]) -> _T:
        key = self.a(str)
        if key not in known:
            raise LibraryError(f"{self.place} is {key!r}, which is not in the file")
        return known[key]

    def _below(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key


_NAMES: dict[type, str] = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a set of named values",
}
