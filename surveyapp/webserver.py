"""Settings of the web server: `gunicorn --config python:surveyapp.webserver wsgi:app`.

Addresses of answering pages hold vouchers, and those of callers are nobody's business: there is
no access log, and the error log names neither.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from surveyapp.config import Environment
from surveyapp.logs import JsonFormatter

_ABOUT_A_REQUEST = ("Error handling request", "Invalid request from")


class DiscreetLogger(Logger):
    """Gunicorn's log without what a request was for and where it came from."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        if os.environ.get("APP_ENV", Environment.PRODUCTION) == Environment.PRODUCTION:
            for handler in self.error_log.handlers:
                handler.setFormatter(JsonFormatter())

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
# What is being answered when the server is asked to stop is answered first, for so many seconds.
graceful_timeout = 20
control_socket_disable = True


def pre_request(_worker: Any, _request: Any) -> None:
    """In the place of gunicorn's own, which logs what each request is for when asked for details."""


# Web processes count what they do in files that all of them read. Before the library is imported.
_COUNTS = "PROMETHEUS_MULTIPROC_DIR"
_own_counts = None
if os.environ.get("METRICS_TOKEN") and _COUNTS not in os.environ:
    _own_counts = os.environ[_COUNTS] = tempfile.mkdtemp(prefix="learning-pulse-counts-")


def on_exit(_server: Any) -> None:
    if _own_counts is not None:
        shutil.rmtree(_own_counts, ignore_errors=True)
