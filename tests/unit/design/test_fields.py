"""Fields render themselves: label, hint, error and input, tied together and escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from surveyapp import create_app
from surveyapp.config import Settings
from surveyapp.design.fields import (
    Checkboxes,
    CommentBox,
    DateInput,
    Dropdown,
    EmailInput,
    FileUpload,
    NumberInput,
    PasswordInput,
    Radios,
    TextInput,
    Tick,
)

MARKUP = "<script>alert('x')</script>"
SCALE = [
    ("1", "Strongly disagree"),
    ("2", "Disagree"),
    ("3", "Neither agree nor disagree"),
    ("4", "Agree"),
    ("5", "Strongly agree"),
    ("na", "Not sure, or does not apply to me"),
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder: Path = tmp_path_factory.mktemp("fields")
    environ = {
        "APP_ENV": "testing",
        "DATABASE_URL": f"sqlite:///{folder / 'test.sqlite3'}",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    return create_app(Settings.from_environment(environ, instance=folder / "instance"))


class Form(FlaskForm):
    class Meta:
        csrf = False


@pytest.fixture
def page(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def sent(app: Flask, form: type[FlaskForm], **data: Any) -> FlaskForm:
    """The form after it was sent with `data` and looked through."""
    with app.test_request_context(method="POST", data=data):
        made = form()
        made.validate()
        return made


class Question(Form):
    q = Radios(
        "I can learn here.",
        choices=SCALE,
        divided=True,
        validators=[InputRequired("Select an answer")],
    )


def test_question_has_a_legend_and_nothing_is_chosen(page: None) -> None:
    html = Question().q()
    assert re.search(r"<legend[^>]*>\s*I can learn here\.\s*</legend>", html)
    assert "checked" not in html
    assert re.findall(r'value="(\w+)"', html) == ["1", "2", "3", "4", "5", "na"]


def test_or_stands_before_the_last_answer_only(page: None) -> None:
    html = Question().q()
    assert html.count("nhsuk-radios__divider") == 1
    assert html.index('value="5"') < html.index("divider") < html.index('value="na"')


def test_answer_is_kept_when_the_page_comes_back(app: Flask) -> None:
    form = sent(app, Question, q="4")
    with app.test_request_context():
        assert re.findall(r'value="(\w+)" checked', form.q()) == ["4"]


def test_blank_question_says_what_to_do_and_links_to_its_first_answer(app: Flask) -> None:
    form = sent(app, Question)
    template = '{% from "components/forms.html" import error_summary %}{{ error_summary(form) }}'
    with app.test_request_context():
        html = form.q()
        summary = render_template_string(template, form=form)
    assert 'aria-describedby="q-error"' in html
    assert 'id="q-error"' in html
    assert "Select an answer" in html
    assert "There is a problem" in summary
    assert 'href="#q"' in summary
    assert re.search(r'<input[^>]* id="q"[^>]* value="1"', html)


@pytest.mark.parametrize(
    "field",
    [
        TextInput(MARKUP, hint=MARKUP, default=MARKUP),
        EmailInput(MARKUP, hint=MARKUP, default=MARKUP),
        NumberInput(MARKUP, hint=MARKUP),
        PasswordInput(MARKUP, hint=MARKUP),
        FileUpload(MARKUP, hint=MARKUP),
        CommentBox(MARKUP, hint=MARKUP, default=MARKUP, max_chars=99),
        Dropdown(MARKUP, hint=MARKUP, choices=[(MARKUP, MARKUP)]),
        Radios(MARKUP, hint=MARKUP, choices=[(MARKUP, MARKUP)]),
        Checkboxes(MARKUP, hint=MARKUP, choices=[(MARKUP, MARKUP)]),
        Tick(MARKUP, hint=MARKUP),
        DateInput(MARKUP, hint=MARKUP),
    ],
    ids=lambda field: field.field_class.__name__,
)
def test_nothing_reaches_the_page_as_markup(page: None, field: Any) -> None:
    form = type("Made", (Form,), {"field": field})()
    form.field.errors = [MARKUP]
    html = form.field()
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 3  # label, hint, error


@pytest.mark.parametrize("component", ["tag", "table", "card", "summaryList", "notificationBanner"])
def test_components_escape_text(page: None, component: str) -> None:
    file = {"table": "tables", "summaryList": "summary-list"}.get(component, component)
    file = "notification-banner" if component == "notificationBanner" else file
    parameters = {
        "table": {"caption": MARKUP, "rows": [[{"text": MARKUP}]]},
        "summaryList": {"rows": [{"key": {"text": MARKUP}, "value": {"text": MARKUP}}]},
    }.get(component, {"text": MARKUP, "heading": MARKUP, "description": MARKUP})
    source = f'{{% from "nhsuk/components/{file}/macro.jinja" import {component} %}}'
    html = render_template_string(
        source + "{{ " + component + "(parameters) }}", parameters=parameters
    )
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_heading_makes_the_legend_the_h1(page: None) -> None:
    form = type("Made", (Form,), {"f": Radios("How?", choices=SCALE, heading=True)})()
    assert re.search(r"<h1[^>]*>\s*How\?\s*</h1>", form.f())


def test_password_is_never_sent_back(app: Flask) -> None:
    form = sent(app, type("Made", (Form,), {"f": PasswordInput("Password")}), f="hush-hush")
    with app.test_request_context():
        assert "hush-hush" not in form.f()


def test_number_must_be_whole(app: Flask) -> None:
    made = type("Made", (Form,), {"f": NumberInput("Smallest group")})
    assert sent(app, made, f="x").f.errors == ["Smallest group must be a whole number, like 10"]
    assert sent(app, made, f=" 10 ").f.data == 10


@pytest.mark.parametrize("value", ["9", "drop"])
def test_tampered_choice_gets_a_plain_error(app: Flask, value: str) -> None:
    for kind in (Dropdown, Radios, Checkboxes):
        made = type("Made", (Form,), {"f": kind("Unit", coerce=int, choices=[(1, "One")])})
        assert sent(app, made, f=value).f.errors == ["Select one of the options"]


def test_comment_counts_a_line_break_as_one(app: Flask) -> None:
    made = type("Made", (Form,), {"f": CommentBox("Comment", max_chars=5)})
    assert sent(app, made, f="ab\r\ncd").f.errors == []
    assert sent(app, made, f="ab\r\ncdefg").f.errors == [
        "Take out 3 characters or more: it is too long"
    ]


class Dated(Form):
    start = DateInput("First day")


def parts(day: str, month: str, year: str) -> dict[str, str]:
    return {"start-day": day, "start-month": month, "start-year": year}


def test_date_of_three_boxes(app: Flask) -> None:
    assert sent(app, Dated, **parts(" 27", "3", "2027")).start.data == date(2027, 3, 27)


@pytest.mark.parametrize(
    ("entered", "error"),
    [
        (("", "", ""), "Enter the first day"),
        (("3", "", ""), "First day must include a month and a year"),
        (("", "3", "2027"), "First day must include a day"),
        (("31", "2", "2027"), "First day must be a real date, like 27 3 2027"),
        (("x", "2", "2027"), "First day must be a real date, like 27 3 2027"),
        (("3", "2", "27"), "Year must have 4 numbers, like 2027"),
    ],
)
def test_date_errors_say_what_to_do(app: Flask, entered: tuple[str, str, str], error: str) -> None:
    form = sent(app, Dated, **parts(*entered))
    assert form.start.errors == [error]
    assert form.start.data is None
    with app.test_request_context():
        html = form.start()
    marked = html.count("nhsuk-input--error")
    assert marked == (entered.count("") if any(entered) and "" in entered else 3)


def test_date_may_be_left_out_where_it_is_not_required(app: Flask) -> None:
    made = type("Made", (Form,), {"start": DateInput("Last day", required=False)})
    form = sent(app, made, **parts("", "", ""))
    assert (form.start.data, form.start.errors) == (None, [])


def test_date_shows_what_it_was_given(page: None) -> None:
    html = Dated(data={"start": date(2027, 3, 27)}).start()
    assert re.findall(r'value="(\d+)"', html) == ["27", "3", "2027"]
