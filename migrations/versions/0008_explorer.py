"""Which comments speak of which theme, and what groups of them have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008_explorer"
down_revision = "0007_summary_mail"
branch_labels = None
depends_on = None

_COMMENTS = sa.table(
    "comment", *(sa.column(name) for name in ("id", "wave_id", "unit_id", "release", "text"))
)
_READINGS = sa.table(
    "comment_analysis",
    sa.column("comment_id"),
    sa.column("model_version"),
    sa.column("sentiment"),
    sa.column("findings", sa.JSON),
)
_CORRECTIONS = sa.table(
    "comment_correction", sa.column("comment_id"), sa.column("number"), sa.column("said", sa.JSON)
)


def upgrade() -> None:
    mentions = op.create_table(
        "comment_mention",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("factor", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.String(length=32), nullable=False),
        sa.Column("stance", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comment.id"],
            name=op.f("fk_comment_mention_comment_id_comment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["wave.id"], name=op.f("fk_comment_mention_wave_id_wave")
        ),
        sa.PrimaryKeyConstraint(
            "wave_id", "factor", "unit_id", "comment_id", name=op.f("pk_comment_mention")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_comment_mention_comment_id", "comment_mention", ["comment_id"])
    op.create_table(
        "subtheme",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("factor", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_subtheme_wave_id_wave")),
        sa.PrimaryKeyConstraint("wave_id", "unit_id", "factor", "number", name=op.f("pk_subtheme")),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Like `comment.text` in 0003: words of comments outlive no deletion in samples.
        op.execute("ALTER TABLE subtheme ALTER COLUMN name SET STATISTICS 0")
    op.create_table(
        "subtheme_comment",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("factor", sa.String(), nullable=False),
        sa.Column("comment_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comment.id"],
            name=op.f("fk_subtheme_comment_comment_id_comment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["wave.id"], name=op.f("fk_subtheme_comment_wave_id_wave")
        ),
        sa.PrimaryKeyConstraint(
            "wave_id", "unit_id", "factor", "comment_id", name=op.f("pk_subtheme_comment")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_subtheme_comment_comment_id", "subtheme_comment", ["comment_id"])
    op.add_column(
        "wave_themes",
        sa.Column("is_grouped", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    connection = op.get_bind()
    for wave_id in connection.scalars(sa.select(_COMMENTS.c.wave_id).distinct()).all():
        if rows := list(_mentions(connection, wave_id)):
            connection.execute(sa.insert(mentions), rows)


def downgrade() -> None:
    op.drop_column("wave_themes", "is_grouped")
    op.drop_index("ix_subtheme_comment_comment_id", "subtheme_comment")
    op.drop_table("subtheme_comment")
    op.drop_table("subtheme")
    op.drop_index("ix_comment_mention_comment_id", "comment_mention")
    op.drop_table("comment_mention")


def _mentions(connection: sa.Connection, wave_id: int) -> Iterator[dict[str, Any]]:
    """What the released comments of a wave speak of: by the last correction, or else the newest reading."""
    here = _COMMENTS.c.wave_id == wave_id
    said = dict(
        connection.execute(
            sa.select(_CORRECTIONS.c.comment_id, _CORRECTIONS.c.said)
            .join(_COMMENTS, _COMMENTS.c.id == _CORRECTIONS.c.comment_id)
            .where(here)
            .order_by(_CORRECTIONS.c.number)
        ).all()
    )
    rows = connection.execute(
        sa.select(
            _COMMENTS.c.id,
            _COMMENTS.c.unit_id,
            _READINGS.c.model_version,
            _READINGS.c.sentiment,
            _READINGS.c.findings,
        )
        .join(_READINGS, _READINGS.c.comment_id == _COMMENTS.c.id)
        .where(
            here,
            _COMMENTS.c.release == "released",
            _COMMENTS.c.text.is_not(None),
            _COMMENTS.c.unit_id.is_not(None),
        )
    ).all()
    newest = {row.id: row for row in sorted(rows, key=lambda row: _age(row.model_version))}
    for comment_id, row in newest.items():
        if comment_id in said:
            stances, whole = said[comment_id]["factors"], said[comment_id]["sentiment"]
        else:
            stances = {finding["factor"]: finding["sentiment"] for finding in row.findings}
            whole = row.sentiment
        for factor, stance in (stances or {"": whole}).items():
            yield {
                "wave_id": wave_id,
                "factor": factor,
                "unit_id": row.unit_id,
                "comment_id": comment_id,
                "stance": stance,
            }


def _age(version: str) -> list[tuple[int, str]]:
    """1.9 before 1.10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part)
        for part in re.split(r"(\d+)", version)
        if part
    ]
