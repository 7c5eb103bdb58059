"""One mail after another over one connection, and what it means when one does not go.

SMTP cannot promise that a mail arrives exactly once. A server takes a mail when it has read the
last line, a dot, and says so with 250; when the line breaks in between, the sender cannot know
whether the mail was taken (RFC 1047). So whoever sends must choose: again, and perhaps twice, or
not again, and perhaps never. `hand_over` tells the three cases apart:

* it went: the server said 250;
* it did not go, for certain: the line broke before the dot was written, or the server refused;
* nobody knows: the dot was written, and no answer came.

The caller is told just before the dot is written, so that it can make a note that outlives it.
Everything else has been written by then, and the dot is a handful of bytes in one write: once it
is in the socket the kernel delivers it, even if this process is killed.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
from collections.abc import Callable
from types import TracebackType
from typing import Self

from flask_mailman import EmailMessage
from flask_mailman.message import sanitize_address
from flask_mailman.utils import DNS_NAME

from surveyapp.config import MailSettings, Settings
from surveyapp.pulses import invitations

#: Seconds that a server may take for each answer.
_PATIENCE = 20

#: Seconds for the answer to the dot. Who waits less knows less often whether a mail went, and who
#: waits longer than the lock of a mailing job lasts has it taken away.
_PATIENCE_AT_DOT = 100

#: From here on the codes of SMTP say that trying again will not help.
_PERMANENT = 500

#: Codes to RCPT that speak of the address. Others speak of us, such as 554, or of our sender.
_ADDRESS_REFUSED = (550, 551, 553)

#: Of what an enhanced code (RFC 3463) speaks when it speaks of the address: 5.1.1, no such mailbox,
#: or 5.2.1, a mailbox that was closed. 5.7.1, for one, is policy, and would be said of every address.
OF_ADDRESS = re.compile(rb"5\.(1\.|2\.1\b)")
_ENHANCED = re.compile(rb"\d\.\d{1,3}\.\d{1,3}\b")

_LINE_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)

_WANTS_DATA = 354
_TAKEN = 250
_GOODBYE = 421


class ServerDownError(Exception):
    """No connection to the mail server: nothing can go out now. Quotes no server's words."""


class RefusedError(Exception):
    """This mail did not go. `final`: the server will not take it later either.

    `of_address`: because nobody gets mail at this address.
    """

    def __init__(self, reason: str, *, final: bool, of_address: bool = False) -> None:
        super().__init__(reason)
        self.final = final
        self.of_address = of_address


class UnconfirmedError(RefusedError):
    """The whole mail was written and no answer came. It may have gone."""


