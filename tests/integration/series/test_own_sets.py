"""A series that asks a set of the organisation's own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from surveyapp.instruments import own, set_changes
from surveyapp.instruments.services import load_library
from tests.factories.questions import CLEAR, own_question, own_set, wording
from tests.integration.series.conftest import MakeSeries
from tests.integration.series.test_launching import at, pass_time, waves
from tests.support.simulated_clock import SimulatedClock


def test_each_wave_asks_the_set_as_it_is_then(
    session: Session, clock: SimulatedClock, make_series: MakeSeries
) -> None:
    question = own_question(session)
    make_series(questions=own_set(session, "LEA1", question))
    pass_time(clock, at("2026-01-31"))
    # The first wave asked these words, so others are another question for the second.
    own.reword(session, load_library(), question, wording(text="We rest here."), actor_id=None)
    session.commit()
    pass_time(clock, at("2026-02-28"))
    asked = [[(item.item_id, item.text) for item in wave.items][1:] for wave in waves(session)]
    assert asked == [[("OWN1", CLEAR)], [("OWN1.2", "We rest here.")]]
    # A set that is retired cannot be asked; the series waits.
    set_changes.set_retired(session, 1, is_retired=True, actor_id=None)
    session.commit()
    pass_time(clock, at("2026-03-31"))
    assert len(waves(session)) == 2
