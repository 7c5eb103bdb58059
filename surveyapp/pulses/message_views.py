"""Pages on which L&D changes the words of invitations, reminders and texts to copy."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.permissions import Permission, requires
from surveyapp.pulses import invitations, messages
from surveyapp.pulses.delivery import RefusedError, ServerDownError, postbox_for
from surveyapp.pulses.forms import ConfirmForm, MessageForm
from surveyapp.pulses.message_kinds import PLACEHOLDERS, RULES, MessageKind, Words
from surveyapp.pulses.message_lint import Issue
from surveyapp.pulses.trial_mail import compose_trial

blueprint = Blueprint("messages", __name__, url_prefix="/messages")

#: What a button of the form asks for.
_SAVE, _TEST = "save", "test"


@blueprint.get("")
@requires(Permission.PLAN_WAVES)
def index() -> str:
    return render_template(
        "pulses/messages.html",
        messages=messages.messages(db.session(), _settings()),
        rules=RULES,
        languages=messages.LANGUAGES,
    )


@blueprint.route("/<language>/<kind>", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def edit(language: str, kind: str) -> str | Response:
    """The words of one message. Its buttons show them, send them to the editor, or keep them."""
    session, settings = db.session(), _settings()
    message = _message(language, kind)
    form = MessageForm(RULES[message.kind], message.words)
    step = request.form.get("step", "")
    issues: list[Issue] = []
    trial = ""
    if form.validate_on_submit():
        issues = messages.issues(session, settings, message.kind, form.words, language)
        may_be_used = form.accepts(issues) if step == _SAVE else form.passes(issues)
        if may_be_used and step == _SAVE:
            messages.change(session, message.kind, language, form.words, actor_id=current_user.id)
            session.commit()
            flash("The words are kept. They are sent from now on.", "success")
            return redirect(url_for(".index"))
        if may_be_used and step == _TEST and RULES[message.kind].is_mail:
            values = messages.example_values(session, settings, language)
            session.rollback()  # lets go of the database while the mail server is slow
            trial = _send_trial(settings, form.words, values)
    return render_template(
        "pulses/message.html",
        form=form,
        message=message,
        language_name=messages.LANGUAGES[language],
        rules=RULES[message.kind],
        placeholders=PLACEHOLDERS,
        issues=issues,
        warns=any(not issue.is_error for issue in issues),
        shown=form.words.filled(messages.example_values(session, settings, language)),
        trial=trial,
        has_errors=form.errors,
    )


@blueprint.route("/<language>/<kind>/put-back", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def put_back(language: str, kind: str) -> str | Response:
    """Asks first: the words of L&D's own are then gone."""
    session = db.session()
    message = _message(language, kind)
    form = ConfirmForm()
    if form.validate_on_submit():
        messages.put_back(session, message.kind, language, actor_id=current_user.id)
        session.commit()
        flash("The shipped words are put back.", "success")
        return redirect(url_for(".index"))
    if message.is_shipped:
        return redirect(url_for(".edit", language=language, kind=kind))
    values = messages.example_values(session, _settings(), language)
    return render_template(
        "pulses/message_put_back.html",
        form=form,
        message=message,
        rules=RULES[message.kind],
        shown=messages.shipped(message.kind, language).filled(values),
    )


def _message(language: str, kind: str) -> messages.Message:
    if language not in _settings().languages or kind not in RULES:
        abort(404)
    return messages.message(db.session(), MessageKind(kind), language)


def _send_trial(settings: Settings, chosen: Words, values: dict[str, str]) -> str:
    """Send it to the editor, and say what came of it."""
    mail = compose_trial(settings, chosen, values, address=current_user.email)
    try:
        with postbox_for(settings) as postbox:
            postbox.send(mail)
    except ServerDownError:
        return (
            "The test was not sent: the mail server cannot be reached. Ask the people who run this system "
            "whether it is up, and whether the settings for mail are right. Your words are still here."
        )
    except RefusedError as error:
        remedy = (
            "Check that your own address is right"
            if error.final
            else "Try again in some minutes. If it is refused again, ask the people who run this system to "
            "look at what the mail server says"
        )
        return f"The test was not sent: the mail server refused it. {remedy}. Your words are still here."
    if invitations.outbox_directory(settings) is not None:
        return "The test is in the outbox of this demonstration. No e-mail leaves this computer."
    return f"The test is sent to {current_user.email}. It can take some minutes to arrive."


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