class Postbox:
    """Opens a connection for the first mail, and another one after each that broke."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._line: _Line | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.hang_up()

    def send(self, message: EmailMessage) -> None:
        """For mails that may come twice. Raises ServerDownError or RefusedError."""
        self.hand_over(message, before_dot=lambda: None)

    def hand_over(self, message: EmailMessage, *, before_dot: Callable[[], None]) -> None:
        """Send one mail. `before_dot` is called when it could be taken back for the last time.

        What that raises is raised, and the mail has not gone. Raises ServerDownError or
        RefusedError where it has not gone either, and UnconfirmedError where nobody knows. Their
        texts name no address.
        """
        if invitations.outbox_directory(self._settings) is not None:
            before_dot()
            _keep(self._settings, message)
            return
        try:
            sender, receiver, content = _written(message)
        except ValueError as error:
            # It cannot be written into a mail, whatever the server is.
            raise RefusedError(type(error).__name__, final=True, of_address=True) from None
        line = self._line or self._dial()
        try:
            line.offer(sender, receiver, content)
        except RefusedError:
            if not line.is_open:
                self._drop()
            raise
        try:
            before_dot()
        except BaseException:
            self._drop()  # without its dot the server throws it away
            raise
        try:
            line.finish()
        except RefusedError:
            if not line.is_open:
                self._drop()
            raise

    def hang_up(self) -> None:
        """Never raises: what the server took before is sent, whatever it says to a goodbye."""
        line, self._line = self._line, None
        if line is not None:
            line.say_goodbye()

    def _dial(self) -> _Line:
        try:
            self._line = _Line(self._settings.mail)
        except (OSError, smtplib.SMTPException) as error:
            raise ServerDownError(type(error).__name__) from None
        return self._line

    def _drop(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.drop()


class _Line:
    """A connection to the mail server. Raises OSError or SMTPException when there is none."""

    def __init__(self, mail: MailSettings) -> None:
        self._smtp = smtplib.SMTP(
            mail.server or "", mail.port, local_hostname=DNS_NAME.get_fqdn(), timeout=_PATIENCE
        )
        self.is_open = True
        try:
            # The dot is a small write after a large one, which would wait for the other side.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._smtp.ehlo_or_helo_if_needed()
            if mail.use_tls:
                self._smtp.starttls()
                self._smtp.ehlo_or_helo_if_needed()
            if mail.username and mail.password:
                self._smtp.login(mail.username, mail.password)
        except BaseException:
            self._smtp.close()
            raise

    def offer(self, sender: str, receiver: str, content: bytes) -> None:
        """Everything but the dot. Raises RefusedError, and then the mail has not gone."""
        try:
            code, _ = self._smtp.mail(sender)
            if code != _TAKEN:
                self._refuse("sender", code, final=False)  # it is ours, and the same for all
            code, reply = self._smtp.rcpt(receiver)
            if code not in (_TAKEN, 251):
                of_address = code in _ADDRESS_REFUSED and _is_of_address(reply)
                self._refuse("receiver", code, final=code >= _PERMANENT, of_address=of_address)
            code, _ = self._smtp.docmd("DATA")
            if code != _WANTS_DATA:
                self._refuse("mail", code, final=code >= _PERMANENT)
            self._socket.sendall(content)
        except (OSError, smtplib.SMTPException) as error:
            self.is_open = False
            raise RefusedError(type(error).__name__, final=False) from None

    def finish(self) -> None:
        """The dot. Raises UnconfirmedError when no answer comes, RefusedError when it is no."""
        try:
            self._socket.settimeout(_PATIENCE_AT_DOT)
            self._socket.sendall(b".\r\n")
            code, _ = self._smtp.getreply()
            self._socket.settimeout(_PATIENCE)
        except (OSError, smtplib.SMTPException) as error:
            self.is_open = False
            raise UnconfirmedError(type(error).__name__, final=False) from None
        if code != _TAKEN:
            self._refuse("mail", code, final=code >= _PERMANENT)

    def say_goodbye(self) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self._smtp.quit()
        self.drop()

    def drop(self) -> None:
        """Not a word more: in the middle of a mail, a goodbye would be a part of it."""
        self.is_open = False
        with contextlib.suppress(OSError):
            self._smtp.close()

    def _refuse(self, what: str, code: int, *, final: bool, of_address: bool = False) -> None:
        if code == _GOODBYE:
            self.is_open = False
        else:
            try:
                self._smtp.rset()
            except (OSError, smtplib.SMTPException):
                self.is_open = False
        raise RefusedError(f"{code} to the {what}", final=final, of_address=of_address)

    @property
    def _socket(self) -> socket.socket:
        if self._smtp.sock is None:
            raise smtplib.SMTPServerDisconnected
        return self._smtp.sock


def _is_of_address(reply: bytes) -> bool:
    """Whether a refused address is at fault. Without an enhanced code, the plain one has the word."""
    enhanced = _ENHANCED.match(reply)
    return enhanced is None or OF_ADDRESS.match(reply) is not None


def _written(message: EmailMessage) -> tuple[str, str, bytes]:
    """Sender, receiver and the lines of a mail to one person, as SMTP wants them.

    Raises ValueError for an address that cannot be written into a mail.
    """
    encoding = message.encoding or "utf-8"
    (receiver,) = message.recipients()
    content = message.message().as_bytes(linesep="\r\n")
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    # A line that is a dot would end the mail.
    return (
        sanitize_address(message.from_email, encoding),
        sanitize_address(receiver, encoding),
        _LINE_WITH_DOT.sub(b"..", content),
    )


def _keep(settings: Settings, message: EmailMessage) -> None:
    """Into the outbox of the demonstration: a file for each connection, which shows one mail each."""
    connection = invitations.open_outbox(settings)
    try:
        connection.send_messages([message])
    finally:
        connection.close()
