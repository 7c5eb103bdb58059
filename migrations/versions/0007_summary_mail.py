"""Summaries of reports by e-mail: who was sent which, and who wants none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_summary_mail"
down_revision = "0006_actions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "user_account",
        sa.Column("wants_summaries", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.create_table(
        "summary_mail",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("is_sent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_summary_mail_wave_id_wave")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_summary_mail_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("wave_id", "user_id", name=op.f("pk_summary_mail")),
    )


def downgrade() -> None:
    op.drop_table("summary_mail")
    op.drop_column("user_account", "wants_summaries")
