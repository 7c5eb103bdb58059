"""Mobile numbers of staff, for texts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015_texts"
down_revision = "0014_staff_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("mobile", sa.String(), nullable=True))
    op.add_column(
        "person", sa.Column("prefers_texts", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("person", sa.Column("mobile_fails_since", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "mobile_fails_since")
    op.drop_column("person", "prefers_texts")
    op.drop_column("person", "mobile")
