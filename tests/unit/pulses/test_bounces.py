"""Delivery reports (RFC 3464), as mail servers write them and as they never should."""

from __future__ import annotations

from email.message import EmailMessage, MIMEPart

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveyapp.pulses.bounces import read_report
from tests.support.delivery_reports import recipient, report


@pytest.mark.parametrize(
    ("block", "failed"),
    [
        (recipient("5.1.1"), {"jo@trust.example"}),
        (recipient("5.2.1 (closed)"), {"jo@trust.example"}),
        (recipient("5.1.1", address="<jo@trust.example>"), {"jo@trust.example"}),
        ("Original-Recipient: rfc822;a@trust.example\n" + recipient("5.1.1"), {"a@trust.example"}),
        (recipient("5.7.1"), set()),  # policy: it speaks of us
        (recipient("5.2.2"), set()),  # the mailbox is full
        (recipient("4.4.1", action="delayed"), set()),
        (recipient("2.1.5", action="delivered"), set()),
        (recipient("5.1.1", action="relayed"), set()),
    ],
)
def test_only_what_fails_for_good_because_of_the_address_counts(block: str, failed: set[str]) -> None:
    found = read_report(report(block))
    assert found.is_report and found.addresses == failed and found.others == (not failed)


def test_each_recipient_of_a_report_counts() -> None:
    late, gone = recipient("4.2.0", address="b@x.example"), recipient("5.1.0", address="c@x.example")
    found = read_report(report(recipient("5.1.1"), late, gone))
    assert found.addresses == {"jo@trust.example", "c@x.example"} and found.others == 1


def test_an_out_of_office_reply_is_no_report() -> None:
    reply = EmailMessage()
    reply["Subject"] = "Out of office"
    reply.set_content("Final-Recipient: rfc822; a@b.example\nStatus: 5.1.1\nAction: failed")
    attached = MIMEPart()
    attached.set_content("Status: 5.1.1")
    reply.add_attachment(attached)
    assert not read_report(reply.as_bytes()).is_report


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_are_too_strange(noise: bytes, place: int) -> None:
    whole = report(recipient("5.1.1"))
    for content in (noise, whole[:place], whole[:place] + noise + whole[place:]):
        assert all("@" in address for address in read_report(content).addresses)
