"""A pulse in which people say the same few things in many ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from sqlalchemy.orm import Session

from nlp.clustering import Floats
from nlp.embedding import Embedder
from nlp.taxonomy import Factor, Sentiment
from nlp.types import CommentAnalysis as Reading
from nlp.types import FactorFinding
from surveyapp.comments import jobs as comment_jobs
from surveyapp.reports import jobs
from tests.factories import waves
from tests.factories.organisation import make_organisation
from tests.factories.reports import Trust

#: Three subjects, each said in many ways, and a few words on something else.
HANDOVER = [
    f"The handover at {when} is far too {how}, so we miss things."
    for when in ("night", "the weekend", "shift change", "seven")
    for how in ("short", "rushed", "noisy")
]
EMAILS = [
    f"{who} sends so many emails that nobody reads them {when}."
    for who in ("Head office", "The team lead", "Our manager")
    for when in ("at work", "any more", "in time")
]
HUDDLE = [
    f"The morning huddle is good: {why}."
    for why in (
        "everyone hears the plan",
        "we ask questions",
        "doctors come too",
        "it is short",
        "people laugh",
        "we all speak",
    )
]
ODD = ["Parking costs 100% too much_really.", "The canteen closes early."]
SAID = [*HANDOVER, *EMAILS, *HUDDLE, *ODD]


class OneTheme:
    """Finds communication in every comment, good where it says so."""

    def analyse(self, texts: Iterable[str], *, batch_size: int = 64) -> Iterator[Reading]:
        for text in texts:
            stance = Sentiment.POSITIVE if "good" in text else Sentiment.NEGATIVE
            finding = FactorFinding(Factor.COMMUNICATION, 0.9, stance, 0.9, 0, len(text))
            yield Reading(text, (), (finding,), stance, 0.9, (), "one-theme-1")


class Counted:
    """The real embeddings, and how many sentences were embedded."""

    def __init__(self) -> None:
        self.sentences = 0

    def embed(self, sentences: Sequence[str]) -> Floats:
        self.sentences += len(sentences)
        return _embedder().embed(sentences)


@cache
def _embedder() -> Embedder:
    return Embedder()


def told_trust(session: Session) -> Trust:
    """A counted wave in which one team has commented and another has not; drawn, not grouped."""
    made = make_organisation(session, {"Maple": 80, "Fir": 60})
    wave = waves.open_wave([made.root])
    said = dict(zip(made.people["Maple"], SAID, strict=False))
    waves.cast_for(wave, [*made.people["Maple"][:50], *made.people["Fir"][:40]], comment=said.get)
    waves.close_and_count(wave)
    comment_jobs.analyse_wave(wave.id, analyser=OneTheme())
    jobs.draw_charts(wave.id)
    return Trust(made, wave.id)
