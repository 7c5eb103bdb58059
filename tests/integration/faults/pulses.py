"""One pulse after another in a system whose parts are killed, from the staff list to the report.

Each asks a ward of its own. What its people did and were told is compared with what came out.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from surveyapp.ballots.models import Answer, Response, SealedBallot, Voucher
from surveyapp.comments import concerns
from surveyapp.comments import services as comments
from surveyapp.comments.models import Comment, CommentAnalysis, CommentState
from surveyapp.config import PROJECT_ROOT
from surveyapp.extensions import db
from surveyapp.organisation.models import Person, Unit
from surveyapp.pulses import ledger
from surveyapp.pulses.models import MailState, Wave, WaveMail, WaveState
from surveyapp.reports import digest_ledger, drawing, storage
from surveyapp.reports.models import WaveChart
from tests.integration.faults.voters import Paper, Voter, receipts, unsure
from tests.support.killable import KillableSystem
from tests.support.patient_browser import Browser
from tests.support.servers import MailServer

#: In each ward; of those whom a mail reached, three in four answer.
PEOPLE = 28

_TOGETHER = 6
_LATE = 4

_LINK = re.compile(r"^https?://[^/\s]+(/a/\w{7}/([\w-]{22}))\r?$", re.MULTILINE)

_T = TypeVar("_T")


@dataclass
class Covered:
    """What happened in all pulses together."""

    pulses: int = 0
    casts: int = 0
    late: int = 0
    unsure: int = 0
    mails: int = 0
    unconfirmed: int = 0
    imports: int = 0
    tries_again: int = 0
    comments: int = 0
    #: What must not stand in any log.
    secrets: set[str] = field(default_factory=set)


class Pulses:
    """Raises AssertionError at the first thing that was lost, doubled or left undone."""

    def __init__(
        self,
        system: KillableSystem,
        app: Flask,
        smtp: MailServer,
        environ: Mapping[str, str],
        directory: Path,
        chance: random.Random,
    ) -> None:
        self._system, self._app, self._smtp = system, app, smtp
        self._environ, self._directory, self._chance = {**os.environ, **environ}, directory, chance
        self._planner = Browser(system.addresses, chance)
        self._staff: dict[str, str] = {}
        self._said: list[str] = []
        self.covered = Covered()
        self.stage = ""
        # Mails take a while, or nobody would ever be killed on the way.
        smtp.on_rcpt = lambda _address: time.sleep(0.05)

    def sign_in(self, email: str, password: str) -> None:
        page = self._planner.get("/sign-in")
        page = self._planner.post("/sign-in", page.entries(email=email, password=password))
        assert page.path == "/", page.heading

    def run_one(self) -> None:
        self.covered.pulses += 1
        ward = f"Ward {self.covered.pulses:03}"
        self.stage = "import"
        self._import(ward)
        self.stage = "launch"
        wave_id = self._plan_and_launch(ward)
        self.stage = "mail"
        paths = self._mailed(wave_id, ward)
        self.stage = "votes"
        voters = self._vote(wave_id, paths)
        self.stage = "close"
        self._vote_late_and_close(wave_id, voters[-_LATE:])
        assert len(receipts(voters)) >= len(voters) - _LATE
        self.stage = "count and report"
        self._planner.until(lambda: self._ask(lambda session: _is_settled(session, wave_id)))
        self._planner.until(lambda: self._ask(lambda session: self._check(session, wave_id, voters)))
        self._read(wave_id, ward)
        self.covered.casts += len(receipts(voters))
        self.covered.late += len(voters) - len(receipts(voters))
        self.covered.unsure += len(unsure(voters))
        self.covered.tries_again += sum(voter.browser.tries_again for voter in voters)

    def finish(self) -> None:
        """What must hold when all has come to rest."""
        self.covered.tries_again += self._planner.tries_again

        def staff(session: Session) -> dict[str, str]:
            rows = session.execute(select(Person.email, Unit.name).join(Unit, Unit.id == Person.unit_id))
            return {email: name for email, name in rows}

        assert self._planner.until(lambda: self._ask(staff)) == self._staff
        kept = [file.name for file in Path(self._environ["KEY_DIRECTORY"]).iterdir() if "wave" in file.name]
        assert kept == []

    @property
    def said(self) -> str:
        """What commands have written."""
        return "\n".join(self._said)

    # ------------------------------------------------------------ the steps

    def _import(self, ward: str) -> None:
        new = [f"{ward[-3:]}.{number}@staff.example" for number in range(PEOPLE)]
        self._staff |= dict.fromkeys(new, ward)
        self.covered.secrets.update(new)
        file = self._directory / "staff.csv"
        lines = [f"{email},{unit},Nursing" for email, unit in self._staff.items()]
        file.write_text("\n".join(["email,unit,staff_group", *lines]) + "\n")
        command = ["flask", "--app", "wsgi", "people", "import", str(file), "--make-units"]

        def attempt() -> bool | None:
            self.covered.imports += 1
            done = subprocess.run(
                [sys.executable, "-m", *command],
                cwd=PROJECT_ROOT, env=self._environ, capture_output=True, text=True, timeout=240,
            )  # fmt: skip
            self._said.append(done.stdout + done.stderr)
            return True if done.returncode == 0 else None

        self._planner.until(attempt)

    def _plan_and_launch(self, ward: str) -> int:
        def plan() -> int | None:
            listed = self._planner.get("/pulses").soup.find("a", string=lambda text: text and ward in text)
            if listed is not None:
                return int(str(listed["href"]).rpartition("/")[2])
            page = self._planner.get("/pulses/new")
            unit = page.value_labelled(ward)
            self._planner.post("/pulses/new", page.entries(title=f"Pulse of {ward}", audience=unit))
            return None

        wave_id = self._planner.until(plan)
        self._confirm(f"/pulses/{wave_id}/launch")
        return wave_id

    def _confirm(self, path: str) -> None:
        """Press the one button of a page that is there only until that has been done."""

        def attempt() -> bool | None:
            page = self._planner.get(path)
            if page.path != path:
                return True
            self._planner.post(path, page.entries())
            return None

        self._planner.until(attempt)

    def _mailed(self, wave_id: int, ward: str) -> list[str]:
        """Wait until all mails are settled; the paths of the links that have arrived."""

        def settled(session: Session) -> set[str] | None:
            progress = ledger.progress(session, wave_id)
            if progress.total < PEOPLE or progress.waiting:
                return None
            assert progress.total == PEOPLE and progress.failed == 0
            unconfirmed = session.scalars(
                select(Person.email)
                .join(WaveMail, WaveMail.person_id == Person.id)
                .where(WaveMail.wave_id == wave_id, WaveMail.state == MailState.UNCONFIRMED)
            )
            return set(unconfirmed)

        unconfirmed = self._planner.until(lambda: self._ask(settled))
        mine = {email for email, unit in self._staff.items() if unit == ward}
        times = Counter(address for address in self._smtp.addresses if address in mine)
        assert [address for address, count in times.items() if count > 1] == [], "Someone got two mails."
        assert mine - times.keys() <= unconfirmed, "A mail was lost, and nobody is told."
        page = self._planner.until(lambda: self._planner.get(f"/pulses/{wave_id}"))
        rows = {row.dt.get_text(strip=True): row.dd for row in page.soup.select(".nhsuk-summary-list__row")}
        assert rows["May not have arrived"].get_text(strip=True) == str(len(unconfirmed))
        self.covered.mails += len(times)
        self.covered.unconfirmed += len(unconfirmed)
        found = [_LINK.findall(self._smtp.body_for(address)) for address in times]
        self.covered.secrets.update(token for ((_, token),) in found)
        return [path for ((path, _),) in found]

    def _vote(self, wave_id: int, paths: Sequence[str]) -> list[Voter]:
        """All but the last ones vote, some of them with a comment."""
        chosen = self._chance.sample(list(paths), 3 * len(paths) // 4)
        voters = [self._voter(path, number) for number, path in enumerate(chosen)]
        with ThreadPoolExecutor(_TOGETHER) as pool:
            list(pool.map(Voter.vote, voters[:-_LATE]))
        self._planner.until(lambda: self._ask(lambda session: _box_is_right(session, wave_id, voters)))
        return voters

    def _vote_late_and_close(self, wave_id: int, late: Sequence[Voter]) -> None:
        with ThreadPoolExecutor(_LATE) as pool:
            votes = [pool.submit(voter.vote) for voter in late]
            self._confirm(f"/pulses/{wave_id}/close")
            for vote in votes:
                vote.result()

    def _voter(self, path: str, number: int) -> Voter:
        browser = Browser(self._system.addresses, random.Random(self._chance.random()))
        comment = ""
        if number % 2 == 0:
            # So few on one factor that nothing is to be grouped, which takes the real model.
            subject = "handover" if number % 6 == 0 else "rota"
            comment = f"The {subject} of {self._chance.getrandbits(64):x} is rushed."
            self.covered.secrets.add(comment)
        return Voter(path, browser, comment)

    def _read(self, wave_id: int, ward: str) -> None:
        unit_id = self._planner.until(
            lambda: self._ask(lambda session: session.scalar(select(Unit.id).where(Unit.name == ward)))
        )
        page = self._planner.until(lambda: self._planner.get(f"/reports/{wave_id}/units/{unit_id}"))
        assert page.status == 200 and page.path.endswith(str(unit_id)), page.heading
        kinds = self._planner.until(
            lambda: self._ask(
                lambda session: session.scalars(
                    select(WaveChart.kind).where(WaveChart.wave_id == wave_id, WaveChart.unit_id == unit_id)
                ).all()
            )
        )
        assert drawing.SCORE_CHART in kinds

    # ------------------------------------------------------------ what came out

    def _check(self, session: Session, wave_id: int, voters: Sequence[Voter]) -> bool:
        wave = session.get_one(Wave, wave_id)
        assert (wave.state, wave.invited, wave.set_aside) == (WaveState.COUNTED, PEOPLE, 0)
        certain = Counter(voter.paper for voter in receipts(voters))
        possible = Counter(voter.paper for voter in unsure(voters))
        counted = _papers(session, wave_id)
        assert certain <= counted, "A ballot with a receipt was not counted as it was given."
        assert counted - certain <= possible, "Something was counted that nobody gave."
        rows = session.execute(
            select(Comment.state, func.count(CommentAnalysis.comment_id))
            .outerjoin(CommentAnalysis, CommentAnalysis.comment_id == Comment.id)
            .where(Comment.wave_id == wave_id)
            .group_by(Comment.id, Comment.state)
        ).all()
        assert {tuple(row) for row in rows} <= {(CommentState.ANALYSED, 1)}
        written = sum(bool(voter.comment) for voter in receipts(voters))
        assert written <= len(rows) <= written + sum(bool(voter.comment) for voter in unsure(voters))
        self.covered.comments += len(rows)
        return True

    def _ask(self, question: Callable[[Session], _T]) -> _T | None:
        """What the database says, or nothing while it is dead."""
        with self._app.app_context():
            try:
                return question(db.session())
            except OperationalError:
                return None


def _box_is_right(session: Session, wave_id: int, voters: Sequence[Voter]) -> bool:
    """As many ballots as vouchers spent as people with a receipt. In one look, or it would be two."""
    spent = select(func.count()).where(Voucher.wave_id == wave_id, Voucher.spent).scalar_subquery()
    sealed = select(func.count()).where(SealedBallot.wave_id == wave_id).scalar_subquery()
    found = session.execute(select(spent, sealed)).one()
    assert tuple(found) == (len(receipts(voters)),) * 2, "Vouchers, ballots and receipts differ."
    return True


def _is_settled(session: Session, wave_id: int) -> bool | None:
    """Counted, its keys destroyed, its comments read, its report drawn and told of."""
    wave = session.get_one(Wave, wave_id)
    assert wave.state in {WaveState.CLOSED, WaveState.COUNTED}, wave.state
    if wave.state != WaveState.COUNTED or wave.keys_destroyed_at is None:
        return None
    undone = (
        comments.waiting_wave_ids,
        concerns.waves_to_alert,
        drawing.waves_to_draw,
        storage.waves_to_group,
        digest_ledger.waves_to_send,
    )
    left = (
        session.scalar(select(func.count()).where(table.wave_id == wave_id))
        for table in (Voucher, SealedBallot, WaveMail)
    )
    return True if not any(wave_id in find(session) for find in undone) and not any(left) else None


def _papers(session: Session, wave_id: int) -> Counter[Paper]:
    rows = session.execute(
        select(Answer.response_id, Answer.item_id, Answer.value)
        .join(Response, Response.id == Answer.response_id)
        .where(Response.wave_id == wave_id)
    )
    ballots: dict[str, list[tuple[str, int | None]]] = {}
    for response_id, item_id, value in rows:
        ballots.setdefault(response_id, []).append((item_id, value))
    return Counter(tuple(sorted(ballot)) for ballot in ballots.values())
