"""Delivery reports (RFC 3464), as a mail server writes them."""

from __future__ import annotations


def report(*recipients: str) -> bytes:
    """One with a block for each recipient, and with the mail that came back."""
    status = "\n\n".join(("Reporting-MTA: dns; mx.example.org", *recipients))
    return (
        "From: MAILER-DAEMON@mx.example.org\nTo: learning@trust.example\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n"
        f"--b\nContent-Type: message/delivery-status\n\n{status}\n\n"
        "--b\nContent-Type: message/rfc822\n\nSubject: Trust: Spring pulse\nTo: x@y.example\n\nHello\n--b--\n"
    ).encode()


def recipient(status: str, *, action: str = "failed", address: str = "Jo@Trust.example") -> str:
    """The block of one recipient."""
    return (
        f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}\n"
        "Diagnostic-Code: smtp; 550"
    )
