"""Pages with which L&D plans, launches and closes pulses, and the outbox of the demonstration."""

from __future__ import annotations

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask_login import current_user
from werkzeug.wrappers import Response

from surveyapp.actions import services as actions
from surveyapp.ballots.jobs import count
from surveyapp.config import Settings
from surveyapp.extensions import db
from surveyapp.instruments import services as instruments
from surveyapp.languages import WELSH
from surveyapp.organisation import services as organisation
from surveyapp.permissions import Permission, permissions_of, requires
from surveyapp.pulses import (
    drafts,
    invitations,
    mail_overview,
    message_views,
    messages,
    outbox,
    overview,
    poster_views,
    services,
)
from surveyapp.pulses.forms import ConfirmForm, PlanForm, SmallestGroupForm, first_entries
from surveyapp.pulses.jobs import prepare
from surveyapp.pulses.mail_times import times_of
from surveyapp.pulses.message_kinds import RULES, MessageKind, Words
from surveyapp.pulses.services import Channel, PlanError, Wave, WaveKind, WaveState, WaveStateError
from surveyapp.queueing import COUNT, MAIL, enqueue_after_commit
from surveyapp.timekeeping import LOCAL_ZONE, database_now

blueprint = Blueprint("pulses", __name__, url_prefix="/pulses")
blueprint.register_blueprint(poster_views.blueprint)
blueprint.register_blueprint(message_views.blueprint)

#: Mails on a page of the outbox.
_PAGE = 20


# ---------------------------------------------------------------- planning


@blueprint.get("")
@requires(Permission.PLAN_WAVES)
def index() -> str:
    return render_template(
        "pulses/index.html", waves=services.waves(db.session()), labels=services.STATE_LABELS
    )


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def new() -> str | Response:
    """Plan a wave. `like` names one whose questions, audience and k are offered again."""
    session = db.session()
    units = organisation.unit_tree(session)
    if not units or not units[0].staff + units[0].staff_below:
        return render_template("pulses/nobody.html")
    library = instruments.load_library()
    templates = instruments.templates(session, library)
    waves = services.waves(session)
    wanted = request.args.get("like", type=int)
    like = next((wave for wave in waves if wave.id == wanted), None)
    entries = first_entries(
        templates,
        today=database_now(session).astimezone(LOCAL_ZONE).date(),
        turn=overview.next_turn(waves, templates, like),
        like=like,
    )
    form = PlanForm(
        library,
        templates,
        units,
        data=entries,
        offers_follow_up=actions.something_new_is_published(session),
    )
    if form.validate_on_submit():
        try:
            wave = drafts.plan_wave(session, form.plan(), actor_id=current_user.id)
        except PlanError as error:
            session.rollback()
            form.refuse(error)
        else:
            session.commit()
            flash("The draft is kept. Nobody is invited until you launch it.", "success")
            return redirect(url_for("pulses.show", wave_id=wave.id))
    return render_template(
        "pulses/new.html",
        form=form,
        templates=templates,
        unanswered=actions.pulse_without_action(session),
        has_errors=form.errors,
    )


@blueprint.get("/<int:wave_id>")
@requires(Permission.PLAN_WAVES)
def show(wave_id: int) -> str:
    session = db.session()
    wave = _wave(wave_id)
    if wave.kind == WaveKind.IMPORTED:
        return render_template("pulses/imported.html", wave=wave)
    common = {
        "wave": wave,
        "label": services.STATE_LABELS[WaveState(wave.state)],
        "question_set": overview.question_set(session, wave),
        "audience": overview.audience(session, wave),
        "people": services.audience_size(session, wave),
    }
    if wave.state == WaveState.DRAFT:
        return render_template(
            "pulses/draft.html",
            **common,
            obstacle=services.launch_obstacle(session, wave),
            is_due=_is_due(wave),
            days=_days_open(wave),
            mails=_mails(wave),
            plan=_mail_plan(wave),
            offers_welsh=WELSH in _settings().languages,
            english_only=sum(not item.text_cy for item in wave.items),
        )
    return render_template(
        "pulses/wave.html",
        **common,
        mails=mail_overview.mails(
            session,
            wave,
            now=database_now(session),
            times=times_of(_settings().mail),
            by_text=_settings().sends_texts,
        ),
        plan=_mail_plan(wave),
        link=invitations.open_address(_settings(), wave),
        post=_post(wave),
        keeps_mails=invitations.outbox_directory(_settings()) is not None,
        sees_outbox=Permission.SEE_OUTBOX in permissions_of(current_user),
    )


