"""Words of L&D's own for invitations, reminders and texts to copy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_messages"
down_revision = "0010_reminders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message_text",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "language", name=op.f("pk_message_text")),
    )


def downgrade() -> None:
    op.drop_table("message_text")
