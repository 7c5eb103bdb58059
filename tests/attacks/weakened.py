"""The product with one of its guards taken away, so that each attack is first seen to work.

Each function takes away one guard, as named, for the rest of a test.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, request
from flask import session as cookie
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from surveyapp import queueing
from surveyapp.ballots import carrying, counting, opening, paper_views, residue
from surveyapp.ballots import services as ballots
from surveyapp.ballots.models import Voucher
from surveyapp.ballots.paper import token_hash
from surveyapp.comments import services as comments
from surveyapp.disclosure import figures, snapshot
from surveyapp.disclosure.breakdown import Cells, Publication, by_group, by_unit
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.extensions import db
from surveyapp.organisation import services as organisation
from surveyapp.pulses import drafts, planning
from surveyapp.pulses import services as pulses
from surveyapp.reports import scope
from surveyapp.timekeeping import utc_now

#: For what comes out alike on both databases: most of a weakened build, and logs.
ON_ONE_DATABASE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

# ---------------------------------------------------------------- what is shown


def only_the_minimum(patch: pytest.MonkeyPatch) -> None:
    """Every unit and group of k or more is shown: A2 without A4 and A6."""

    def choose(
        tree: Tree,
        cells: Cells,
        *,
        k: int,
        invited: Cells | None = None,
        within: Publication | None = None,
    ) -> Publication:
        totals, groups = tree.totals(by_unit(cells)), by_group(cells)
        return Publication(
            frozenset(u for u, n in totals.items() if n >= k and (not within or u in within.units)),
            frozenset(
                g for g, n in groups.items() if g and n >= k and (not within or g in within.groups)
            ),
        )

    patch.setattr(snapshot, "choose", choose)


def exact_numbers(patch: pytest.MonkeyPatch) -> None:
    """Counts, rates, shares and scores are printed as they are: no A11 and no A12."""

    def share(favourable: int, n: int) -> figures.Share:
        return figures.Share(round(100 * favourable / n), f"{100 * favourable / n:.2f}%")

    for module in (figures, snapshot):
        patch.setattr(module, "rounded_count", lambda n, **_: n)
        patch.setattr(module, "rounded_rate", lambda part, whole, **_: round(100 * part / whole, 2))
    patch.setattr(figures, "favourable_share", share)
    patch.setattr(figures, "score_share", lambda mean, _: figures.Share(round(mean), f"{mean:.2f}"))
    patch.setattr(figures, "_within_share", lambda mean, _share: mean)


def todays_structure(patch: pytest.MonkeyPatch) -> None:
    """Old waves are read under the units as they are now: no A9."""

    def tree(session: Session, _wave_id: int) -> tuple[Tree, dict[int, str]]:
        units = organisation.frozen_tree(session)
        return Tree({unit: parent for unit, parent, _ in units}), {u: name for u, _, name in units}

    patch.setattr(scope, "frozen", tree)


def smallest_group_never_locked(patch: pytest.MonkeyPatch) -> None:
    """k can be changed after people have answered: A1 without its lock."""

    def set_minimum_group(session: Session, wave_id: int, k: int, *, actor_id: int | None) -> None:
        pulses.lock_wave(session, wave_id).minimum_group = k

    patch.setattr(drafts, "set_minimum_group", set_minimum_group)


def exact_bars(patch: pytest.MonkeyPatch) -> None:
    """A score is rounded in its words, and its bar in the chart is not."""

    def score_share(mean: float, n: int) -> figures.Share:
        return figures.Share(mean, rounded(mean, n).words)  # type: ignore[arg-type]

    rounded = figures.score_share
    patch.setattr(figures, "score_share", score_share)


# ---------------------------------------------------------------- links and ballots


def a_look_spends(patch: pytest.MonkeyPatch, app: Flask) -> None:
    """Opening a link already uses it up."""
    answer = app.view_functions["ballots.answer"]

    def spend(reference: str, token: str) -> object:
        page = answer(reference=reference, token=token)
        if request.method != "POST":
            used = update(Voucher).where(Voucher.token_hash == token_hash(token)).values(spent=True)
            db.session.execute(used)
            db.session.commit()
        return page

    spend.is_public = True  # type: ignore[attr-defined]
    patch.setitem(app.view_functions, "ballots.answer", spend)


def vouchers_last_for_ever(patch: pytest.MonkeyPatch) -> None:
    """A link is as good after a ballot as before."""
    _before_each_use(patch, lambda _wave: {"spent": False})


def vouchers_fit_every_wave(patch: pytest.MonkeyPatch) -> None:
    """A link of one wave opens another."""
    _before_each_use(patch, lambda wave: {"wave_id": wave.id})


def _before_each_use(patch: pytest.MonkeyPatch, change: Callable[[pulses.Wave], Any]) -> None:
    """Change the voucher that somebody is about to use."""
    state, cast = ballots.link_state, ballots.cast

    def bend(session: Session, wave: pulses.Wave | None, token: str) -> None:
        if wave is not None:
            mine = Voucher.token_hash == token_hash(token)
            session.execute(update(Voucher).where(mine).values(change(wave)))

    def bent_state(session: Session, wave: pulses.Wave | None, token: str) -> ballots.LinkState:
        bend(session, wave, token)
        return state(session, wave, token)

    def bent_cast(
        session: Session, wave: pulses.Wave, token: str, **given: Any
    ) -> ballots.CastOutcome:
        bend(session, wave, token)
        return cast(session, wave, token, **given)

    patch.setattr(ballots, "link_state", bent_state)
    patch.setattr(ballots, "cast", bent_cast)


def links_known_by_their_beginning(patch: pytest.MonkeyPatch) -> None:
    """Only the first twenty characters of a token count."""
    patch.setattr(ballots, "token_hash", lambda token: token_hash(token[:20]))


def boxes_never_close(patch: pytest.MonkeyPatch) -> None:
    """The state of a wave is not looked at when a ballot is cast."""
    patch.setattr(pulses, "is_open", lambda *_: True)
    patch.setattr(pulses, "takes_ballots", lambda *_: True)


def carried_answers_fit_every_link(patch: pytest.MonkeyPatch) -> None:
    """Answers carried from page to page are sealed, and bound to nobody's link."""
    for name in ("seal_given", "open_given"):
        bound = getattr(carrying, name)

        def unbound(given: Any, *, secret_key: str, link: str, bound: Any = bound) -> Any:
            return bound(given, secret_key=secret_key, link="")

        patch.setattr(paper_views, name, unbound)


