"""Reviewing a comment."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField

from surveyapp.comments.review import Decision
from surveyapp.design.fields import CommentBox


class DecisionForm(FlaskForm):
    """The buttons of a card."""

    decision = HiddenField()

    @property
    def choice(self) -> Decision | None:
        return Decision(self.decision.data) if self.decision.data in set(Decision) else None


class EditForm(FlaskForm):
    text = CommentBox(
        "Comment",
        max_chars=40_000,
        hint="Take out words that point at a person, or put [removed] in their place.",
    )
