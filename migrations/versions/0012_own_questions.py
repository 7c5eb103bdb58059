"""Questions and sets of questions of the organisation's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012_own_questions"
down_revision = "0011_messages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_question")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "own_question_version",
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("text_cy", sa.String(), nullable=False),
        sa.Column("scale", sa.String(), nullable=False),
        sa.Column("factor", sa.String(), nullable=False),
        sa.Column("cipd", sa.JSON(), nullable=False),
        sa.Column("hee", sa.JSON(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("is_used", sa.Boolean(), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_own_question_version_version_from_one")),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["own_question.id"],
            name=op.f("fk_own_question_version_question_id_own_question"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("question_id", "version", name=op.f("pk_own_question_version")),
        sa.UniqueConstraint("item_id", name=op.f("uq_own_question_version_item_id")),
    )
    op.create_table(
        "own_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_on", sa.Date(), nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_template")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "own_template_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("library_item", sa.String(), nullable=True),
        sa.Column("question_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(library_item IS NULL) <> (question_id IS NULL)",
            name=op.f("ck_own_template_item_one_question"),
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["own_question.id"],
            name=op.f("fk_own_template_item_question_id_own_question"),
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["own_template.id"],
            name=op.f("fk_own_template_item_template_id_own_template"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_template_item")),
        sa.UniqueConstraint(
            "template_id", "library_item", name=op.f("uq_own_template_item_template_id_library_item")
        ),
        sa.UniqueConstraint(
            "template_id", "question_id", name=op.f("uq_own_template_item_template_id_question_id")
        ),
    )


def downgrade() -> None:
    op.drop_table("own_template_item")
    op.drop_table("own_template")
    op.drop_table("own_question_version")
    op.drop_table("own_question")
