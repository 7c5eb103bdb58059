"""Themes counted once, for the report pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_wave_themes"
down_revision = "0001_first_release"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wave_themes",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_wave_themes_wave_id_wave")),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_wave_themes")),
    )


def downgrade() -> None:
    op.drop_table("wave_themes")
