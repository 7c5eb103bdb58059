"""The sign-ins of the demonstration, and whether it has been loaded: `demonstration.json`."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Self

from surveyapp import files
from surveyapp.config import Settings
from surveyapp.pulses.planning import PLAIN_LETTERS


@dataclass
class Record:
    """`begun_on` fixes the waves' dates, so that a load that was cut short goes on with the same."""

    begun_on: str
    passwords: dict[str, str] = field(default_factory=dict)
    is_complete: bool = False

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """The record kept, or None when there is none that can be used."""
        try:
            return cls(**json.loads(file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    @classmethod
    def begin(cls, today: date, addresses: list[str]) -> Self:
        return cls(today.isoformat(), {address: _password() for address in addresses})

    def keep(self, file: Path) -> None:
        """Write it for its owner's eyes only, whole or not at all."""
        files.replace(file, json.dumps(asdict(self), indent=2).encode())


def record_file(settings: Settings) -> Path:
    """Where the record of this database is: those who try several have one for each."""
    if Path(settings.database_url.removeprefix("sqlite:///")).parent == settings.instance:
        return settings.instance / "demonstration.json"
    name = hashlib.sha256(settings.database_url.encode()).hexdigest()[:8]
    return settings.instance / f"demonstration-{name}.json"


def _password() -> str:
    return "-".join("".join(secrets.choice(PLAIN_LETTERS) for _ in range(4)) for _ in range(4))
