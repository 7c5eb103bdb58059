"""Questions and sets of the organisation's own. These commit."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from surveyapp.instruments import own, services, set_changes
from surveyapp.instruments.own import Wording

#: Nothing is wrong with this one; of the other nobody but a person can tell.
CLEAR = "I can ask for help."
UNSURE = "My job is hard."


def wording(**changed: Any) -> Wording:
    return Wording(**{"text": CLEAR, "text_cy": "", "scale": "agree5", "factor": "F3", **changed})


def own_question(session: Session, **changed: Any) -> int:
    """Writes a question and returns its number."""
    question = own.write(session, services.load_library(), wording(**changed), actor_id=None)
    session.commit()
    return question.question_id


def own_set(session: Session, *questions: str | int, name: str = "My set") -> str:
    """Makes a set of questions of the library, by id, and own ones, by number. Returns its id for a plan."""
    set_id = set_changes.create(session, name, actor_id=None)
    for question in questions:
        key = question if isinstance(question, str) else f"own-{question}"
        set_changes.add(session, services.load_library(), set_id, [key], actor_id=None)
    session.commit()
    return f"own-{set_id}"
