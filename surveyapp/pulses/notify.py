"""Mails and texts through GOV.UK Notify, each once.

Notify finds a mail by the reference that it was sent with, so each mail is looked for before it is
sent: one that an earlier attempt has brought there never goes again, whatever became of the attempt.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flask_mailman import EmailMessage

from surveyapp.config import NotifySettings
from surveyapp.pulses.postbox import RefusedError, ServerDownError
from surveyapp.pulses.texts import TextMessage

if TYPE_CHECKING:
    from notifications_python_client.errors import APIError
    from notifications_python_client.notifications import NotificationsAPIClient

#: Seconds that Notify has for each answer.
_PATIENCE = 20

#: Pages of what came back that are asked for, of 250 messages each.
_MOST_PAGES = 200

_BAD_REQUEST = 400
_FORBIDDEN = 403
_TOO_MANY = 429

_NO_ANSWER = "GOV.UK Notify gave no answer that helps"

#: Notify has tried, and nobody has that address.
_NO_SUCH_ADDRESS = "permanent-failure"


class _Channel(StrEnum):
    """As Notify calls the types of its messages."""

    EMAIL = "email"
    TEXT = "sms"


_WRONG_TEMPLATE = {
    _Channel.EMAIL: "GOV.UK Notify does not take NOTIFY_EMAIL_TEMPLATE: check its ID, and that it has "
    "((subject)) and ((body)) and nothing else",
    _Channel.TEXT: "GOV.UK Notify does not take NOTIFY_SMS_TEMPLATE: check its ID, that it has ((body)) and "
    "nothing else, and that no text is longer than Notify takes",
}


class NotifyPostbox:
    """Sends mails like `Postbox`, and raises the same errors. Its texts quote neither address nor key."""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._client: NotificationsAPIClient | None = None
        #: Why no other mail can go, once that is known.
        self._down = ""
        #: The same for messages of one kind, while others can go.
        self._wrong: dict[_Channel, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.request_session.close()

    def send(self, message: EmailMessage) -> None:
        """Raises ServerDownError, when no mail can go now, or RefusedError, when this one does not."""
        self.hand_over(message, before_dot=lambda: None)

    def hand_over(self, message: EmailMessage, *, before_dot: Callable[[], None]) -> None:
        """The same, for a mail that the caller makes a note of when it could be taken back for the last time.

        From then on a mail is refused at most, and not for good: the next attempt finds out whether it went.
        """
        (address,) = message.to
        self._hand_over(
            _Channel.EMAIL,
            _reference(message.extra_headers.get("Message-ID", "")),
            lambda client, reference: client.send_email_notification(
                address,
                self._settings.template,
                personalisation={"subject": message.subject, "body": message.body},
                reference=reference,
            ),
            before_dot,
        )

    def hand_over_text(self, text: TextMessage, *, before_dot: Callable[[], None]) -> None:
        """The same for a text. It does not go where the mail in whose place it goes has gone."""
        self._hand_over(
            _Channel.TEXT,
            _reference(text.identity),
            lambda client, reference: client.send_sms_notification(
                text.number,
                self._settings.sms_template,
                personalisation={"body": text.body},
                reference=reference,
            ),
            before_dot,
        )

    def came_back(self) -> tuple[set[str], set[str]]:
        """E-mail addresses and mobile numbers that Notify has tried in the last days, in vain and for good.

        Raises ServerDownError when it cannot be asked.
        """
        from notifications_python_client.errors import APIError

        emails: set[str] = set()
        numbers: set[str] = set()
        before = None
        try:
            for _ in range(_MOST_PAGES):
                found = self._connected().get_all_notifications(
                    status=_NO_SUCH_ADDRESS, older_than=before
                )["notifications"]
                if not found:
                    break
                emails |= {each["email_address"] for each in found if each["type"] == _Channel.EMAIL}
                numbers |= {each["phone_number"] for each in found if each["type"] == _Channel.TEXT}
                before = found[-1]["id"]
        except APIError as error:
            raise _down(error) or ServerDownError(_NO_ANSWER) from None
        except (KeyError, TypeError):
            raise ServerDownError(_NO_ANSWER) from None  # whatever it was that answered
        return emails, numbers

    def _hand_over(
        self,
        channel: _Channel,
        reference: str,
        send: Callable[[NotificationsAPIClient, str], object],
        before_dot: Callable[[], None],
    ) -> None:
        if self._down:
            raise ServerDownError(self._down)
        if channel in self._wrong:
            # What goes the other way can still go.
            raise RefusedError(self._wrong[channel], final=False)
        has_gone = bool(reference) and self._has_gone(reference, channel)
        before_dot()
        if has_gone:
            return
        # Here, because a web process that sends no mail need not load it.
        from notifications_python_client.errors import APIError

        try:
            send(self._connected(), reference)
        except APIError as error:
            if down := _down(error):
                self._down = str(down)  # for those behind this one
                raise RefusedError(self._down, final=False) from None
            if error.status_code == _BAD_REQUEST and not _is_of_address(str(error.message)):
                self._wrong[channel] = _WRONG_TEMPLATE[channel]
                raise RefusedError(self._wrong[channel], final=False) from None
            raise _refusal(error, channel) from None

    def _has_gone(self, reference: str, channel: _Channel) -> bool:
        """Whether Notify has a message already. One that came back the other way does not count.

        Raises RefusedError where it has it, and it came back.
        """
        from notifications_python_client.errors import APIError

        try:
            found = self._connected().get_all_notifications(reference=reference)["notifications"]
            states = {(each["type"], each["status"]) for each in found}
        except APIError as error:
            raise _down(error) or ServerDownError(_NO_ANSWER) from None
        except (KeyError, TypeError):
            raise ServerDownError(_NO_ANSWER) from None  # whatever it was that answered
        if (channel, _NO_SUCH_ADDRESS) in states:
            raise RefusedError("nobody has that address", final=True, of_address=True)
        return any(status != _NO_SUCH_ADDRESS for _, status in states)

    def _connected(self) -> NotificationsAPIClient:
        if self._client is None:
            from notifications_python_client.notifications import NotificationsAPIClient

            # Its warnings quote what was sent.
            logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)
            self._client = NotificationsAPIClient(
                self._settings.api_key, base_url=self._settings.base_url, timeout=_PATIENCE
            )
        return self._client


def _reference(identity: str) -> str:
    """The same at each attempt at the same message, and says nothing; empty for one that may come twice."""
    return hashlib.sha256(identity.encode()).hexdigest() if identity else ""


def _down(error: APIError) -> ServerDownError | None:
    """Where no message can go before someone has mended something, or time has passed: why."""
    said = str(error.message)
    if error.status_code == _FORBIDDEN:
        return ServerDownError("GOV.UK Notify does not take NOTIFY_API_KEY: it is wrong, or was revoked")
    if error.status_code == _TOO_MANY:
        return ServerDownError("a limit of GOV.UK Notify is reached, by the minute or by the day")
    if error.status_code == _BAD_REQUEST and ("team-only" in said or "trial mode" in said):
        return ServerDownError(
            "GOV.UK Notify lets this service or key write to its own team only: make the service live, and "
            "use a live key"
        )
    return None


def _refusal(error: APIError, channel: _Channel) -> RefusedError:
    if error.status_code == _BAD_REQUEST:
        what = "e-mail address" if channel is _Channel.EMAIL else "number that it sends texts to"
        return RefusedError(f"GOV.UK Notify says that it is no {what}", final=True, of_address=True)
    # Perhaps it went all the same. The next attempt asks first.
    return RefusedError(_NO_ANSWER, final=False)


def _is_of_address(said: str) -> bool:
    is_wrong = "ValidationError" in said and ("email_address" in said or "phone_number" in said)
    return is_wrong or "international mobile numbers" in said
