"""One question over the whole organisation, for pages that everyone reads."""

from __future__ import annotations

from sqlalchemy.orm import Session

from surveyapp.pulses import services as pulses
from surveyapp.reports import contents, storage
from surveyapp.reports.view_models import QuestionShare


def latest_share(session: Session, item_id: str) -> QuestionShare | None:
    """What the whole organisation answered to a question when a pulse asked it last.

    It is made of what the snapshot shows of the organisation. None where no counted pulse asked it,
    or where the last one may not show it; an earlier one never stands in for it.
    """
    found = pulses.latest_asking(session, item_id)
    if found is None:
        return None
    wave, organisation_id = found
    result = storage.unit_result(session, wave.id, organisation_id)
    figure = result.items.get(item_id) if result else None
    if figure is None or figure.favourable is None or figure.favourable_precision is None:
        return None
    about = contents.row(wave)
    return QuestionShare(
        title=about.title,
        closed_on=about.closed_on,
        favourable=figure.favourable.words,
        precision=figure.favourable_precision.words,
        respondents=figure.n,
    )
