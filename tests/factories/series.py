"""Series, set up through the real services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.series import services
from surveyapp.series.models import Series
from surveyapp.series.services import Setup
from surveyapp.timekeeping import LOCAL_ZONE, utc_now
from tests.factories.organisation import Organisation


def make_series(
    session: Session, trust: Organisation, *, audience: Sequence[int] = (), **rules: Any
) -> Series:
    """A monthly series from tomorrow on that nothing keeps from running, committed.

    `rules` are keys of a series file; None takes one away.
    """
    keys = {
        "title": "Learning pulse",
        "questions": "monthly_pulse_5",
        "every": "month",
        "first": (utc_now().astimezone(LOCAL_ZONE).date() + timedelta(days=1)).isoformat(),
        "national_surveys": [],
        **rules,
    }
    series = services.create(
        session,
        Setup(
            rules={key: value for key, value in keys.items() if value is not None},
            audience_unit_ids=tuple(audience) or (trust.root,),
            minimum_group=10,
        ),
        actor_id=None,
    )
    session.commit()
    return series
