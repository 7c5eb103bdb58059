"""Analysis in batches, and sub-themes of what was analysed. The only module that loads the model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from flask import current_app
from flask_mailman import EmailMessage
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

from nlp.taxonomy import FACTORS, Factor
from nlp.types import CommentAnalysis as Reading
from surveyapp.ballots import services as ballots
from surveyapp.ballots.keys import CommentKey, SealBrokenError
from surveyapp.comments import concerns, grouping, services, subthemes
from surveyapp.comments.grouping import Grouping, Spoken
from surveyapp.config import Settings
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.extensions import db
from surveyapp.pulses import services as pulses
from surveyapp.pulses.delivery import RefusedError, ServerDownError, postbox_for
from surveyapp.queueing import ANALYSIS, MAIL, REPORTS, enqueue_after_commit, job
from surveyapp.timekeeping import LOCAL_ZONE, database_now

if TYPE_CHECKING:
    from nlp.clustering import Floats

_log = logging.getLogger(__name__)

#: Comments in one transaction: a crash costs at most this much work.
BATCH = 128

#: Sentences embedded between two signs of life.
_EMBEDDED_AT_ONCE = 1024

#: Seconds after which a killed worker's wave is free again. Renewed with every batch.
_LOCK_SECONDS = 180

#: The same for a killed worker's alerts, of which there are few.
_ALERT_SECONDS = 120


class AnalysisError(RuntimeError):
    """The model cannot be loaded, or fails. Never quotes an error met while reading a comment."""


class Analyser(Protocol):
    """What the job needs of `nlp.pipeline.Pipeline`."""

    def analyse(self, texts: Iterable[str], *, batch_size: int = 128) -> Iterator[Reading]: ...


class Embeds(Protocol):
    """What grouping needs of `nlp.embedding.Embedder`."""

    def embed(self, sentences: Sequence[str]) -> Floats: ...


def pipeline() -> Analyser:
    """The model of COMMENT_MODEL, loaded at the first use in this process. Raises AnalysisError."""
    settings: Settings = current_app.config["SETTINGS"]
    return _loaded(settings.comment_model)


@cache
def _loaded(name: str) -> Analyser:
    from nlp.artefacts import ArtefactError
    from nlp.models import resolve

    try:
        return resolve(name)
    except ArtefactError as error:
        raise AnalysisError(f"The model cannot be used: {error}") from None


@job
def analyse_pending(wave_id: int) -> None:
    """Redact and analyse the comments of a wave. Resumable; a second run finds nothing to do."""
    lock: Lock = current_app.extensions["redis"].lock(
        f"comments:analysis:{wave_id}", timeout=_LOCK_SECONDS, blocking=False
    )
    try:
        if not lock.acquire():
            return  # another worker is at it, and the sweep comes again if that one dies
    except RedisError:
        # The lock only spares double work; saving is safe without it.
        analyse_wave(wave_id)
        return
    try:
        analyse_wave(wave_id, lambda _done: _renew(lock))
    finally:
        try:
            lock.release()
        except (LockError, RedisError):
            _log.info("The lock of wave %s had gone before the work was done.", wave_id)


def analyse_wave(
    wave_id: int,
    advance: Callable[[int], object] = lambda done: None,
    *,
    analyser: Analyser | None = None,
) -> None:
    """The same for whoever waits for it. `advance` is told the size of each batch done."""
    from surveyapp.reports.jobs import draw_charts

    key = ballots.key_directory(current_app.config["SETTINGS"]).comment_key()
    invited = services.invited_at(db.session(), wave_id)
    wave = pulses.wave(db.session(), wave_id)
    review_all = wave is not None and wave.review_all
    hand_on = wave is not None and services.shows_anything(db.session(), wave)
    while batch := services.next_batch(db.session(), wave_id, BATCH):
        db.session.commit()  # lets go of the database during the slow part
        texts, unreadable = _opened(key, batch)
        readings, failed = _analysed(analyser or pipeline(), texts) if texts else ({}, [])
        services.mark_unreadable(db.session(), [*unreadable, *failed])
        services.save_readings(
            db.session(), readings, invited=invited, review_all=review_all, hand_on=hand_on
        )
        db.session.commit()
        if unreadable or failed:
            _log.error(
                "Wave %s: %s comments do not open, %s cannot be analysed.",
                wave_id,
                len(unreadable),
                len(failed),
            )
        advance(len(batch))
    to_alert = wave_id in concerns.waves_to_alert(db.session())
    db.session.commit()
    enqueue_after_commit(REPORTS, draw_charts, wave_id)
    if to_alert:
        enqueue_after_commit(MAIL, alert_guardians, wave_id)


def group_wave(
    wave_id: int,
    tree: Tree,
    shown: Collection[int],
    advance: Callable[[int], object] = lambda done: None,
    *,
    embedder: Embeds | None = None,
) -> bool:
    """Find sub-themes in the released comments on each factor, for every unit that is shown.

    Units whose comments are as they were keep theirs. A sentence is embedded once for all units.
    `advance` is told how many were embedded, and 0 after each unit. There are none with a model that
    gives no embeddings, nor of pulses whose people were not told. False if the model cannot be used
    now, so that it must be tried again.
    """
    from nlp.artefacts import ArtefactError
    from nlp.models import OTHER

    settings: Settings = current_app.config["SETTINGS"]
    wave = pulses.wave(db.session(), wave_id)
    if wave is None or not subthemes.may_be_made(wave) or settings.comment_model.startswith(OTHER):
        return True
    load = cache(lambda: embedder or _embedder(settings))  # at the first sentence, if there is any
    try:
        for factor in FACTORS:
            _group_factor(wave_id, factor, tree, shown, load, advance)
    except ArtefactError as error:
        db.session.rollback()
        _log.error("Wave %s gets no sub-themes: %s", wave_id, error)
        return False
    return True


def _embedder(settings: Settings) -> Embeds:
    """The network of COMMENT_MODEL, let go of after use. Raises ArtefactError."""
    from nlp.embedding import Embedder

    name = settings.comment_model
    return Embedder(Path(name).absolute() if name else None)


def _group_factor(
    wave_id: int,
    factor: Factor,
    tree: Tree,
    shown: Collection[int],
    load: Callable[[], Embeds],
    advance: Callable[[int], object],
) -> None:
    now: dict[int, list[str]] = {unit_id: [] for unit_id in shown}
    for own, comment_ids in subthemes.mentioned(db.session(), wave_id, factor).items():
        for unit_id in now.keys() & set(tree.path_up(own)):
            now[unit_id] += comment_ids
    kept = subthemes.kept(db.session(), wave_id, factor)
    due = {
        unit_id: sorted(comment_ids) if len(comment_ids) >= grouping.FEWEST else []
        for unit_id, comment_ids in now.items()
        if grouping.is_due(kept.get(unit_id, ()), comment_ids)
    }
    spoken = subthemes.spoken(
        db.session(), wave_id, factor, {one for comment_ids in due.values() for one in comment_ids}
    )
    db.session.commit()  # lets go of the database during the slow part
    vectors = _embedded(load, {one.sentence for one in spoken.values()}, advance)
    for unit_id, comment_ids in sorted(due.items()):
        found = [spoken[one] for one in comment_ids if one in spoken]
        subthemes.keep(db.session(), wave_id, unit_id, factor, comment_ids, _grouped(found, vectors))
        db.session.commit()
        advance(0)
    _log.info("Wave %s: %s grouped for %s units.", wave_id, factor, len(due))


def _embedded(
    load: Callable[[], Embeds], sentences: Collection[str], advance: Callable[[int], object]
) -> dict[str, Floats]:
    vectors: dict[str, Floats] = {}
    waiting = sorted(sentences)
    for start in range(0, len(waiting), _EMBEDDED_AT_ONCE):
        some = waiting[start : start + _EMBEDDED_AT_ONCE]
        vectors.update(zip(some, load().embed(some), strict=True))
        advance(len(some))
    return vectors


def _grouped(spoken: Sequence[Spoken], vectors: Mapping[str, Floats]) -> Grouping:
    # Imported here: the web process never needs it.
    import numpy as np

    from nlp.quotes import quotes
    from nlp.subthemes import subthemes as groups_of

    if not spoken:
        return Grouping({}, {}, ())
    sentences = [one.sentence for one in spoken]
    rows = np.stack([vectors[sentence] for sentence in sentences])
    found = groups_of(sentences, rows, sentiments=[one.stance for one in spoken])
    return grouping.grouped(spoken, found.themes, lambda: quotes(sentences, rows))


@job
def sweep() -> None:
    """Nudge waves whose comments still wait, or of whose concerns nobody has been told."""
    waiting = services.waiting_wave_ids(db.session())
    to_alert = concerns.waves_to_alert(db.session())
    db.session.commit()
    for wave_id in waiting:
        enqueue_after_commit(ANALYSIS, analyse_pending, wave_id)
    for wave_id in to_alert:
        enqueue_after_commit(MAIL, alert_guardians, wave_id)


@job
def alert_guardians(wave_id: int) -> None:
    """Tell each guardian once that there are words to read. The mail holds none of them."""
    redis = current_app.extensions["redis"]
    lock: Lock = redis.lock(f"concerns:alert:{wave_id}", timeout=_ALERT_SECONDS, blocking=False)
    try:
        if not lock.acquire():
            return  # another worker is at it
        _alert(wave_id, lock)
        lock.release()
    except (LockError, RedisError):
        _log.warning("Alerts of wave %s lost their lock; the sweep comes back to them.", wave_id)


def _alert(wave_id: int, lock: Lock) -> None:
    settings: Settings = current_app.config["SETTINGS"]
    wave = pulses.wave(db.session(), wave_id)
    waiting = concerns.to_alert(db.session(), wave_id)
    title = wave.title if wave else ""
    db.session.commit()
    template = current_app.jinja_env.get_template("emails/concern.txt")
    body = template.render(
        organisation=settings.organisation_name,
        title=title,
        link=f"{settings.base_url}/concerns",
    )
    domain = settings.mail.sender.rpartition("@")[2] or "localhost"
    with postbox_for(settings) as postbox:
        for guardian in waiting:
            lock.reacquire()
            message = EmailMessage(
                subject=f"{settings.organisation_name}: words that may speak of harm",
                body=body,
                from_email=settings.mail.sender,
                to=[guardian.email],
                # The same at each attempt, so that mail servers can drop a second copy.
                headers={
                    "Message-ID": f"<concerns-{wave_id}-{guardian.user_id}@{domain}>",
                    "Auto-Submitted": "auto-generated",
                },
            )
            try:
                postbox.send(message)
            except ServerDownError as error:
                _log.warning("The mail server cannot be reached: %s", error)
                return
            except RefusedError as error:
                _log.warning("An alert of wave %s was refused: %s", wave_id, error)
                if error.final:
                    concerns.mark_alerted(db.session(), wave_id, guardian.user_id, sent=False)
            else:
                concerns.mark_alerted(db.session(), wave_id, guardian.user_id, sent=True)
            db.session.commit()


@job
def destroy_old_originals() -> None:
    """Once a day: originals that were kept as long as they may be."""
    today = database_now(db.session()).astimezone(LOCAL_ZONE).date()
    services.destroy_old_originals(db.session(), today=today)
    db.session.commit()


def _opened(key: CommentKey, batch: list[tuple[str, bytes]]) -> tuple[dict[str, str], list[str]]:
    texts: dict[str, str] = {}
    unreadable: list[str] = []
    for comment_id, sealed in batch:
        try:
            plain = key.open(sealed).decode("utf-8", errors="replace")
        except SealBrokenError:
            unreadable.append(comment_id)
        else:
            texts[comment_id] = plain.replace("\0", " ")  # PostgreSQL stores no NUL
    return texts, unreadable


def _analysed(analyser: Analyser, texts: Mapping[str, str]) -> tuple[dict[str, Reading], list[str]]:
    """What the model read, and the ids of comments on which it failed.

    Raises AnalysisError when it failed on all: then the model is at fault, and they wait for it.
    """
    try:
        return dict(zip(texts, analyser.analyse(texts.values()), strict=True)), []
    except Exception as error:
        problem = type(error).__name__
    readings: dict[str, Reading] = {}
    for comment_id, text in texts.items():
        try:
            (readings[comment_id],) = analyser.analyse([text])
        except Exception as error:
            problem = type(error).__name__
    if not readings:
        raise AnalysisError(f"The model fails on every comment of a batch: {problem}.")
    return readings, [comment_id for comment_id in texts if comment_id not in readings]


def _renew(lock: Any) -> None:
    try:
        lock.reacquire()
    except (LockError, RedisError):
        _log.info("The lock of an analysis could not be renewed; saving is safe without it.")
