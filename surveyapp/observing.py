"""What is kept of requests: a log line in production, and counts where someone may read them.

Only of pages that need a permission. Of all others nothing is kept, not even a sum: whoever answers
opens the answering page, its style sheets, the public page of actions and, with a link that was cut,
an error page. A figure of any of these would show minute by minute when people answer.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, request

from surveyapp import logs
from surveyapp.config import Settings

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_log = logging.getLogger(__name__)

#: Addresses that machines ask by number, not by the name of the system.
_PROBES = frozenset({"/health", "/ready", "/metrics"})

#: Seconds, upper ends of the classes in which durations are counted.
_CLASSES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


def init_app(app: Flask, settings: Settings) -> None:
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(lambda _error: logs.begin(None))
    if settings.metrics_token:
        app.extensions["request_counts"] = _Counts()


def let_probes_in(app: Flask) -> None:
    """A load balancer names no host, or the number of a machine: for its questions any will do."""
    inner = app.wsgi_app

    def call(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in _PROBES:
            environ["HTTP_HOST"] = "localhost"
            environ.pop("HTTP_X_FORWARDED_HOST", None)
        return inner(environ, start)

    app.wsgi_app = call  # type: ignore[method-assign,assignment]


def counts() -> CollectorRegistry:
    """Counts of all web processes of this machine. Only where METRICS_TOKEN is set."""
    found: _Counts = current_app.extensions["request_counts"]
    return found.of_all_processes()


class _Counts:
    """Imported late: the library decides at its import whether processes share their counts."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self._registry = CollectorRegistry()
        self._requests = Counter(
            "learning_pulse_requests",
            "Requests for pages that need a permission.",
            ["group", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "learning_pulse_request_seconds",
            "How long they took.",
            ["group"],
            buckets=_CLASSES,
            registry=self._registry,
        )

    def add(self, group: str, status: int, seconds: float) -> None:
        self._requests.labels(group, f"{status // 100}xx").inc()
        self._seconds.labels(group).observe(seconds)

    def of_all_processes(self) -> CollectorRegistry:
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return self._registry
        shared = CollectorRegistry()
        MultiProcessCollector(shared)
        return shared


def _is_seen() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "required_permission", None) is not None


def _begin() -> None:
    is_seen = _is_seen()
    logs.begin(logs.number_of(request.headers.get("X-Request-ID")) if is_seen else None)
    if is_seen:
        g.began = time.monotonic()


def _end(response: Response) -> Response:
    began: float | None = g.pop("began", None)
    if began is None:
        return response
    seconds = time.monotonic() - began
    response.headers["X-Request-ID"] = logs.current() or ""
    route = request.endpoint or ""
    facts = {"route": route, "status": response.status_code, "ms": round(seconds * 1000)}
    _log.info("Answered a request.", extra={"facts": facts})
    if "request_counts" in current_app.extensions:
        counts: _Counts = current_app.extensions["request_counts"]
        counts.add(route.partition(".")[0], response.status_code, seconds)
    return response
