"""Reviewing a comment, correcting its themes, and marking a concern."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, IntegerField, SelectMultipleField

from nlp.taxonomy import FACTORS, Factor, Sentiment
from surveyapp.comments.labels import Labels
from surveyapp.comments.models import Picked
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


class CorrectionForm(FlaskForm):
    """The themes of a comment, the sentiment of each, and where the person came from."""

    factor = SelectMultipleField(choices=[str(factor) for factor in FACTORS])
    sentiment = HiddenField()
    picked = HiddenField()
    unit = IntegerField()
    seen = HiddenField()

    @property
    def labels(self) -> Labels | None:
        """None for what no form of ours sends. A theme without a sentiment has the comment's."""
        try:
            overall = Sentiment(self.sentiment.data or "")
            factors = {
                Factor(name): Sentiment(self[f"stance_{name}"].data or overall)
                for name in self.factor.data or ()
            }
        except ValueError:
            return None
        return Labels(factors, overall)

    @property
    def way(self) -> Picked | None:
        return Picked(self.picked.data) if self.picked.data in set(Picked) else None


for _factor in FACTORS:
    setattr(CorrectionForm, f"stance_{_factor}", HiddenField())
