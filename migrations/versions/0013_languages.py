"""What a wave asks, in Welsh as well."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_languages"
down_revision = "0012_own_questions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "wave_item", sa.Column("text_cy", sa.String(), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("wave_item", "text_cy")
