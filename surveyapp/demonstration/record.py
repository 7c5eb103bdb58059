"""`demonstration.json`: the sign-ins of the demonstration, and how far it has been loaded."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Self

#: Easy to read from a screen and to type: no vowels, no look-alikes.
_LETTERS = "23456789bcdfghjkmnpqrstvwxz"

_FILE = "demonstration.json"


@dataclass
class Record:
    """`begun_on` fixes the waves' dates, so that a load that was cut short goes on with the same."""

    begun_on: str
    passwords: dict[str, str] = field(default_factory=dict)
    is_complete: bool = False

    @classmethod
    def read(cls, instance: Path) -> Self | None:
        """The record kept, or None when there is none that can be used."""
        try:
            return cls(**json.loads((instance / _FILE).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    @classmethod
    def begin(cls, today: date, addresses: list[str]) -> Self:
        return cls(today.isoformat(), {address: _password() for address in addresses})

    def keep(self, instance: Path) -> None:
        """Write it for its owner's eyes only, whole or not at all."""
        draft = instance / f".{_FILE}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(instance / _FILE)


def _password() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
