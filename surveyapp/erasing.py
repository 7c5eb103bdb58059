"""Counting and deleting rows of several tables. Which rows those are, each feature says."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from surveyapp.extensions import Model

#: Tables, each with its rows in question, in an order in which they can be deleted.
Rows = Sequence[tuple[type[Model], ColumnElement[bool]]]


def count_rows(session: Session, rows: Rows) -> dict[str, int]:
    """How many rows there are, by the table's name."""
    return {
        table.__tablename__: session.scalar(select(func.count()).select_from(table).where(chosen)) or 0
        for table, chosen in rows
    }


def delete_rows(session: Session, rows: Rows) -> dict[str, int]:
    """Delete them. Returns how many there were, by the table's name."""
    options = {"synchronize_session": False}
    return {
        table.__tablename__: session.execute(  # type: ignore[attr-defined]
            delete(table).where(chosen), execution_options=options
        ).rowcount
        for table, chosen in rows
    }
