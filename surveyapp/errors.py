"""Error pages that cannot themselves fail, and logs that name no person."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from surveyapp.extensions import db

_log = logging.getLogger(__name__)

#: Errors with a page of their own; any other is shown as its nearest relative.
_PAGES = frozenset({400, 403, 404, 405, 413, 429, 500, 503})


def init_app(app: Flask) -> None:
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    for kind in (DataError, OverflowError, RecursionError):
        app.register_error_handler(kind, _unusable)
    app.register_error_handler(Exception, _unexpected)
    # Runs before the database's own, which ends the session.
    app.teardown_appcontext(lambda _error: _roll_back())
    # For what goes wrong after a view, or in a handler above: Flask's own line names the address.
    app.log_exception = _log_exception  # type: ignore[method-assign]
    app.logger.addFilter(_without_traceback)
    logging.getLogger("werkzeug").addFilter(_without_requests)


def _roll_back() -> None:
    """End the session's transaction, if one is left.

    A connection that has died since the last statement cannot roll back, and need not: that must not
    cost the page that has been made, or the one that says what is wrong.
    """
    if not db.session.registry.has():
        return
    try:
        db.session.rollback()
    except OperationalError:
        _log.warning("The database has ended a connection.")


def _log_exception(exc_info: Any) -> None:
    _log.error("Unexpected %s", without_words(exc_info[1]))


def _without_traceback(record: logging.LogRecord) -> bool:
    """The last line of a traceback is the error's text."""
    if record.exc_info and record.exc_info[1] is not None:
        record.msg = f"{record.getMessage()}: {without_words(record.exc_info[1])}"
        record.args, record.exc_info, record.exc_text = (), None, None
    return True


def _without_requests(record: logging.LogRecord) -> bool:
    """The development server's lines about requests name the caller and the address."""
    if "Error on request:" in str(record.msg):
        record.msg, record.args = "Error on a request.", ()
    return " - - [" not in str(record.msg)


def without_words(error: BaseException) -> str:
    """An error's type and place. Its message or a local variable could hold an answer; these cannot."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown place"
    return f"{type(error).__name__} at {place}"


def error_page(code: int, template: str | None = None) -> tuple[str, int]:
    """The page of an HTTP error. It is the same for everyone, and cannot itself fail."""
    shown = code if code in _PAGES else (500 if code >= 500 else 400)
    try:
        # Without the context of other pages, which asks the database who is signed in.
        page = current_app.jinja_env.get_template(template or f"errors/{shown}.html")
        return page.render(), code
    except Exception as error:  # an error page must answer whatever is broken
        _log.error("The error page %s could not be made: %s", shown, type(error).__name__)
        return f"<!doctype html><title>Error {code}</title><h1>Sorry, there is a problem</h1>", code


def _csrf(_error: CSRFError) -> tuple[str, int]:
    return error_page(400, "errors/form_expired.html")


def _http(error: HTTPException) -> tuple[str, int] | HTTPException:
    code = error.code or 500
    if code < 400:
        return error  # a redirect
    return error_page(code)


def _unusable(error: Exception) -> tuple[str, int]:
    """What was sent is no value that a database takes: a number too long, text with a NUL in it."""
    if isinstance(error, RecursionError) and not request.is_json:
        return _unexpected(error)  # nothing but JSON can be nested that deep
    _roll_back()
    _log.warning("A request was refused: %s", without_words(error))
    return error_page(400)


def _unexpected(error: Exception) -> tuple[str, int]:
    _roll_back()
    _log.error("Unexpected %s", without_words(error))
    # A database that is busy or out of reach comes back: the page says so.
    return error_page(503 if isinstance(error, OperationalError) else 500)
