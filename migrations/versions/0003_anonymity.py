"""Open links, one breakdown, reporting groups, concerns, and proof of deletion."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003_anonymity"
down_revision = "0002_wave_themes"
branch_labels = None
depends_on = None

#: PostgreSQL keeps samples of columns for its planner, long after the rows they come from.
_NOT_SAMPLED = (
    ("comment", "text"),
    ("comment", "sealed_original"),
    ("concern", "text"),
    ("sealed_ballot", "ciphertext"),
    ("voucher", "token_hash"),
    ("spent_ticket", "ticket_hash"),
)


def _wave_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("channel", sa.String(), nullable=False, server_default="personal"),
        sa.Column("breakdown", sa.String(), nullable=False, server_default="none"),
        sa.Column("groups_small_units", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("review_all", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("privacy_version", sa.String(), nullable=False, server_default=""),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keys_destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
    )


def upgrade() -> None:
    for column in _wave_columns():
        op.add_column("wave", column)
    op.add_column(
        "voucher", sa.Column("staff_group", sa.String(), nullable=False, server_default="")
    )
    op.create_table(
        "spent_ticket",
        sa.Column("ticket_hash", sa.String(length=64), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_spent_ticket_wave_id_wave")),
        sa.PrimaryKeyConstraint("ticket_hash", name=op.f("pk_spent_ticket")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_spent_ticket_wave_id", "spent_ticket", ["wave_id"])
    op.create_table(
        "concern",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("is_handled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_concern_wave_id_wave")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_concern")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_concern_wave_id", "concern", ["wave_id"])
    op.create_table(
        "deletion_certificate",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["wave.id"], name=op.f("fk_deletion_certificate_wave_id_wave")
        ),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_deletion_certificate")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table, column in _NOT_SAMPLED:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, column in _NOT_SAMPLED:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS -1")
    op.drop_table("deletion_certificate")
    op.drop_table("concern")
    op.drop_table("spent_ticket")
    op.drop_column("voucher", "staff_group")
    for column in reversed(_wave_columns()):
        op.drop_column("wave", column.name)
