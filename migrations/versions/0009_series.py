"""Series of pulses, and how often people are asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_series"
down_revision = "0008_explorer"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("audience_unit_ids", sa.JSON(), nullable=False),
        sa.Column("minimum_group", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("breakdown", sa.String(), nullable=False),
        sa.Column("groups_small_units", sa.Boolean(), nullable=False),
        sa.Column("review_all", sa.Boolean(), nullable=False),
        sa.Column("asks_follow_up", sa.Boolean(), nullable=False),
        sa.Column("waits_for_action", sa.Boolean(), nullable=False),
        sa.Column("waived_wave_id", sa.Integer(), nullable=True),
        sa.Column("told_wave_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "state IN ('running', 'paused', 'stopped')", name=op.f("ck_series_state_known")
        ),
        sa.CheckConstraint(
            "minimum_group BETWEEN 5 AND 20", name=op.f("ck_series_minimum_group_allowed")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user_account.id"],
            name=op.f("fk_series_owner_id_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "series_choice",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("occurrence", sa.Date(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["series.id"],
            name=op.f("fk_series_choice_series_id_series"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("series_id", "occurrence", name=op.f("pk_series_choice")),
    )
    op.create_table(
        "blackout_window",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("first", sa.String(), nullable=False),
        sa.Column("last", sa.String(), nullable=False),
        sa.Column("is_hard", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blackout_window")),
        sqlite_autoincrement=True,
    )
    op.add_column("wave", sa.Column("share", sa.Double(), nullable=False, server_default="1"))
    op.add_column("wave", sa.Column("series_id", sa.Integer(), nullable=True))
    op.add_column("wave", sa.Column("occurrence", sa.Date(), nullable=True))
    op.add_column("wave", sa.Column("number", sa.Integer(), nullable=True))
    op.create_index("uq_wave_series_id_occurrence", "wave", ["series_id", "occurrence"], unique=True)
    op.add_column("person", sa.Column("times_asked", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("person", sa.Column("times_asked_in", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "times_asked_in")
    op.drop_column("person", "times_asked")
    op.drop_index("uq_wave_series_id_occurrence", table_name="wave")
    for name in ("number", "occurrence", "series_id", "share"):
        op.drop_column("wave", name)
    op.drop_table("blackout_window")
    op.drop_table("series_choice")
    op.drop_table("series")
