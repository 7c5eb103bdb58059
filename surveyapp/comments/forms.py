"""Reviewing a comment, and marking a concern."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectMultipleField

from surveyapp.comments.review import Decision


class DecisionForm(FlaskForm):
    """The buttons of a card, and the numbers of the words to take out."""

    decision = HiddenField()
    taken_out = SelectMultipleField(coerce=int, choices=[], validate_choice=False)

    @property
    def choice(self) -> Decision | None:
        return Decision(self.decision.data) if self.decision.data in set(Decision) else None


class ConcernForm(FlaskForm):
    """The button below a concern."""

    handled = HiddenField()

    @property
    def choice(self) -> bool | None:
        return {"yes": True, "no": False}.get(self.handled.data or "")
