"""A trust whose units show every way of being shown and not, and a pulse counted in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from nlp.taxonomy import Factor, Flag, Sentiment
from nlp.types import CommentAnalysis as Reading
from nlp.types import FactorFinding
from surveyapp.accounts.models import AuditEvent
from surveyapp.comments import jobs as comment_jobs
from surveyapp.organisation import services as organisation
from surveyapp.reports import jobs
from tests.factories import waves
from tests.factories.organisation import Organisation, make_organisation

#: Of the teams below Surgery, Willow is too small and Oak is hidden lest Willow be found by
#: subtraction. The others are too small for themselves, but not together.
INVITED = {
    "Surgery > Maple": 60,
    "Surgery > Oak": 12,
    "Surgery > Willow": 12,
    "Nobody": 12,
    "Three": 12,
    "Nine": 12,
}
ANSWERED = {"Maple": 33, "Oak": 12, "Willow": 4, "Nobody": 0, "Three": 3, "Nine": 9}

#: From the first people of Maple.
COMMENTS = (
    "Long shifts. The handover is too short. We need more time.",
    "My <b>handover</b> ends late.",
    "They say thanks after each list.",
    "They say thanks, and the handover is poor.",
    "I am unsure about thanks.",
    "Plain words of no theme.",
    "More plain words.",
)


class StandIn:
    """Finds 'handover' (poor) and 'thanks' (good), with the sentence round each."""

    def analyse(self, texts: Iterable[str], *, batch_size: int = 64) -> Iterator[Reading]:
        for text in texts:
            found = [
                FactorFinding(factor, 0.9, sentiment, 0.8, *_sentence(text, word))
                for word, factor, sentiment in (
                    ("handover", Factor.COMMUNICATION, Sentiment.NEGATIVE),
                    ("thanks", Factor.RECOGNITION, Sentiment.POSITIVE),
                )
                if word in text
            ]
            flags = (Flag.NEEDS_PERSON,) if "unsure" in text else ()
            yield Reading(text, (), tuple(found), Sentiment.NEUTRAL_MIXED, 0.8, flags, "stand-in-1")


def _sentence(text: str, word: str) -> tuple[int, int]:
    start = text.rfind(". ", 0, text.index(word))
    start = 0 if start < 0 else start + 2
    return start, text.index(".", text.index(word)) + 1


@dataclass(frozen=True, slots=True)
class Trust:
    organisation: Organisation
    wave_id: int

    def path(self, unit: str | int, more: str = "") -> str:
        unit_id = unit if isinstance(unit, int) else self.units[unit]
        return f"/reports/{self.wave_id}/units/{unit_id}{more}"

    @property
    def units(self) -> dict[str, int]:
        return {**self.organisation.units, "Trust": self.organisation.root}


def counted_trust(session: Session) -> Trust:
    """A counted wave whose comments wait for the model. Committed."""
    made = make_organisation(session, INVITED)
    surgery = next(id_ for id_, _, name in organisation.frozen_tree(session) if name == "Surgery")
    wave = waves.open_wave([made.root])
    said = dict(zip(made.people["Maple"], COMMENTS, strict=False))
    answering = [person for unit, n in ANSWERED.items() for person in made.people[unit][:n]]
    waves.cast_for(wave, answering, comment=said.get)
    waves.close_and_count(wave)
    return Trust(Organisation(made.root, {**made.units, "Surgery": surgery}, made.people), wave.id)


def read_and_draw(wave_id: int) -> None:
    """What the workers do after the count."""
    comment_jobs.analyse_wave(wave_id, analyser=StandIn())
    jobs.draw_charts(wave_id)


def soup_of(answer: TestResponse) -> BeautifulSoup:
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html5lib")


def text_of(answer: TestResponse) -> str:
    return " ".join(soup_of(answer).get_text(" ").split())


def cells_of(soup: BeautifulSoup, caption: str) -> list[list[str]]:
    """The body of the table with that caption, without the headings that phones get."""
    (table,) = (t for t in soup.select("table") if t.caption and caption in t.caption.get_text())
    for repeated in table.select(".nhsuk-table__heading"):
        repeated.decompose()
    return [
        [cell.get_text(" ", strip=True) for cell in row.select("th, td")]
        for row in table.select("tbody tr")
    ]


def readings_audited(session: Session) -> list[tuple[str, dict[str, object]]]:
    """Who has read what, in order."""
    session.expire_all()
    found = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
    reading = {"report_read", "units_compared", "comments_read", "exported"}
    return [(event.action, event.details) for event in found if event.action in reading]
