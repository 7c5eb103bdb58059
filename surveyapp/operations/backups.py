"""A backup in one file: a tar archive of a manifest and a dump, in this order.

The manifest has the SHA-256 of the dump and the revision of its tables. The key directory is in no
backup, on purpose: with it a thief of the file could open the ballots of every pulse that is open.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from surveyapp import revisions
from surveyapp.operations.dumping import CHUNK, BackupError, Tell, dumper_for
from surveyapp.timekeeping import utc_now

__all__ = ["BackupError", "Manifest", "Tell", "check", "make", "restore"]

#: What the file says of itself. A change of its form gets the next number.
FORMAT = "learning-pulse-backup-1"

_MANIFEST, _DUMP = "manifest.json", "database"

#: No manifest of ours is longer.
_LONGEST_MANIFEST = 10_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """`database` is its kind, `revision` that of its tables, `size` and `sha256` those of the dump."""

    format: str
    made_at: str
    database: str
    revision: str
    size: int
    sha256: str


def make(url: str, file: Path, tell: Tell) -> Manifest:
    """Copy the database to a new file that only its owner can read. Needs twice its space meanwhile.

    Raises BackupError, and leaves no file, when it cannot be done.
    """
    if file.exists():
        raise BackupError(f"{file} is there already. Name another file, or delete it first.")
    dumper = dumper_for(url)
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as directory:
            dump, draft = Path(directory) / _DUMP, Path(directory) / "archive"
            for path in (dump, draft):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
            revision = dumper.dump(dump, tell)
            if revision is None:
                raise BackupError("The database has no tables yet. Run: flask --app wsgi db upgrade")
            tell("Computing the check sum")
            with dump.open("rb") as opened:
                sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
            moment = utc_now().isoformat(timespec="seconds")
            size = dump.stat().st_size
            manifest = Manifest(FORMAT, moment, dumper.kind, revision, size, sha256)
            _pack(manifest, dump, draft)
            draft.rename(file)
    except OSError as error:
        raise BackupError(f"{file} could not be written: {error.strerror or error}.") from None
    return manifest


def check(file: Path, tell: Tell) -> Manifest:
    """Read a backup to its end. Raises BackupError where it is none, or is not what was made."""
    with _opened(file) as (manifest, dump):
        tell("Checking the file")
        seen, size = hashlib.sha256(), 0
        while chunk := dump.read(CHUNK):
            seen.update(chunk)
            size += len(chunk)
    if (size, seen.hexdigest()) != (manifest.size, manifest.sha256):
        raise BackupError(f"{file} is damaged: it is not as it was made. Use another copy of it.")
    return manifest


def restore(url: str, file: Path, tell: Tell, *, replaces: bool) -> Manifest:
    """Put a backup's tables in the place of all that the database has: completely, or not at all.

    The tables have the revision of the backup then. Raises BackupError, having changed nothing,
    when the file is not sound or of another kind of database, when its tables are newer than this
    code, when the database is in use, or when it holds rows and `replaces` does not say so.
    """
    dumper, manifest = dumper_for(url), check(file, tell)
    if manifest.database != dumper.kind:
        raise BackupError(
            f"This backup is of {manifest.database}, and DATABASE_URL names {dumper.kind}. "
            "Restore it to a database of its own kind."
        )
    if manifest.revision not in revisions.revisions():
        raise BackupError(
            f"This backup was made by a newer release (revision {manifest.revision}). Install that first."
        )
    if dumper.holds_rows() and not replaces:
        raise BackupError(
            "The database is not empty. Make a backup of it, and give --replace if all that it holds "
            "is to go."
        )
    with _opened(file) as (_, dump):
        dumper.load(dump, tell)
    return manifest


def _pack(manifest: Manifest, dump: Path, to: Path) -> None:
    words = json.dumps(asdict(manifest), indent=2).encode()
    with to.open("wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
        for name, size, content in (
            (_MANIFEST, len(words), BytesIO(words)),
            (_DUMP, manifest.size, dump.open("rb")),
        ):
            member = tarfile.TarInfo(name)
            member.size, member.mode = size, 0o600
            with content:
                archive.addfile(member, content)
        raw.flush()
        os.fsync(raw.fileno())


@contextmanager
def _opened(file: Path) -> Iterator[tuple[Manifest, IO[bytes]]]:
    """The manifest, and the dump to be read. What is wrong with either is a BackupError."""
    try:
        with tarfile.open(file, "r:") as archive:
            manifest = _manifest_in(archive)
            member = archive.next()
            dump = archive.extractfile(member) if member and member.name == _DUMP else None
            if manifest is None or dump is None:
                raise BackupError(f"{file} is no backup of Learning Pulse.")
            yield manifest, dump
    except tarfile.TarError:
        raise BackupError(f"{file} is no backup of Learning Pulse, or is cut short.") from None
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror or error}.") from None


def _manifest_in(archive: tarfile.TarFile) -> Manifest | None:
    member = archive.next()
    if member is None or member.name != _MANIFEST or member.size > _LONGEST_MANIFEST:
        return None
    file = archive.extractfile(member)
    try:
        manifest = Manifest(**json.loads(file.read() if file else b""))
    except (ValueError, TypeError):
        return None
    return manifest if manifest.format == FORMAT else None
