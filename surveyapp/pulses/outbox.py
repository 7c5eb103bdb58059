"""The mails that a demonstration keeps as files instead of sending them. Never raises for a file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path

#: What the file backend writes after each mail.
_END_OF_MAIL = b"\n" + b"-" * 79 + b"\n"

#: An invitation has one or two thousand bytes. More is no mail of ours, and is cut off.
_MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail as its reader would see it. `kept_at` is when its file was last written."""

    to: str
    subject: str
    text: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """Some of the mails, the newest first. `total` counts the files, which hold one mail each."""

    mails: tuple[KeptMail, ...]
    number: int
    pages: int
    total: int


def read_page(directory: Path, *, number: int, size: int) -> OutboxPage:
    """The page of that number, or the nearest there is. Only its own files are opened.

    A file that holds no mail yet, or something else, is left out.
    """
    files = _newest_first(directory)
    pages = max(1, -(-len(files) // size))
    number = min(max(1, number), pages)
    mails = [
        mail
        for path, kept_at in files[(number - 1) * size : number * size]
        for mail in _mails_in(path, kept_at)
    ]
    return OutboxPage(tuple(mails), number, pages, len(files))


def _newest_first(directory: Path) -> list[tuple[str, datetime]]:
    found = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.name.endswith(".log") and entry.is_file(follow_symlinks=False):
                    found.append((entry.stat().st_mtime_ns, entry.path))
    except OSError:
        return []  # nothing has been kept yet
    found.sort(reverse=True)
    return [(path, datetime.fromtimestamp(at / 1e9, UTC)) for at, path in found]


def _mails_in(path: str, kept_at: datetime) -> list[KeptMail]:
    try:
        with open(path, "rb") as file:
            content = file.read(_MOST_BYTES)
    except OSError:
        return []  # removed since it was listed
    read = (_read(part, kept_at) for part in content.split(_END_OF_MAIL))
    return [mail for mail in reversed(list(read)) if mail is not None]


def _read(raw: bytes, kept_at: datetime) -> KeptMail | None:
    message = message_from_bytes(raw)
    to = _header(message, "To")
    text = _text(message)
    if not to or not text:
        return None
    return KeptMail(to=to, subject=_header(message, "Subject"), text=text, kept_at=kept_at)


def _header(message: Message, name: str) -> str:
    raw = str(message.get(name, ""))
    try:
        return " ".join(str(make_header(decode_header(raw))).split())
    except (ValueError, LookupError):
        return raw  # not in a character set that Python knows


def _text(message: Message) -> str:
    payload = message.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(message.get_content_charset("utf-8"), errors="replace").strip()
    except LookupError:
        return payload.decode("utf-8", errors="replace").strip()