def one_bad_ballot_stops_the_count(patch: pytest.MonkeyPatch) -> None:
    """What does not open is an error, not set aside."""
    for name in ("SealBrokenError", "BadBallotError"):
        patch.setattr(opening, name, ZeroDivisionError)


def ballots_are_not_held_against_vouchers(patch: pytest.MonkeyPatch) -> None:
    """Whatever opens is counted, however many links were used."""
    patch.setattr(opening, "_stuffed_units", lambda *_, **__: set())


def known_links_take_longer(patch: pytest.MonkeyPatch) -> None:
    """A token that was issued is looked at once more, and hashed as a password is."""
    state = ballots.link_state

    def slow_state(session: Session, wave: pulses.Wave | None, token: str) -> ballots.LinkState:
        found = state(session, wave, token)
        if found in {ballots.LinkState.SPENT, ballots.LinkState.READY}:
            session.scalar(select(Voucher.unit_id).where(Voucher.token_hash == token_hash(token)))
            hashlib.pbkdf2_hmac("sha256", token.encode(), b"salt", 20_000)
        return found

    patch.setattr(ballots, "link_state", slow_state)


def ballots_without_padding(patch: pytest.MonkeyPatch) -> None:
    """A ballot is as long as what is in it."""
    encode = ballots.encode
    patch.setattr(ballots, "encode", lambda ballot, size: encode(ballot, size).rstrip())


# ---------------------------------------------------------------- what lies on the disk


def nothing_is_cleared(patch: pytest.MonkeyPatch) -> None:
    """No VACUUM and no checkpoint after the count."""
    patch.setattr(residue, "clear", lambda _engine: None)


def deleted_rows_are_not_overwritten(_patch: pytest.MonkeyPatch) -> None:
    """SQLite's secure_delete is off. The engine is the test's own and goes with it."""

    @event.listens_for(db.engine, "connect")
    def switch_off(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA secure_delete=OFF")

    db.session.remove()
    db.engine.dispose()


def no_shuffle(patch: pytest.MonkeyPatch) -> None:
    """Ballots, answers and comments are numbered one after another, and nothing is mixed."""
    numbers = itertools.count(1)
    in_order = SimpleNamespace(shuffle=lambda _rows: None)
    patch.setattr(counting, "random", SimpleNamespace(SystemRandom=lambda: in_order))
    for module in (ballots, counting):
        patch.setattr(module, "random_id", lambda: f"{next(numbers):032x}")
    patch.setattr(
        comments, "secrets", SimpleNamespace(token_hex=lambda _size: f"{next(numbers):032x}")
    )


# ---------------------------------------------------------------- open links


def open_links_are_exact(patch: pytest.MonkeyPatch) -> None:
    """Counts of an open link are shown as they are, but for the rounding of all figures."""
    patch.setattr(counting, "moved", lambda items, scales, _chance: (items, scales))


def open_links_show_ten(patch: pytest.MonkeyPatch) -> None:
    """An open link may have the minimum of other waves: A23 without its twenty."""
    patch.setattr(planning, "OPEN_LINK_MINIMUM_GROUP", 10)


# ---------------------------------------------------------------- while a wave is open


def live_rate_at_every_tick(patch: pytest.MonkeyPatch) -> None:
    """The response rate of an open wave is exact, and renewed whenever the clock ticks: no A8."""

    def note(session: Session, wave_id: int, *, ballots: int) -> None:
        wave = pulses.lock_wave(session, wave_id)
        wave.live_rate_on = utc_now().date()
        if wave.invited:  # no share is known of an open link
            wave.live_rate_band = round(100 * ballots / wave.invited)

    patch.setattr(pulses, "note_live_rate", note)


# ---------------------------------------------------------------- what is written down on the way

#: Arguments of the web server: the log that it keeps where nobody forbids it.
USUAL_WEB_LOG = ("--logger-class", "gunicorn.glogging.Logger", "--access-logfile", "-")


def jobs_carry_words(patch: pytest.MonkeyPatch) -> None:
    """A ballot is announced to the workers with its link and its words; the job is soon gone."""
    cast = ballots.cast

    def told(session: Session, wave: pulses.Wave, token: str, **given: Any) -> ballots.CastOutcome:
        outcome = cast(session, wave, token, **given)
        words = list(given["comments"].values())
        queue = queueing.queue(queueing.CLOCK)
        queue.enqueue("surveyapp.pulses.jobs.tick", args=[token, *words]).delete()
        return outcome

    patch.setattr(ballots, "cast", told)


def sessions_remember_pages(patch: pytest.MonkeyPatch, app: Flask) -> None:
    """Where someone was last is kept in a cookie, as many sites do."""
    patch.setattr(app, "session_interface", SecureCookieSessionInterface())

    @app.before_request
    def remember() -> None:
        cookie["last"] = request.path


def ledger_is_kept(patch: pytest.MonkeyPatch) -> None:
    """To whom mail went stays known after the close: no F6."""
    patch.setattr(pulses, "_purge_ledger", lambda *_: None)
