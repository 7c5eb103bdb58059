"""Small files that hold secrets: for their owner's eyes only, and never half written."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def make_once(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet. Of several processes at once, one's content stands."""
    if path.exists():
        return
    draft = _draft(path, content)
    try:
        os.link(draft, path)  # fails if another was first
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _outlive_a_power_cut(path.parent)


def replace(path: Path, content: bytes) -> None:
    """Write a file in the place of any of that name."""
    _draft(path, content).replace(path)
    _outlive_a_power_cut(path.parent)


def _draft(path: Path, content: bytes) -> Path:
    """The content under another name: a crash leaves no half file under the right one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _outlive_a_power_cut(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
