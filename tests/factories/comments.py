"""A model that stands in for the real one, and counted waves with comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy.orm import Session

from nlp.taxonomy import Factor, Flag, Sentiment
from nlp.types import CommentAnalysis as Reading
from nlp.types import FactorFinding
from surveyapp.comments import jobs
from tests.factories import waves
from tests.factories.organisation import Organisation, make_organisation

#: Everyone of Maple and Oak may have written; the organisation's comments go by 60 invited.
SIZES = {"Maple": 40, "Oak": 20}


class StandIn:
    """Finds 'handover', flags 'unsafe', removes 'Jo'. Dies after so many comments if told to."""

    def __init__(self, *, dies_after: int | None = None) -> None:
        self.read = 0
        self.dies_after = dies_after

    def analyse(self, texts: Iterable[str], *, batch_size: int = 64) -> Iterator[Reading]:
        for text in texts:
            if self.dies_after is not None and self.read >= self.dies_after:
                raise KeyboardInterrupt  # as a killed worker: nothing may catch it
            self.read += 1
            yield reading(text.replace("Jo", "[name]"))


def reading(text: str) -> Reading:
    start = text.find("handover")
    end = start + len("handover")
    found = FactorFinding(Factor.COMMUNICATION, 0.9, Sentiment.NEGATIVE, 0.8, start, end)
    flags = (Flag.CONCERN,) if "unsafe" in text else ()
    findings = (found,) if start >= 0 else ()
    return Reading(text, (), findings, Sentiment.NEGATIVE, 0.8, flags, "stand-in-1")


def counted(
    session: Session, texts: Sequence[str], *, answering: int = 40, title: str = "Spring pulse"
) -> tuple[int, Organisation]:
    """A counted wave of so many ballots, the first with these comments, which wait for the model."""
    made = make_organisation(session, SIZES)
    wave = waves.open_wave([made.root], title=title)
    people = made.everyone[:answering]
    said = dict(zip(people, texts, strict=False))
    waves.cast_for(wave, people, comment=said.get)
    waves.close_and_count(wave)
    return wave.id, made


def analyse(wave_id: int, **options: int) -> StandIn:
    stand_in = StandIn(**options)
    jobs.analyse_wave(wave_id, analyser=stand_in)
    return stand_in
