"""Corrections of themes, on the page and behind it."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from surveyapp.accounts.services import create_user
from surveyapp.comments import corrections
from surveyapp.comments.models import Comment, CommentCorrection
from surveyapp.permissions import RoleName
from tests.factories.reports import soup_of
from tests.support.client import CheckingClient

Correct = Callable[..., corrections.Kept]


def make_reviewer(session: Session, number: int) -> None:
    """The account of that number, for the audit log names real ones."""
    user = create_user(
        session,
        email=f"reviewer{number}@example.org",
        name=f"Reviewer {number}",
        password="four quiet wards at dawn",
        roles=[RoleName.COMMENT_REVIEWER],
    )
    session.commit()
    assert user.id == number


def id_of(session: Session, text: str) -> str:
    session.rollback()
    return session.scalars(select(Comment.id).where(Comment.text == text)).one()


def rows(session: Session) -> list[CommentCorrection]:
    session.rollback()
    order = (CommentCorrection.comment_id, CommentCorrection.number)
    return list(session.scalars(select(CommentCorrection).order_by(*order)))


def shown(page: TestResponse) -> str:
    quote = soup_of(page).select_one("blockquote")
    return "" if quote is None else quote.get_text()


def form_of(page: TestResponse) -> dict[str, list[str]]:
    """What the page's own form would send, ticked as it is."""
    found: dict[str, list[str]] = {}
    (form,) = soup_of(page).select("main form")
    for field in form.select("input"):
        if field.get("type") in {"checkbox", "radio"} and not field.has_attr("checked"):
            continue
        if field["name"] != "csrf_token":
            found.setdefault(str(field["name"]), []).append(str(field["value"]))
    return found


def send(client: CheckingClient, page: TestResponse, **changed: object) -> TestResponse:
    (form,) = soup_of(page).select("main form")
    return client.send(str(form["action"]), form_at="/corrections", **{**form_of(page), **changed})
