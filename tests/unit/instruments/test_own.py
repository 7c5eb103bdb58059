"""The wordings of own questions: what was used stays, whatever is done in whatever order (B5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from surveyapp.accounts.models import AuditEvent, User
from surveyapp.extensions import Model
from surveyapp.instruments import own
from surveyapp.instruments.models import OwnQuestion, OwnQuestionVersion
from surveyapp.instruments.own import Wording
from surveyapp.instruments.services import load_library

LIBRARY = load_library()

_wordings = st.builds(
    Wording,
    text=st.sampled_from(["We can ask for help.", "We ask for help.", "We give help here."]),
    text_cy=st.sampled_from(["", "Gallwn ofyn.", "Gofynnwn."]),
    scale=st.just("agree5"),
    factor=st.sampled_from(["", "F1", "F2"]),
    cipd=st.sampled_from([(), ("C1",)]),
)

#: A change of the question, or the launch of a pulse that asks it as it is then.
_deeds = st.lists(_wordings | st.none(), max_size=8)


@contextmanager
def database() -> Iterator[Session]:
    """A database in memory with what own questions need."""
    engine = create_engine("sqlite://")
    tables = [
        one.__table__ for one in (User, AuditEvent, OwnQuestion, OwnQuestionVersion)
    ]
    Model.metadata.create_all(engine, tables=tables)  # type: ignore[arg-type]
    with Session(engine) as session:
        yield session
    engine.dispose()


@given(_wordings, _deeds)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_people_read_under_an_id_never_changes(first: Wording, deeds: list[Wording | None]) -> None:
    with database() as session:
        question_id = own.write(session, LIBRARY, first, actor_id=None).question_id
        read: dict[str, Wording] = {}
        wanted = first
        for deed in deeds:
            if deed is None:
                question = own.one(session, question_id)
                assert question is not None
                own.mark_used(session, [question.now.item_id, "LEA1"])
                session.expire_all()
                read.setdefault(question.now.item_id, question.now.wording)
            else:
                own.reword(session, LIBRARY, question_id, deed, actor_id=None)
                wanted = deed
        session.expire_all()
        question = own.one(session, question_id)
        assert question is not None
        kept = {one.item_id: one for one in question.versions}
        for item_id, words in read.items():
            assert kept[item_id].is_used
            assert kept[item_id].wording.text == words.text
            assert words.text_cy in ("", kept[item_id].wording.text_cy)
        # The last change is what is asked next, and only used words have a version after them.
        assert question.now.wording == wanted
        assert all(one.is_used for one in question.versions[:-1])
        codes = [question.code, *(f"{question.code}.{n}" for n in range(2, len(kept) + 1))]
        assert [*kept] == codes
        assert {own.series_of(item_id) for item_id in kept} == {question.code}


@pytest.mark.parametrize("item_id", ["LEA1", "OWN1", "OWN", "OWN.2", "OWNX.2", "OWN1.", "OWN1.x", "X1.2", ""])
def test_other_ids_are_a_series_of_their_own(item_id: str) -> None:
    assert own.series_of(item_id) == item_id
