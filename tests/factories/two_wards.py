"""A trust of a large and a small ward, one closed wave, and a stand-in for the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from flask import current_app
from sqlalchemy import select

from nlp.taxonomy import Factor, Flag, Sentiment
from nlp.types import CommentAnalysis as Reading
from nlp.types import FactorFinding
from surveyapp.accounts.services import Reader, create_user
from surveyapp.ballots.services import key_directory
from surveyapp.comments import jobs, services
from surveyapp.comments.models import Comment
from surveyapp.comments.services import Placed
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.permissions import RoleName
from surveyapp.pulses import services as pulses

TODAY = date(2026, 3, 2)
PASSWORD = "four quiet wards at dawn"


class StandIn:
    """Finds 'handover', flags 'unsafe', removes 'Jo'. Counts what it has read."""

    def __init__(self, *, dies_after: int | None = None, stumbles_on: str = "\0") -> None:
        self.read = 0
        self.dies_after = dies_after
        self.stumbles_on = stumbles_on

    def analyse(self, texts: Iterable[str], *, batch_size: int = 64) -> Iterator[Reading]:
        for text in texts:
            if self.dies_after is not None and self.read >= self.dies_after:
                raise KeyboardInterrupt  # as a killed worker: nothing may catch it
            if self.stumbles_on in text:
                raise RuntimeError(text)
            self.read += 1
            yield reading_of(text.replace("Jo", "[name]"))


def reading_of(text: str) -> Reading:
    start = text.find("handover")
    found = (
        (
            FactorFinding(
                Factor.COMMUNICATION, 0.9, Sentiment.NEGATIVE, 0.8, start, start + len("handover")
            ),
        )
        if start >= 0
        else ()
    )
    flags = (Flag.CONCERN,) if "unsafe" in text else ()
    return Reading(text, (), found, Sentiment.NEGATIVE, 0.8, flags, "stand-in-1")


class TwoWards:
    """An organisation of two wards, one large and one small, and a closed wave."""

    def __init__(self) -> None:
        session = db.session()
        self.root = organisation.ensure_root(session, "Trust").id
        self.large = organisation.add_unit(session, name="Large", parent_id=self.root).id
        self.small = organisation.add_unit(session, name="Small", parent_id=self.root).id
        session.flush()
        self.wave = pulses.create_imported_wave(
            session, title="Spring", unit_counts={self.large: 60, self.small: 20}
        ).id
        session.commit()

    def put(self, unit_id: int | None, *texts: str) -> None:
        key = key_directory(settings()).comment_key()
        services.store(
            db.session(),
            self.wave,
            [Placed("C1", unit_id, key.seal(text.encode())) for text in texts],
            today=TODAY,
        )
        db.session.commit()

    def analyse(self, **options: Any) -> StandIn:
        stand_in = StandIn(**options)
        jobs.analyse_wave(self.wave, analyser=stand_in)
        return stand_in

    def released(self) -> list[str]:
        everywhere = [self.root, self.large, self.small]
        return [c.text for c in services.released(db.session(), self.wave, everywhere)]

    def one(self) -> Comment:
        db.session.expire_all()
        return db.session.scalars(select(Comment)).one()

    def states(self) -> dict[str, int]:
        return dict(services.progress(db.session(), self.wave))


def settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def reviewer(*unit_ids: int) -> Reader:
    return Reader(user_id=reviewing_user(*unit_ids), reads_all_units=False, unit_ids=frozenset(unit_ids))


def reviewing_user(*unit_ids: int) -> int:
    made = create_user(
        db.session(),
        email=f"reviewer{len(unit_ids)}.{sum(unit_ids)}@example.org",
        name="Reviewer",
        password=PASSWORD,
        roles=[RoleName.COMMENT_REVIEWER],
        led_unit_ids=unit_ids,
    )
    db.session.commit()
    return made.id
