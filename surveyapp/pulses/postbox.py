"""One mail after another over one connection, and what it means when one does not go."""

from __future__ import annotations

import contextlib
import smtplib
from types import TracebackType
from typing import Self

from flask_mailman import EmailMessage
from flask_mailman.backends.base import BaseEmailBackend

from surveyapp.config import Settings
from surveyapp.pulses import invitations

#: From here on the codes of SMTP say that trying again will not help.
_PERMANENT = 500


class ServerDownError(Exception):
    """No connection to the mail server: nothing can go out now. Quotes no server's words."""


class RefusedError(Exception):
    """This mail did not go. `final`: the server will not take it later either."""

    def __init__(self, reason: str, *, final: bool) -> None:
        super().__init__(reason)
        self.final = final


class Postbox:
    """Opens a connection for the first mail, and another one after each refusal."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # The outbox of the demonstration keeps a file for each connection, and shows one mail each.
        self._keeps_open = invitations.outbox_directory(settings) is None
        self._connection: BaseEmailBackend | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.hang_up()

    def send(self, message: EmailMessage) -> None:
        """Raises ServerDownError or RefusedError, whose texts name no address."""
        if self._connection is None:
            try:
                self._connection = invitations.open_connection(self._settings)
            except (OSError, smtplib.SMTPException) as error:
                raise ServerDownError(type(error).__name__) from None
        try:
            self._connection.send_messages([message])
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.hang_up()
            raise RefusedError(type(error).__name__, final=_is_final(error)) from None
        if not self._keeps_open:
            self.hang_up()

    def hang_up(self) -> None:
        """Never raises: what the server took before is sent, whatever it says to a goodbye."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                connection.close()


def _is_final(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= _PERMANENT for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= _PERMANENT
    # An address that cannot be written into a mail. Anything else is the server's own trouble.
    return isinstance(error, ValueError)
