"""YAML whose every part knows its line, so that an error can name it. No values are guessed: each is
the text that was written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import yaml


class SeriesFileError(ValueError):
    """What is wrong in a file and what to do.

    `line` counts from 1; 0 stands for the whole file. `key` names the value that it is about, if it
    is about one; `advice` is the message without either.
    """

    def __init__(self, line: int, advice: str, *, key: str = "") -> None:
        named = f"{key}: {advice}" if key else advice
        super().__init__(f"Line {line}: {named}" if line else named)
        self.line = line
        self.key = key
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Part:
    """A value of the file, and the name it stands under."""

    node: yaml.Node
    name: str

    @property
    def line(self) -> int:
        mark: int = self.node.start_mark.line
        return mark + 1

    def error(self, message: str) -> SeriesFileError:
        return SeriesFileError(self.line, message, key=self.name)

    def text(self) -> str:
        """Raises SeriesFileError unless it is a single value and not empty."""
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value.strip():
            raise self.error("write one value here")
        return str(self.node.value).strip()

    def plain(self) -> Any:
        """What was written, as texts, lists and dictionaries. Only for what a reader has accepted."""
        if isinstance(self.node, yaml.MappingNode):
            return {str(key.value): Part(value, "").plain() for key, value in self.node.value}
        if isinstance(self.node, yaml.SequenceNode):
            return [Part(row, "").plain() for row in self.node.value]
        return self.text()

    def is_map(self) -> bool:
        return isinstance(self.node, yaml.MappingNode)

    def rows(self) -> list[Part]:
        """The entries of a list. Raises SeriesFileError where there is none."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("write a list here, like [5, 10]")
        return [Part(row, self.name) for row in self.node.value]

    def entries(self, known: Iterable[str], *, needed: Iterable[str] = ()) -> dict[str, Part]:
        """The named values. Raises SeriesFileError for a name that is unknown, double or missing."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("write named values here, like 'title: Learning pulse'")
        names = list(known)
        found: dict[str, Part] = {}
        for key, value in self.node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "this"
            line = key.start_mark.line + 1
            if name not in names:
                raise SeriesFileError(line, f"'{name}' is not known here. Use {_listed(names)}")
            if name in found:
                raise SeriesFileError(line, f"'{name}' stands here twice. Keep one")
            found[name] = Part(value, name)
        for name in needed:
            if name not in found:
                raise self.error(f"'{name}' is missing")
        return found


def read_yaml(content: bytes) -> Part:
    """The whole of a file. Raises SeriesFileError, with the line, when it is no YAML in UTF-8."""
    try:
        root = yaml.compose(content.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SeriesFileError(line, "this is not text in UTF-8. Save the file as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SeriesFileError(mark.line + 1 if mark else 0, f"this is no YAML: {error.problem}") from None
    except yaml.YAMLError:  # no more is left than what its reader refuses
        raise SeriesFileError(
            0, "The file holds a character that no text has. Save it again as plain text"
        ) from None
    except RecursionError:
        raise SeriesFileError(
            0, "The file has too many lists within lists. Take out what a series does not need"
        ) from None
    if root is None:
        raise SeriesFileError(
            0, "The file is empty. Write at least 'title', 'questions', 'every' and 'first'"
        )
    return Part(root, "")


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else names[0]
