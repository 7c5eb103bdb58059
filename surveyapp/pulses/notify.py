"""Mails through GOV.UK Notify, each once.

Notify finds a mail by the reference that it was sent with, so each mail is looked for before it is
sent: one that an earlier attempt has brought there never goes again, whatever became of the attempt.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from flask_mailman import EmailMessage

from surveyapp.config import NotifySettings
from surveyapp.pulses.postbox import RefusedError, ServerDownError

if TYPE_CHECKING:
    from notifications_python_client.errors import APIError
    from notifications_python_client.notifications import NotificationsAPIClient

#: Seconds that Notify has for each answer.
_PATIENCE = 20

_BAD_REQUEST = 400
_FORBIDDEN = 403
_TOO_MANY = 429

_NO_ANSWER = "GOV.UK Notify gave no answer that helps"

#: Notify has tried, and nobody has that address.
_NO_SUCH_ADDRESS = "permanent-failure"


class NotifyPostbox:
    """Sends mails like `Postbox`, and raises the same errors. Its texts quote neither address nor key."""

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings
        self._client: NotificationsAPIClient | None = None
        #: Why no other mail can go, once that is known.
        self._down = ""

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
        if self._down:
            raise ServerDownError(self._down)
        reference = _reference(message)
        has_gone = bool(reference) and self._has_gone(reference)
        before_dot()
        if has_gone:
            return
        (address,) = message.to
        # Here, because a web process that sends no mail need not load it.
        from notifications_python_client.errors import APIError

        try:
            self._connected().send_email_notification(
                address,
                self._settings.template,
                personalisation={"subject": message.subject, "body": message.body},
                reference=reference,
            )
        except APIError as error:
            if down := _down(error):
                self._down = str(down)  # for those behind this one
                raise RefusedError(self._down, final=False) from None
            raise _refusal(error) from None

    def _has_gone(self, reference: str) -> bool:
        """Whether Notify has a mail already. Raises RefusedError where it has, and it came back."""
        from notifications_python_client.errors import APIError

        try:
            found = self._connected().get_all_notifications(reference=reference)["notifications"]
            states = {each["status"] for each in found}
        except APIError as error:
            raise _down(error) or ServerDownError(_NO_ANSWER) from None
        except (KeyError, TypeError):
            raise ServerDownError(_NO_ANSWER) from None  # whatever it was that answered
        if _NO_SUCH_ADDRESS in states:
            raise RefusedError("nobody has that address", final=True, of_address=True)
        return bool(states)

    def _connected(self) -> NotificationsAPIClient:
        if self._client is None:
            from notifications_python_client.notifications import NotificationsAPIClient

            # Its warnings quote what was sent.
            logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)
            self._client = NotificationsAPIClient(
                self._settings.api_key, base_url=self._settings.base_url, timeout=_PATIENCE
            )
        return self._client


def _reference(message: EmailMessage) -> str:
    """The same at each attempt at the same mail, and says nothing; empty for a mail that may come twice."""
    identity = message.extra_headers.get("Message-ID", "")
    return hashlib.sha256(identity.encode()).hexdigest() if identity else ""


def _down(error: APIError) -> ServerDownError | None:
    """Where no mail can go before someone has mended something, or time has passed: why."""
    said = str(error.message)
    if error.status_code == _FORBIDDEN:
        return ServerDownError("GOV.UK Notify does not take NOTIFY_API_KEY: it is wrong, or was revoked")
    if error.status_code == _TOO_MANY:
        return ServerDownError("a limit of GOV.UK Notify is reached, by the minute or by the day")
    if error.status_code != _BAD_REQUEST or _is_of_address(said):
        return None
    if "team-only" in said or "trial mode" in said:
        return ServerDownError(
            "GOV.UK Notify lets this service or key write to its own team only: make the service live, and "
            "use a live key"
        )
    return ServerDownError(
        "GOV.UK Notify does not take NOTIFY_EMAIL_TEMPLATE: check its ID, and that it has ((subject)) and "
        "((body)) and nothing else"
    )


def _refusal(error: APIError) -> RefusedError:
    if error.status_code == _BAD_REQUEST:
        return RefusedError("GOV.UK Notify says that it is no e-mail address", final=True, of_address=True)
    # Perhaps it went all the same. The next attempt asks first.
    return RefusedError(_NO_ANSWER, final=False)


def _is_of_address(said: str) -> bool:
    return "ValidationError" in said and "email_address" in said
