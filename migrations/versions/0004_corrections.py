"""People correct what the model read, and an organisation may learn from it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004_corrections"
down_revision = "0003_anonymity"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Readings from before it was kept stand in the middle of their half.
    op.add_column(
        "comment_analysis",
        sa.Column("certainty", sa.Double(), nullable=False, server_default=sa.text("0.75")),
    )
    op.execute(
        "UPDATE comment_analysis SET certainty = 0.25 WHERE CAST(flags AS VARCHAR) LIKE '%needs_person%'"
    )
    op.create_table(
        "comment_correction",
        sa.Column("comment_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("read", sa.JSON(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("picked", sa.String(), nullable=False),
        sa.Column("said_in", sa.Date(), nullable=False),
        sa.Column("reader", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comment.id"],
            name=op.f("fk_comment_correction_comment_id_comment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("comment_id", "number", name=op.f("pk_comment_correction")),
        sqlite_with_rowid=False,
    )
    op.add_column("wave_themes", sa.Column("corrections", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "organisation_choice",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_organisation_choice")),
    )


def downgrade() -> None:
    op.drop_table("organisation_choice")
    op.drop_column("wave_themes", "corrections")
    op.drop_table("comment_correction")
    op.drop_column("comment_analysis", "certainty")
