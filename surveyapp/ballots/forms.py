"""The ballot paper as a form. It has no guard against forgery because its link is the secret:
whoever lacks the link cannot send it, and staff need no cookie.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from surveyapp.ballots.carrying import Given
from surveyapp.ballots.pages import Question
from surveyapp.design.fields import CommentBox, Radios
from surveyapp.translating import in_language, language

#: What the form sends for 'Not sure, or does not apply to me'.
NOT_SURE = "na"


class PaperForm(FlaskForm):
    """One page of the ballot paper: radios for scored questions, a box for each open one."""

    class Meta:
        csrf = False

    def given(self) -> Given:
        """What was entered and can be kept; blank comments and unanswered questions are left out."""
        answers: dict[str, int | None] = {}
        comments: dict[str, str] = {}
        for field in self:
            if isinstance(field, CommentBox):
                comments[field.short_name] = (field.data or "").strip()
            elif field.data in {choice.value for choice in field.choices}:
                answers[field.short_name] = None if field.data == NOT_SURE else int(field.data)
        return Given(answers, {key: text for key, text in comments.items() if text})

    def leaves_out(self, given: Given) -> Given:
        """`given` without what this page asks, so that an emptied box does not come back."""
        asked = set(self._fields)
        return Given(
            {key: value for key, value in given.answers.items() if key not in asked},
            {key: text for key, text in given.comments.items() if key not in asked},
        )


def paper_form(
    questions: Sequence[Question], *, first_number: int, formdata: Any, given: Given
) -> PaperForm:
    """The form of one page. `given` fills it in where nothing was sent."""
    form_class = _form_class(tuple(questions), first_number, language())
    data: dict[str, str] = {
        key: NOT_SURE if value is None else str(value) for key, value in given.answers.items()
    }
    return form_class(formdata, data={**data, **given.comments})


@lru_cache(maxsize=128)
def _form_class(
    questions: tuple[Question, ...], first_number: int, _language: str
) -> type[PaperForm]:
    """Making it takes longer than filling it in, and everyone of a wave gets the same."""
    fields: dict[str, Any] = {}
    for number, question in enumerate(questions, start=first_number):
        fields[question.item_id] = (
            _comment_box(question) if question.is_open else _radios(question, number)
        )
    return type("BallotPaperForm", (PaperForm,), fields)


def _radios(question: Question, number: int) -> Radios:
    return Radios(
        f"{number}. {question.text}",
        choices=[
            *((str(value), label) for value, label in question.points),
            (NOT_SURE, question.not_applicable),
        ],
        divided=True,
        hint=question.hint,
        language=question.language,
        validators=[
            InputRequired(_("Select an answer to question %(number)s, or ‘Not sure’", number=number))
        ],
    )


def _comment_box(question: Question) -> CommentBox:
    with in_language(question.language):
        label = _("%(question)s (optional)", question=question.text)
    return CommentBox(
        label,
        max_chars=question.max_chars,
        hint=question.hint,
        size="m",
        language=question.language,
    )
