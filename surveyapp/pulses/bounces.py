"""Mails that come back: which addresses a delivery report (RFC 3464) says do not work. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr

from surveyapp.pulses.postbox import OF_ADDRESS

_STATUS = "message/delivery-status"


@dataclass(frozen=True, slots=True)
class Report:
    """What one mail says. `addresses` do not work, for good, by what their mail servers say of them.

    `others` counts addresses for which it says something else: a delay, or a refusal of us.
    """

    is_report: bool
    addresses: frozenset[str] = frozenset()
    others: int = 0


def read_report(content: bytes) -> Report:
    """Read one mail. What is no delivery report, or a broken one, says nothing."""
    fields = [*_recipients(message_from_bytes(content))]
    failed = {address for address, is_failed in fields if is_failed}
    return Report(
        is_report=bool(fields), addresses=frozenset(failed), others=len(fields) - len(failed)
    )


def _recipients(mail: Message) -> Iterator[tuple[str, bool]]:
    """Each address of a report, as we wrote it, and whether it is said not to work."""
    for part in mail.walk():
        if part.get_content_type() != _STATUS or not part.is_multipart():
            continue
        for block in part.get_payload():
            if not isinstance(block, Message):
                continue
            # The first block is about the report itself and has no recipient.
            named = block.get("Original-Recipient") or block.get("Final-Recipient")
            address = parseaddr(str(named or "").partition(";")[2])[1].lower()
            if "@" not in address:
                continue
            action = str(block.get("Action", "")).strip().lower()
            status = str(block.get("Status", "")).strip().encode(errors="replace")
            yield address, action == "failed" and OF_ADDRESS.match(status) is not None