@blueprint.route("/<int:wave_id>/smallest-group", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def smallest_group(wave_id: int) -> str | Response:
    session = db.session()
    wave = _wave(wave_id)
    form = SmallestGroupForm(data={"minimum_group": wave.minimum_group})
    try:
        if form.validate_on_submit():
            drafts.set_minimum_group(
                session, wave_id, form.minimum_group.data, actor_id=current_user.id
            )
            session.commit()
            flash("The smallest group is changed.", "success")
            return redirect(url_for("pulses.show", wave_id=wave_id))
        if wave.state != WaveState.DRAFT:
            return _back_to(wave_id, services.K_IS_LOCKED)
    except PlanError as error:
        session.rollback()
        form.refuse(error)
    except WaveStateError as error:
        return _back_to(wave_id, str(error))
    return render_template(
        "pulses/smallest_group.html", form=form, wave=wave, has_errors=form.errors
    )


# ---------------------------------------------------------------- launching and closing


@blueprint.route("/<int:wave_id>/launch", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def launch(wave_id: int) -> str | Response:
    session = db.session()
    wave = _wave(wave_id)
    form = ConfirmForm()
    problem = ""
    if form.validate_on_submit():
        try:
            services.launch(session, wave_id, actor_id=current_user.id)
            session.commit()
        except WaveStateError as error:
            session.rollback()
            problem = str(error)
        else:
            enqueue_after_commit(MAIL, prepare, wave_id)
            flash("The pulse is launched.", "success")
            return redirect(url_for("pulses.show", wave_id=wave_id))
    if wave.state != WaveState.DRAFT:
        return _back_to(wave_id, "This pulse has been launched already.")
    return render_template(
        "pulses/launch.html",
        form=form,
        domains=overview.domains(session, wave),
        wave=wave,
        people=services.audience_size(session, wave),
        days=_days_open(wave),
        is_due=_is_due(wave),
        plan=_mail_plan(wave),
        problem=problem,
        has_errors=problem,
    )


@blueprint.route("/<int:wave_id>/close", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def close(wave_id: int) -> str | Response:
    session = db.session()
    wave = _wave(wave_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            services.close_now(session, wave_id, actor_id=current_user.id)
            session.commit()
        except WaveStateError as error:
            return _back_to(wave_id, str(error))
        enqueue_after_commit(COUNT, count, wave_id)
        flash("The pulse is closed.", "success")
        return redirect(url_for("pulses.show", wave_id=wave_id))
    if wave.state != WaveState.OPEN:
        return _back_to(wave_id, "This pulse is not open, so it cannot be closed.")
    return render_template("pulses/close.html", form=form, wave=wave)


@blueprint.route("/<int:wave_id>/delete", methods=["GET", "POST"])
@requires(Permission.PLAN_WAVES)
def delete(wave_id: int) -> str | Response:
    session = db.session()
    wave = _wave(wave_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            drafts.discard_draft(session, wave_id)
            session.commit()
        except WaveStateError as error:
            return _back_to(wave_id, str(error))
        flash("The draft is deleted.", "success")
        return redirect(url_for("pulses.index"))
    if wave.state != WaveState.DRAFT:
        return _back_to(wave_id, "Only a draft can be deleted.")
    return render_template("pulses/delete.html", form=form, wave=wave)


# ---------------------------------------------------------------- the demonstration's outbox


@requires(Permission.SEE_OUTBOX)
def show_outbox() -> str:
    """Every mail with its link: only there to try the system out without a mail server."""
    directory = invitations.outbox_directory(_settings())
    if directory is None:
        abort(404)
    page = outbox.read_page(directory, number=request.args.get("page", 1, type=int), size=_PAGE)
    return render_template(
        "pulses/outbox.html", page=page, links_start=f"{_settings().base_url}/"
    )


@blueprint.record
def _add_outbox(state: BlueprintSetupState) -> None:
    """Where real mail is set up there is no such page, and none in the menu."""
    if not state.app.config["SETTINGS"].sends_mail:
        state.add_url_rule("/outbox", "outbox", show_outbox)


# ---------------------------------------------------------------- shared


def _wave(wave_id: int) -> Wave:
    found = services.wave(db.session(), wave_id)
    return found if found is not None else abort(404)


def _back_to(wave_id: int, message: str) -> Response:
    """Give up what was asked for and say why on the wave's own page."""
    db.session.rollback()
    flash(message, "notice")
    return redirect(url_for("pulses.show", wave_id=wave_id))


def _mails(wave: Wave) -> list[tuple[str, Words]]:
    """What each person is sent, by what it is called. A person's own links are cut short."""
    settings = _settings()
    link, stop_link = invitations.answering_link(settings, wave, "…"), f"{settings.base_url}/a/reminders/…"
    kinds = [MessageKind.INVITATION, *([MessageKind.REMINDER] if wave.reminders_at else [])]
    if settings.sends_texts:
        kinds += [
            MessageKind.TEXT_INVITATION,
            *([MessageKind.TEXT_REMINDER] if wave.reminders_at else []),
        ]
    return [
        (
            RULES[kind].name,
            messages.written(db.session(), settings, wave, kind, link=link, stop_link=stop_link),
        )
        for kind in kinds
    ]


def _post(wave: Wave) -> dict[str, str] | None:
    """What can be posted where staff read it, while they can answer; for posts of an open link, soon too."""
    is_open_link = wave.channel == Channel.OPEN_LINK
    if wave.state != WaveState.OPEN and not (is_open_link and wave.state == WaveState.SCHEDULED):
        return None
    kind = MessageKind.OPEN_LINK if is_open_link else MessageKind.NOTICE
    link = invitations.open_address(_settings(), wave) if is_open_link else ""
    filled = messages.written(db.session(), _settings(), wave, kind, link=link)
    return {"kind": kind, "words": filled.body}


def _is_due(wave: Wave) -> bool:
    return wave.opens_at <= database_now(db.session())


def _mail_plan(wave: Wave) -> mail_overview.MailPlan:
    return mail_overview.mail_plan(
        wave, now=database_now(db.session()), times=times_of(_settings().mail)
    )


def _days_open(wave: Wave) -> int:
    """Days for which people can answer if the wave is launched now."""
    opens = max(wave.opens_at, database_now(db.session()))
    return max(0, (wave.closes_at - opens).days)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
