"""The poster of an open link: a page to print, and the same as a PDF."""

from __future__ import annotations

import io
import logging
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, send_file

from surveyapp.ballots.services import minutes
from surveyapp.config import Settings
from surveyapp.design.pdf import CannotWriteError, as_pdf
from surveyapp.design.qr import qr_code
from surveyapp.errors import error_page
from surveyapp.extensions import db
from surveyapp.permissions import Permission, requires
from surveyapp.pulses import services
from surveyapp.pulses.invitations import open_address
from surveyapp.pulses.services import Channel, Wave, WaveState

blueprint = Blueprint("posters", __name__)

_log = logging.getLogger(__name__)

_IN_USE = (WaveState.SCHEDULED, WaveState.OPEN)

#: Where the page that becomes a PDF finds its QR code.
_DRAWING = "drawing:code"


@blueprint.get("/<int:wave_id>/poster")
@requires(Permission.PLAN_WAVES)
def poster(wave_id: int) -> str:
    wave = _wave(wave_id)
    return render_template(
        "pulses/poster.html", code=qr_code(open_address(_settings(), wave)), **_what_it_says(wave)
    )


@blueprint.get("/<int:wave_id>/poster/pdf")
@requires(Permission.PLAN_WAVES)
def pdf(wave_id: int) -> Response | tuple[str, int]:
    wave = _wave(wave_id)
    page = render_template("pulses/poster_pdf.html", drawing=_DRAWING, **_what_it_says(wave))
    code = qr_code(open_address(_settings(), wave)).svg
    name = f"poster-{wave.reference}.pdf"
    db.session.rollback()  # lets go of the database while the file is made
    try:
        content = as_pdf(page, {_DRAWING: code})
    except CannotWriteError as error:
        _log.error("%s", error)
        return error_page(503)
    return send_file(
        io.BytesIO(content), mimetype="application/pdf", as_attachment=True, download_name=name
    )


def _wave(wave_id: int) -> Wave:
    """Only of an open link that people can use, now or soon, there is a poster."""
    wave = services.wave(db.session(), wave_id)
    if wave is None or wave.channel != Channel.OPEN_LINK or wave.state not in _IN_USE:
        abort(404)
    return wave


def _what_it_says(wave: Wave) -> dict[str, Any]:
    return {
        "wave": wave,
        # People type it: what every browser adds by itself is left out.
        "address": open_address(_settings(), wave).removeprefix("https://").removeprefix("http://"),
        "minutes": minutes(wave),
    }


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
