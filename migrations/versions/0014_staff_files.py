"""Staff files of any shape, read by a worker, and the memory of which column is which.

A staff file waits for an hour at most, so the table of those that wait is made anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_staff_files"
down_revision = "0013_languages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("staff_upload")
    op.create_table(
        "staff_upload",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("rows_in_all", sa.Integer(), nullable=False),
        sa.Column("make_units", sa.Boolean(), nullable=False),
        sa.Column("apply_moves", sa.Boolean(), nullable=False),
        sa.Column("remove_leavers", sa.Boolean(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=True),
        sa.Column("statuses", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('checking', 'columns', 'checked', 'importing', 'done', 'failed')",
            name=op.f("ck_staff_upload_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_staff_upload_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_staff_upload")),
    )
    op.create_table(
        "staff_upload_file",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sheet", sa.JSON(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["staff_upload.user_id"],
            name=op.f("fk_staff_upload_file_user_id_staff_upload"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_staff_upload_file")),
    )
    op.create_table(
        "staff_file_columns",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("statuses", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_staff_file_columns")),
    )


def downgrade() -> None:
    op.drop_table("staff_file_columns")
    op.drop_table("staff_upload_file")
    op.drop_table("staff_upload")
    op.create_table(
        "staff_upload",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("make_units", sa.Boolean(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_staff_upload_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_staff_upload")),
    )
