"""What importing a staff file did, or would do. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from surveyapp.organisation.staff_rows import BadRow


@dataclass(frozen=True, slots=True)
class Move:
    """Someone whom the file has in another unit. Units are paths."""

    email: str
    from_unit: str
    to_unit: str


@dataclass(frozen=True, slots=True)
class Leaver:
    """Someone on the staff list whom the file does not name."""

    email: str
    unit: str


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do. Every row of the file is in exactly one of the counts.

    A person who is in another unit counts in `moved`, whatever else has changed.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    moves: list[Move] = field(default_factory=list)
    leavers: list[Leaver] = field(default_factory=list)
    #: Units to make for the people to add, and those that only the moves need.
    new_units: list[str] = field(default_factory=list)
    units_for_moves: list[str] = field(default_factory=list)
    bad_rows: list[BadRow] = field(default_factory=list)
    #: Rows whose address cannot be read. With any, nobody is taken off: they could be about them.
    nameless: int = 0
    unknown_statuses: dict[str, int] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)
    #: People on the staff list before.
    listed: int = 0
    applied: bool = False
    moves_applied: bool = False
    leavers_removed: bool = False

    @property
    def moved(self) -> int:
        return len(self.moves)

    @property
    def not_in_file(self) -> int:
        return len(self.leavers)

    @property
    def may_remove_leavers(self) -> bool:
        """Not where a row may be about one of them, and not by a file that names nobody."""
        return bool(self.leavers and self.good and not self.nameless)

    @property
    def good(self) -> int:
        return self.added + self.changed + self.unchanged + self.moved

    @property
    def refused(self) -> int:
        """A row with two faults is in `bad_rows` twice and counts once."""
        return len({row.line for row in self.bad_rows})

    @property
    def rows(self) -> int:
        return self.good + self.refused

    @property
    def counts(self) -> dict[str, int]:
        """For the audit log: how many, and never who."""
        return {
            "added": self.added,
            "changed": self.changed,
            "moved": self.moved if self.moves_applied else 0,
            "removed": self.not_in_file if self.leavers_removed else 0,
            "unchanged": self.unchanged,
            "refused": self.refused,
        }

    def as_dict(self) -> dict[str, Any]:
        derived = ("rows", "good", "moved", "not_in_file", "refused", "may_remove_leavers")
        return asdict(self) | {name: getattr(self, name) for name in derived}
