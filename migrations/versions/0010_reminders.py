"""Reminders, when mails go out, mails that may not have arrived, and addresses that do not work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010_reminders"
down_revision = "0009_series"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "wave", sa.Column("mails_at_once", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "wave", sa.Column("reminders_at", sa.JSON(), nullable=False, server_default=sa.text("'[]'"))
    )
    op.add_column(
        "wave", sa.Column("last_reminder", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("wave_mail", sa.Column("not_before", sa.DateTime(timezone=True), nullable=True))
    op.add_column("wave_mail", sa.Column("run", sa.Integer(), nullable=True))
    op.add_column("person", sa.Column("undeliverable_since", sa.Date(), nullable=True))
    op.add_column(
        "person", sa.Column("wants_reminders", sa.Boolean(), nullable=False, server_default=sa.true())
    )


def downgrade() -> None:
    # What the release before does not know: what may have gone counts as gone, as it never goes
    # again, and reminders are dropped.
    op.execute("DELETE FROM wave_mail WHERE kind <> 'invitation'")
    op.execute(
        "UPDATE wave_mail SET state = 'sent' WHERE state IN ('handing_over', 'unconfirmed')"
    )
    op.drop_column("person", "wants_reminders")
    op.drop_column("person", "undeliverable_since")
    op.drop_column("wave_mail", "run")
    op.drop_column("wave_mail", "not_before")
    op.drop_column("wave", "last_reminder")
    op.drop_column("wave", "reminders_at")
    op.drop_column("wave", "mails_at_once")
