"""The poster of an open link: a page to print."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, render_template

from surveyapp.ballots.services import minutes
from surveyapp.config import Settings
from surveyapp.design.qr import qr_code
from surveyapp.extensions import db
from surveyapp.permissions import Permission, requires
from surveyapp.pulses import services
from surveyapp.pulses.invitations import open_address
from surveyapp.pulses.services import Channel, WaveState

blueprint = Blueprint("posters", __name__)

_IN_USE = (WaveState.SCHEDULED, WaveState.OPEN)


@blueprint.get("/<int:wave_id>/poster")
@requires(Permission.PLAN_WAVES)
def poster(wave_id: int) -> str:
    """Only of an open link that people can use, now or soon."""
    wave = services.wave(db.session(), wave_id)
    if wave is None or wave.channel != Channel.OPEN_LINK or wave.state not in _IN_USE:
        abort(404)
    settings: Settings = current_app.config["SETTINGS"]
    address = open_address(settings, wave)
    return render_template(
        "pulses/poster.html",
        wave=wave,
        code=qr_code(address),
        # People type it: what every browser adds by itself is left out.
        address=address.removeprefix("https://").removeprefix("http://"),
        minutes=minutes(wave),
    )
