"""Looking waves up, one or many, and taking their locks. Used through `services`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session, selectinload

from surveyapp.disclosure.hierarchy import Tree
from surveyapp.instruments import services as instruments
from surveyapp.pulses.models import FrozenUnit, Wave, WaveItem, WaveKind, WaveState, WaveUnit
from surveyapp.timekeeping import database_now

#: The first of three monthly waves closes no longer than this before the last one does.
LONGEST_QUARTER = timedelta(days=120)

#: Pulses that a report looks back on: three years of monthly ones.
LOOKED_BACK_ON = 36


_BY_REFERENCE = select(Wave).where(Wave.reference == bindparam("reference"))


class WaveStateError(RuntimeError):
    """The wave is not in a state that allows this. The message can be shown to the person."""


def wave(session: Session, wave_id: int) -> Wave | None:
    return session.get(Wave, wave_id)


def wave_by_reference(session: Session, reference: str) -> Wave | None:
    return session.scalar(_BY_REFERENCE, {"reference": reference})


def waves(session: Session) -> Sequence[Wave]:
    """All waves, the newest first."""
    return session.scalars(select(Wave).order_by(Wave.opens_at.desc(), Wave.id.desc())).all()


def waves_of_series(session: Session, series_id: int) -> Sequence[Wave]:
    """The waves of a series, the newest first."""
    return session.scalars(
        select(Wave).where(Wave.series_id == series_id).order_by(Wave.number.desc(), Wave.id.desc())
    ).all()


def counted_waves(session: Session) -> Sequence[Wave]:
    """Waves with results, pulses and imports alike, the newest first."""
    return session.scalars(
        select(Wave)
        .where(Wave.state == WaveState.COUNTED)
        .order_by(Wave.closes_at.desc(), Wave.id.desc())
    ).all()


def quarter_ending_with(session: Session, wave: Wave) -> list[Wave]:
    """The waves that make up a quarter with this one as its last, oldest first, or nothing.

    They asked the same units, each the set of questions of its month, in the months before.
    """
    template = instruments.load_library(wave.library_version).templates.get(wave.template_id)
    choices = {choice.key: choice for choice in template.choices} if template else {}
    keys = choices[wave.choice_key].quarter if wave.choice_key in choices else ()
    if not keys:
        return []
    earlier = session.scalars(
        select(Wave)
        .where(
            Wave.state == WaveState.COUNTED,
            Wave.template_id == wave.template_id,
            Wave.library_version == wave.library_version,
            Wave.choice_key.in_(keys[:-1]),
            Wave.closes_at < wave.closes_at,
            Wave.closes_at > wave.closes_at - LONGEST_QUARTER,
        )
        .order_by(Wave.closes_at, Wave.id)
    )
    # Of two waves of one month the later one stands for it.
    of_month = {
        one.choice_key: one for one in earlier if one.audience_unit_ids == wave.audience_unit_ids
    }
    return [*(of_month[key] for key in keys[:-1]), wave] if len(of_month) == len(keys) - 1 else []


def comparable_waves(session: Session, wave: Wave) -> list[Wave]:
    """Counted pulses that reached people in the same way and closed before this one, oldest first."""
    earlier = session.scalars(
        select(Wave)
        .where(
            Wave.state == WaveState.COUNTED,
            Wave.kind == WaveKind.PULSE,
            Wave.channel == wave.channel,
            Wave.closes_at < wave.closes_at,
        )
        .order_by(Wave.closes_at.desc(), Wave.id.desc())
        .limit(LOOKED_BACK_ON)
        .options(selectinload(Wave.items))
    ).all()
    return [*reversed(earlier)]


def latest_asking(session: Session, item_id: str) -> tuple[Wave, int] | None:
    """The last counted pulse that asked a question, and the id of its organisation."""
    row = session.execute(
        select(Wave, WaveUnit.unit_id)
        .join(WaveItem, WaveItem.wave_id == Wave.id)
        .join(WaveUnit, WaveUnit.wave_id == Wave.id)
        .where(
            Wave.state == WaveState.COUNTED,
            WaveItem.item_id == item_id,
            WaveUnit.parent_id.is_(None),
        )
        .order_by(Wave.closes_at.desc(), Wave.id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def wave_ids_in(session: Session, *states: WaveState) -> list[int]:
    return list(session.scalars(select(Wave.id).where(Wave.state.in_(states)).order_by(Wave.id)))


def wave_units(session: Session, wave_id: int) -> list[FrozenUnit]:
    """The frozen unit tree of a wave."""
    rows = session.scalars(
        select(WaveUnit).where(WaveUnit.wave_id == wave_id).order_by(WaveUnit.unit_id)
    )
    return [row.frozen() for row in rows]


def tree_of(units: Iterable[FrozenUnit]) -> Tree:
    """The shape of a frozen unit tree. Raises ValueError unless it has exactly one root."""
    return Tree({unit.unit_id: unit.parent_id for unit in units})


def wave_ids_with_units(session: Session, unit_ids: Collection[int]) -> set[int]:
    """Waves in whose frozen unit tree one of these units stands."""
    return set(
        session.scalars(select(WaveUnit.wave_id).where(WaveUnit.unit_id.in_(unit_ids)).distinct())
    )


def lock_for_count(session: Session, wave_id: int) -> Wave | None:
    """The wave under an exclusive lock if its ballots are still sealed, else None."""
    wave = lock_wave(session, wave_id)
    return wave if wave.state in {WaveState.CLOSED, WaveState.CANNOT_BE_COUNTED} else None


def lock_for_launch(session: Session, wave_id: int) -> Wave | None:
    """The wave under an exclusive lock if its launch is unfinished, else None."""
    wave = lock_wave(session, wave_id)
    return wave if wave.state == WaveState.LAUNCHING else None


_wave_table = Wave.__table__

# Made once, and of the table: staff wait for these, and nothing else of the wave is wanted.
_OPENNESS = select(_wave_table.c.state, _wave_table.c.closes_at).where(
    _wave_table.c.id == bindparam("wave_id")
)
_OPENNESS_BY_ITS_CLOCK = _OPENNESS.add_columns(func.clock_timestamp().label("now"))
_OPENNESS_UNDER_LOCK = _OPENNESS.with_for_update(read=True)


def is_open(session: Session, wave_id: int) -> bool:
    """Whether the wave is open now, by the database's clock. Waits for nobody."""
    if session.get_bind().dialect.name == "postgresql":
        row = session.execute(_OPENNESS_BY_ITS_CLOCK, {"wave_id": wave_id}).one()
        return bool(row.state == WaveState.OPEN and row.closes_at > row.now)
    row = session.execute(_OPENNESS, {"wave_id": wave_id}).one()
    return bool(row.state == WaveState.OPEN and row.closes_at > database_now(session))


def takes_ballots(session: Session, wave_id: int) -> bool:
    """The same under a shared lock, which keeps a close waiting until the caller's transaction ends.

    Ask `is_open` first: the count holds the other lock all the time, and nobody should wait for it.
    On SQLite it holds once the caller has written: see `locks_rows`.
    """
    row = session.execute(_OPENNESS_UNDER_LOCK, {"wave_id": wave_id}).one()
    # Asked after the lock was waited for, not in the statement that waits.
    return bool(row.state == WaveState.OPEN and row.closes_at > database_now(session))


def locks_rows(session: Session) -> bool:
    """Whether the database locks rows. SQLite does not: it has one writer, which is whoever has written."""
    return session.get_bind().dialect.name != "sqlite"


def lock_wave(session: Session, wave_id: int) -> Wave:
    """The wave under an exclusive lock. Raises WaveStateError when there is none."""
    if not locks_rows(session):  # then whoever writes, if nothing new, is the one writer
        session.execute(
            update(Wave).where(Wave.id == wave_id).values(state=Wave.state),
            execution_options={"synchronize_session": False},
        )
    wave = session.scalar(
        select(Wave)
        .where(Wave.id == wave_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if wave is None:
        raise WaveStateError("This pulse does not exist.")
    return wave
