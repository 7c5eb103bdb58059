"""Correcting what the computer read, one comment after the other, and how well it reads."""

from __future__ import annotations

import re

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from nlp.taxonomy import FACTOR_LABELS, Sentiment
from surveyapp.accounts.services import reader_of
from surveyapp.comments import corrections, quality
from surveyapp.comments.corrections import Card, CorrectionError
from surveyapp.comments.forms import CorrectionForm
from surveyapp.comments.models import Picked
from surveyapp.extensions import db
from surveyapp.permissions import Permission, requires
from surveyapp.timekeeping import LOCAL_ZONE, database_now

blueprint = Blueprint("corrections", __name__)

_ID = re.compile(r"[0-9a-f]{32}")
_CODE = re.compile(r"[a-z_]{1,32}")

#: The key of each, the word on the page, and what it is to the model.
_STANCES = (
    ("p", "Good", Sentiment.POSITIVE),
    ("m", "Mixed", Sentiment.NEUTRAL_MIXED),
    ("n", "Poor", Sentiment.NEGATIVE),
)


@blueprint.get("/corrections")
@requires(Permission.REVIEW_COMMENTS)
def queue() -> str:
    picked = Picked.RANDOM if request.args.get("pick") == Picked.RANDOM else Picked.UNSURE
    after = request.args.get("after", "")
    reader = reader_of(current_user)
    card = corrections.next_card(db.session(), reader, picked, after=after if _ID.fullmatch(after) else "")
    return _page(card, picked, progress=corrections.progress(db.session(), reader, picked))


@blueprint.get("/corrections/<comment_id>")
@requires(Permission.REVIEW_COMMENTS)
def one(comment_id: str) -> str:
    """The comment that someone found under a wrong theme in a report."""
    try:
        card = corrections.card_of(db.session(), reader_of(current_user), comment_id)
    except CorrectionError:
        abort(404)
    return _page(
        card,
        Picked.REPORT,
        unit=request.args.get("unit", type=int),
        seen=request.args.get("factor", ""),
    )


@blueprint.post("/corrections/<comment_id>")
@requires(Permission.REVIEW_COMMENTS)
def keep(comment_id: str) -> Response:
    form = CorrectionForm()
    said, picked = form.labels, form.way
    if not form.validate_on_submit() or said is None or picked is None:
        abort(400)
    try:
        kept = corrections.correct(
            db.session(),
            comment_id,
            said,
            reader=reader_of(current_user),
            picked=picked,
            secret=current_app.config["SECRET_KEY"],
            today=database_now(db.session()).astimezone(LOCAL_ZONE).date(),
        )
    except CorrectionError:
        db.session.rollback()
        abort(404)
    db.session.commit()
    flash("Your correction is kept." if kept.differs else "Confirmed.", "success")
    if picked is not Picked.REPORT:
        pick = picked if picked is Picked.RANDOM else None
        # What was skipped comes round again after the last one.
        return redirect(url_for("comments.corrections.queue", pick=pick, after=comment_id))
    address = _report(kept.wave_id, form.unit.data, form.seen.data or "")
    return redirect(address or url_for("comments.corrections.queue"))


@blueprint.get("/theme-quality")
@requires(Permission.READ_THEME_QUALITY)
def figures() -> str:
    return render_template(
        "comments/quality.html",
        page=quality.page(db.session()),
        sample=corrections.SAMPLE,
        fewest=quality.FEWEST,
    )


def _page(
    card: Card | None,
    picked: Picked,
    *,
    progress: corrections.Progress | None = None,
    unit: int | None = None,
    seen: str = "",
) -> str:
    return render_template(
        "comments/correct.html",
        card=card,
        picked=picked,
        progress=progress,
        unit=unit,
        seen=seen,
        back=_report(card.wave_id, unit, seen) if card else None,
        factors=FACTOR_LABELS,
        stances=_STANCES,
    )


def _report(wave_id: int, unit_id: int | None, factor: str) -> str | None:
    """The list from which someone came, if they did."""
    if unit_id is None or unit_id < 1 or not _CODE.fullmatch(factor):
        return None
    return url_for("reports.theme", wave_id=wave_id, unit_id=unit_id, factor=factor)
