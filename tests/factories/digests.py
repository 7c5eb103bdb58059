"""Readers of reports who are told by e-mail, and what has come of it."""

from __future__ import annotations

import re

from sqlalchemy.orm import Session

from surveyapp.accounts import services as accounts
from surveyapp.permissions import RoleName
from surveyapp.reports import jobs
from tests.conftest import PASSWORD
from tests.factories.reports import Trust
from tests.support.queues import forget_nudges, nudges
from tests.support.servers import MailServer


def account(
    session: Session, name: str, *roles: RoleName, leads: tuple[int, ...] = (), active: bool = True
) -> str:
    """Someone with access. Returns their address."""
    address = f"{name}@example.org"
    user = accounts.create_user(
        session, email=address, name=name, password=PASSWORD, roles=roles, led_unit_ids=leads
    )
    user.active = active
    session.commit()
    return address


def leader(session: Session, name: str, trust: Trust, *units: str) -> str:
    return account(session, name, RoleName.LEADER, leads=tuple(trust.units[unit] for unit in units))


def is_due(wave_id: int) -> bool:
    """Whether the sweep finds summaries to send."""
    forget_nudges()
    jobs.sweep()
    return ("mail", "reports.jobs.send_digests", [wave_id]) in nudges()


def stop_path(smtp: MailServer, address: str) -> str:
    """The path of the link that stops, as it stands in a mail's text."""
    body = smtp.body_for(address)
    found = re.search(r"^https://pulse\.example\.org(/reports/emails/\S+/stop)\r?$", body, re.M)
    assert found
    return found[1]
