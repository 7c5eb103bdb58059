"""The tick that launches the waves of series, and tells owners what one waits for."""

from __future__ import annotations

import logging

from flask import current_app
from flask_mailman import EmailMessage

from surveyapp.accounts import services as accounts
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.pulses.delivery import RefusedError, ServerDownError, postbox_for
from surveyapp.pulses.jobs import prepare
from surveyapp.pulses.services import PlanError
from surveyapp.queueing import MAIL, enqueue_after_commit, job
from surveyapp.series import launching, services
from surveyapp.series.yaml_lines import SeriesFileError

_log = logging.getLogger(__name__)


@job
def tick() -> None:
    """Launch the waves that are due. Idempotent: an occurrence has one wave, however often this runs."""
    running = services.running_ids(db.session())
    db.session.commit()
    for series_id in running:
        try:
            wave = launching.launch_due(db.session(), series_id)
            waits = launching.is_news_to_owner(db.session(), series_id)
        except (services.SeriesError, PlanError, SeriesFileError) as error:
            db.session.rollback()
            _log.error("Series %s cannot go on: %s", series_id, error)
            continue
        db.session.commit()
        if wave is not None:
            enqueue_after_commit(MAIL, prepare, wave.id)
        if waits:
            enqueue_after_commit(MAIL, tell_owner, series_id)


@job
def tell_owner(series_id: int) -> None:
    """Tell the owner of a series, once for each wave, that the next one waits for an action (F9)."""
    settings: Settings = current_app.config["SETTINGS"]
    notice = launching.note_owner_told(db.session(), series_id)
    if notice is None:
        db.session.rollback()
        return
    owner = accounts.user(db.session(), notice.owner_id)
    address = owner.email if owner is not None and owner.active else ""
    template = current_app.jinja_env.get_template("emails/waits_for_action.txt")
    message = EmailMessage(
        subject=f"{settings.organisation_name}: the next pulse waits for an action",
        body=template.render(
            organisation=settings.organisation_name,
            series=notice.series_title,
            wave=notice.wave,
            opens_on=notice.opens_on,
            actions_link=f"{settings.base_url}/actions",
            series_link=f"{settings.base_url}/series/{series_id}",
        ),
        from_email=settings.mail.sender,
        to=[address],
        headers={"Auto-Submitted": "auto-generated"},
    )
    # Noted before it is sent: of a mail too few and one too many, this one can be missed, since the
    # page says the same.
    db.session.commit()
    if not address:
        return
    try:
        with postbox_for(settings) as postbox:
            postbox.send(message)
    except (ServerDownError, RefusedError) as error:
        _log.warning("The owner of series %s could not be told: %s", series_id, error)
