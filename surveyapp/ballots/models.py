"""The sealed ballot box, and what the count leaves behind.

Tables whose order of writing could tell something carry random ids and, on SQLite, no rowid.
"""

from __future__ import annotations

import secrets

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from surveyapp.extensions import Model

_NO_ORDER = {"sqlite_with_rowid": False}


def random_id() -> str:
    """128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


class Voucher(Model):
    """The right to cast one ballot. It names no person; it is destroyed at the count."""

    __tablename__ = "voucher"
    __table_args__ = (Index("ix_voucher_wave_id", "wave_id"), _NO_ORDER)

    #: SHA-256 of the token, in hexadecimal. The token itself is never stored.
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    unit_id: Mapped[int]
    #: Empty unless the wave's results are split by staff group.
    staff_group: Mapped[str] = mapped_column(default="", server_default="")
    spent: Mapped[bool] = mapped_column(default=False)


class SpentTicket(Model):
    """A form of an open link that has been sent, so that it cannot be sent again (A23)."""

    __tablename__ = "spent_ticket"
    __table_args__ = (Index("ix_spent_ticket_wave_id", "wave_id"), _NO_ORDER)

    #: SHA-256 of the form's random number, in hexadecimal; destroyed at the count.
    ticket_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))


class SealedBallot(Model):
    """A ballot that only the count can open. It names no voucher, person or time."""

    __tablename__ = "sealed_ballot"
    __table_args__ = (Index("ix_sealed_ballot_wave_id", "wave_id"), _NO_ORDER)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)


class Response(Model):
    """One counted ballot, no finer than may be shown."""

    __tablename__ = "response"
    __table_args__ = (Index("ix_response_wave_id", "wave_id"), _NO_ORDER)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_id)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    #: The lowest publishable unit on the path, or the organisation.
    unit_id: Mapped[int]


class Answer(Model):
    """One answer of one response. Blank and 'not sure' are both without a value."""

    __tablename__ = "answer"
    __table_args__ = (CheckConstraint("value BETWEEN 1 AND 5", name="value_on_scale"), _NO_ORDER)

    response_id: Mapped[str] = mapped_column(
        ForeignKey("response.id", ondelete="CASCADE"), primary_key=True
    )
    item_id: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int | None]
