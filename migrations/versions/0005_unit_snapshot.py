"""What may be shown of a wave is kept a row a unit, so that pages read only what they show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_unit_snapshot"
down_revision = "0004_corrections"
branch_labels = None
depends_on = None

_WAVES = sa.table("wave_snapshot", sa.column("wave_id", sa.Integer), sa.column("payload", sa.JSON))
_UNITS = sa.table(
    "unit_snapshot",
    sa.column("wave_id", sa.Integer),
    sa.column("unit_id", sa.Integer),
    sa.column("payload", sa.JSON),
)


def upgrade() -> None:
    op.create_table(
        "unit_snapshot",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["wave.id"], name=op.f("fk_unit_snapshot_wave_id_wave")
        ),
        sa.PrimaryKeyConstraint("wave_id", "unit_id", name=op.f("pk_unit_snapshot")),
    )
    connection = op.get_bind()
    # A wave at a time: a large one is many megabytes.
    for wave_id in connection.scalars(sa.select(_WAVES.c.wave_id)).all():
        wave = _WAVES.c.wave_id == wave_id
        payload = connection.scalar(sa.select(_WAVES.c.payload).where(wave))
        units = payload.pop("units")
        if units:
            connection.execute(
                sa.insert(_UNITS),
                [{"wave_id": wave_id, "unit_id": unit["unit_id"], "payload": unit} for unit in units],
            )
        connection.execute(sa.update(_WAVES).where(wave).values(payload=payload))


def downgrade() -> None:
    connection = op.get_bind()
    for wave_id, payload in connection.execute(sa.select(_WAVES)).all():
        units = connection.scalars(
            sa.select(_UNITS.c.payload).where(_UNITS.c.wave_id == wave_id).order_by(_UNITS.c.unit_id)
        ).all()
        connection.execute(
            sa.update(_WAVES)
            .where(_WAVES.c.wave_id == wave_id)
            .values(payload={**payload, "units": list(units)})
        )
    op.drop_table("unit_snapshot")
