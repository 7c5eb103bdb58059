"""Settings of the web server: `gunicorn --config python:surveyapp.webserver wsgi:app`.

Addresses of answering pages hold vouchers, and those of callers are nobody's business: there is
no access log, and the error log names neither.
"""

from __future__ import annotations

import sys
from typing import Any

from gunicorn.glogging import Logger

_ABOUT_A_REQUEST = ("Error handling request", "Invalid request from")


class DiscreetLogger(Logger):
    """Gunicorn's log without what a request was for and where it came from."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if msg.startswith(_ABOUT_A_REQUEST):
            msg, args = "A request that is not valid HTTP was refused.", ()
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if str(msg).startswith(_ABOUT_A_REQUEST):
            # The traceback's last line is the error's text, which may quote the request.
            super().error("%s while a request was handled.", type(sys.exc_info()[1]).__name__)
        else:
            super().exception(msg, *args, **kwargs)

    def access(self, *_: Any) -> None:
        """There is no access log, not even where the command line asks for one."""


logger_class = DiscreetLogger
accesslog = None
worker_class = "gthread"
workers = 2
threads = 4
# The application is made once and its memory shared; it connects to nothing before it is asked.
preload_app = True
graceful_timeout = 20
control_socket_disable = True


def pre_request(_worker: Any, _request: Any) -> None:
    """In the place of gunicorn's own, which logs what each request is for when asked for details."""
