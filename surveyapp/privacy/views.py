"""Pages that show staff what is stored, and what was deleted."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, make_response, render_template
from werkzeug.wrappers import Response

from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.permissions import Permission, public, requires
from surveyapp.privacy import services
from surveyapp.privacy.stored import stored
from surveyapp.timekeeping import database_now
from surveyapp.translating import in_language, language

blueprint = Blueprint("privacy", __name__)

#: Tables as people call what is in them.
KINDS = {
    "answer": "Answers to single questions",
    "response": "Sets of answers",
    "sealed_ballot": "Sealed ballots that were never opened",
    "voucher": "Link codes",
    "spent_ticket": "Form numbers",
    "comment_correction": "What people said of the computer's reading",
    "comment_analysis": "What the computer read in comments",
    "comment_mention": "Themes of comments",
    "subtheme": "Names of groups of comments",
    "subtheme_comment": "Comments in such groups",
    "comment": "Comments",
    "concern": "Concerns taken from comments",
}


@blueprint.get("/a/<reference>/what-we-store")
@public
def what_we_store(reference: str) -> Response:
    """The exact record of a wave, in the words that were shown when it was planned (A20)."""
    asked_in = language()
    page = stored(db.session(), reference, asked_in)
    if page is None:
        # The page of a link that was cut: it tells nobody which waves exist.
        return make_response(render_template("ballots/mangled.html", wave=None, late=False), 404)
    # Older words are in English only: then the whole page is, with a line on top that says so.
    with in_language(page.language):
        return make_response(
            render_template(
                page.template,
                page=page,
                settings=_settings(),
                is_in_english_only=not services.has_welsh_words(page.version),
                asked_in=asked_in,
            )
        )


@blueprint.get("/your-data")
@public
def your_data() -> str:
    return render_template("privacy/your_data.html", settings=_settings())


# Only administrators: a certificate tells exactly how many answered, and whoever reads reports is
# told that only roughly (A8). Their role reads no report (`permissions.PERMISSIONS_OF`), and proof
# of deletion is theirs to show, like the audit log. The days of deletion are on a public page too.
@blueprint.get("/deletion")
@requires(Permission.READ_AUDIT)
def deletion() -> str:
    return render_template(
        "privacy/deletion.html",
        waves=services.retentions(db.session(), now=database_now(db.session())),
        months=services.KEPT_MONTHS,
    )


@blueprint.get("/deletion/<int:wave_id>")
@requires(Permission.READ_AUDIT)
def certificate(wave_id: int) -> str:
    proof = services.certificate(db.session(), wave_id)
    if proof is None:
        abort(404)
    return render_template(
        "privacy/certificate.html", proof=proof, kinds=KINDS, months=services.KEPT_MONTHS
    )


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
