"""'You said, we did': what is done about what staff said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006_actions"
down_revision = "0005_unit_snapshot"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "unit_action",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("unit_name", sa.String(), nullable=False),
        sa.Column("is_for_everyone", sa.Boolean(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("heard", sa.String(), nullable=False),
        sa.Column("doing", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("wave_id", sa.Integer(), nullable=True),
        sa.Column("wave_title", sa.String(), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "status IN ('planned', 'under_way', 'done', 'not_doing')",
            name=op.f("ck_unit_action_status_known"),
        ),
        sa.CheckConstraint(
            "(status = 'not_doing') = (reason <> '')",
            name=op.f("ck_unit_action_reason_if_not_doing"),
        ),
        sa.CheckConstraint(
            "status = 'not_doing' OR doing <> ''", name=op.f("ck_unit_action_says_what")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_unit_action_unit_id_unit"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["wave.id"], name=op.f("fk_unit_action_wave_id_wave"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_action")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_unit_action_unit_id", "unit_action", ["unit_id"])
    op.create_index("ix_unit_action_published_on", "unit_action", ["published_on"])


def downgrade() -> None:
    op.drop_table("unit_action")
