"""The shipped model folder: a manifest that names every file's SHA-256, and its verification."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Where versions of the model ship with the project, one immutable folder each.
SHIPPED = Path(__file__).parent

MANIFEST = "manifest.json"

SCHEMA = 1


class ArtefactError(RuntimeError):
    """A model folder that cannot be trusted or read. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """A verified model folder and its manifest."""

    directory: Path
    manifest: Mapping[str, Any]

    @property
    def version(self) -> str:
        return str(self.manifest["version"])


def newest() -> Path:
    """The newest shipped version. Raises ArtefactError when none is shipped."""
    versions = sorted(
        (path.parent for path in SHIPPED.glob(f"*/{MANIFEST}")),
        # By number: as text, 2026.11.10 would come before 2026.11.2.
        key=lambda folder: [int(part) for part in re.findall(r"\d+", folder.name)],
    )
    if not versions:
        raise ArtefactError(f"No model in {SHIPPED}. Train one: python -m nlp train --help")
    return versions[-1]


def verify(directory: Path) -> Artefact:
    """Check every file of a model folder against its manifest.

    Raises ArtefactError when a file is missing, changed, or not named, or the manifest is of
    another schema.
    """
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        schema, named = manifest["schema"], dict(manifest["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(
            f"{directory / MANIFEST} cannot be read ({type(error).__name__}). "
            "Restore the folder from the project's history."
        ) from None
    if schema != SCHEMA:
        raise ArtefactError(f"{directory} has schema {schema}; this release reads {SCHEMA}.")
    present = {path.name for path in directory.iterdir() if path.name != MANIFEST}
    if present != named.keys():
        odd = ", ".join(sorted(present ^ named.keys()))
        raise ArtefactError(f"{directory}: the manifest and the files differ: {odd}. Restore it.")
    for name, digest in named.items():
        if sha256(directory / name) != digest:
            raise ArtefactError(
                f"{directory / name} is not the file that was shipped. Restore it from the "
                "project's history; a changed model is never loaded."
            )
    return Artefact(directory, manifest)


def sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
