"""The words of the field: factors, sentiments and flags. Imports nothing heavy."""

from __future__ import annotations

from enum import StrEnum


class Factor(StrEnum):
    """The seven learning-culture factors, in the instrument's order F1 to F7."""

    LEADERSHIP = "leadership"
    COMMUNICATION = "communication"
    CONTINUOUS_LEARNING = "continuous_learning"
    RECOGNITION = "recognition"
    MENTORSHIP = "mentorship"
    FEEDBACK = "feedback"
    DEVELOPMENT_GOALS = "development_goals"


class Sentiment(StrEnum):
    POSITIVE = "positive"
    NEGATIVE = "negative"
    NEUTRAL_MIXED = "neutral_mixed"


class Flag(StrEnum):
    """What a person should know about a comment before it is shown."""

    CONCERN = "concern"
    NOT_ENGLISH = "not_english"
    TOO_SHORT = "too_short"
    NEEDS_PERSON = "needs_person"


FACTORS: tuple[Factor, ...] = tuple(Factor)
SENTIMENTS: tuple[Sentiment, ...] = tuple(Sentiment)

FACTOR_LABELS: dict[Factor, str] = {
    Factor.LEADERSHIP: "Leadership",
    Factor.COMMUNICATION: "Communication and collaboration",
    Factor.CONTINUOUS_LEARNING: "Continuous learning",
    Factor.RECOGNITION: "Recognition and reward",
    Factor.MENTORSHIP: "Mentorship",
    Factor.FEEDBACK: "Feedback",
    Factor.DEVELOPMENT_GOALS: "Professional development goals",
}
