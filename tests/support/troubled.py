"""The application with troubles that quote all they can of a request: `gunicorn tests.support.troubled:app`.

The header X-Trouble says where it goes wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, request

from surveyapp import create_app


def _quoting(more: object) -> RuntimeError:
    return RuntimeError(f"{request.url} {request.form} {more}")


def _before() -> None:
    if request.headers.get("X-Trouble") == "before":
        raise _quoting("before")


def _after(response: Response) -> Response:
    if request.headers.get("X-Trouble") == "after":
        raise _quoting(response.data)
    return response


def _outside(inner: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def call(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("HTTP_X_TROUBLE") == "outside":
            raise RuntimeError(f"{environ}")
        return inner(environ, start)

    return call


app = create_app()
app.before_request(_before)
app.after_request(_after)
app.wsgi_app = _outside(app.wsgi_app)  # type: ignore[method-assign]
