"""Form fields that own their NHS.UK rendering: `{{ form.title() }}` gives the whole field.

Label, hint, error and input belong together for screen readers, so templates never take them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, ClassVar, Literal

from babel import Locale
from flask import current_app
from flask_babel import gettext, lazy_gettext, ngettext
from markupsafe import Markup
from wtforms import (
    BooleanField,
    Field,
    FileField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from surveyapp.languages import ENGLISH, message
from surveyapp.translating import in_language
from surveyapp.translating import language as page_language

_Size = Literal["s", "m", "l"]

#: What nobody sees or means and no page may hold: control codes, and code points that are no characters.
_NO_TEXT = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef"
    + "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "]"
)

#: Only a form that was tampered with sends what is not on offer; its error is plain all the same.
_NOT_ON_OFFER = message("Select one of the options")


def component(name: str, macro: str, parameters: dict[str, Any]) -> Markup:
    """Render one component of the design system."""
    template = current_app.jinja_env.get_template(f"nhsuk/components/{name}/macro.jinja")
    return Markup(getattr(template.module, macro)(parameters))  # noqa: S704 - the macros escape


class _Designed(Field):
    """What all our fields share.

    `width` is a class of the design system. `size` enlarges the label or legend; `heading` also
    makes it the page's h1, for a page that asks one thing. `language` is that of the label, hint and
    options where it is not the page's.
    """

    def __init__(
        self,
        label: str,
        validators: Sequence[Any] = (),
        *,
        hint: str = "",
        width: str = "",
        size: _Size | None = None,
        heading: bool = False,
        autocomplete: str | None = None,
        language: str = "",
        **options: Any,
    ) -> None:
        super().__init__(label, validators, **options)
        self.hint = hint
        self.language = language
        self.width = width
        self.size = "l" if heading and size is None else size
        self.heading = heading
        self.autocomplete = autocomplete

    def _shared(self) -> dict[str, Any]:
        shared: dict[str, Any] = {"id": self.id, "idPrefix": self.id, "name": self.name}
        if self.hint:
            shared["hint"] = {"text": self.hint, "attributes": self._in(self.language)}
        if self.errors:
            shared["errorMessage"] = {
                "text": str(self.errors[0]),
                "visuallyHiddenText": gettext("Error"),
                "attributes": self._back_in(page_language()),
            }
        return shared

    def _in(self, code: str) -> dict[str, str]:
        return {} if code in ("", page_language()) else {"lang": code}

    def _back_in(self, code: str) -> dict[str, str]:
        """For what is in the page's language among words that are not."""
        return {"lang": code} if self._in(self.language) else {}

    def _caption(self, size: _Size | None = None) -> dict[str, Any]:
        return {
            "text": self.label.text,
            "size": self.size or size,
            "isPageHeading": self.heading,
            "attributes": self._in(self.language),
        }

    def _group(self, items: list[dict[str, Any]], size: _Size = "m") -> dict[str, Any]:
        """Several inputs under one legend. The first has the field's own id, for error links."""
        return self._shared() | {
            "id": f"{self.id}-group",
            "fieldset": {
                "legend": {**self._caption(size), "attributes": {}},
                "attributes": self._in(self.language),
            },
            "items": items,
        }

    def _input(self, **more: Any) -> Markup:
        value = self._value()
        parameters = self._shared() | {
            "label": self._caption(),
            "value": "" if value is None else value,
            "classes": self.width,
            "autocomplete": self.autocomplete,
        }
        return component("input", "input", parameters | more)


class _Choosing(_Designed):
    """`choices` are (value, label) pairs."""

    def __init__(
        self,
        label: str,
        validators: Sequence[Any] = (),
        *,
        choices: Iterable[tuple[Any, str]] | None = None,
        **options: Any,
    ) -> None:
        # Looked up when someone is told: a ballot paper has many such fields and hardly ever an error.
        options.setdefault("invalid_choice_message", lazy_gettext(_NOT_ON_OFFER))
        options.setdefault("invalid_value_message", lazy_gettext(_NOT_ON_OFFER))
        if choices is not None:
            # What WTForms takes from its next version on.
            options["choices"] = [SelectChoice(value, text) for value, text in choices]
        super().__init__(label, validators, **options)

    def _options(self) -> list[dict[str, Any]]:
        return [
            {
                "id": self.id if number == 0 else f"{self.id}-{number}",
                "value": str(choice.value),
                "text": choice.label,
                "checked": choice.selected,
            }
            for number, choice in enumerate(self.iter_choices())
        ]


class TextInput(_Designed, StringField):
    def __call__(self, **_: Any) -> Markup:
        return self._input()


class EmailInput(_Designed, StringField):
    def __call__(self, **_: Any) -> Markup:
        return self._input(type="email", spellcheck=False)


class TelephoneInput(_Designed, StringField):
    def __call__(self, **_: Any) -> Markup:
        return self._input(type="tel", spellcheck=False)


class NumberInput(_Designed, IntegerField):
    """A whole number. Not type=number: its arrows change answers by accident."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([value.strip() for value in valuelist])
        except ValueError:
            raise ValueError(f"{self.label.text} must be a whole number, like 10") from None

    def __call__(self, **_: Any) -> Markup:
        return self._input(inputmode="numeric")


class PasswordInput(_Designed, PasswordField):
    def __call__(self, **_: Any) -> Markup:
        parameters = self._shared() | {
            "label": self._caption(),
            "autocomplete": self.autocomplete or "current-password",
        }
        return component("password-input", "passwordInput", parameters)


class FileUpload(_Designed, FileField):
    def __call__(self, **_: Any) -> Markup:
        parameters = self._shared() | {"label": self._caption()}
        made = component("file-upload", "fileUpload", parameters)
        # The script's button shows words that are not in its name (WCAG 2.5.3): the plain input
        # serves everyone, so the script is kept away from it.
        return made.replace(Markup(' data-module="nhsuk-file-upload"'), Markup(""))


class CommentBox(_Designed, TextAreaField):
    """A text area that says how many characters are left, where there is JavaScript."""

    def __init__(
        self, label: str, *, max_chars: int, rows: int = 5, written_in: str = "", **options: Any
    ) -> None:
        super().__init__(label, **options)
        self.max_chars = max_chars
        self.rows = rows
        #: The language that people write here, if it is not the page's.
        self.written_in = written_in

    def process_formdata(self, valuelist: list[str]) -> None:
        # Browsers count a line break as one character and send two.
        super().process_formdata(
            [_NO_TEXT.sub("", value.replace("\r\n", "\n")) for value in valuelist]
        )

    def pre_validate(self, form: Any) -> None:
        over = len(self.data or "") - self.max_chars
        if over > 0:
            raise ValidationError(
                ngettext(
                    "Take out %(num)d character or more: it is too long",
                    "Take out %(num)d characters or more: it is too long",
                    over,
                )
            )

    def __call__(self, **_: Any) -> Markup:
        parameters = self._shared() | {
            "label": self._caption(),
            "value": self.data or "",
            "rows": self.rows,
            "maxlength": str(self.max_chars),
            **_counting(),
        }
        if self.written_in:
            parameters["attributes"] = {"lang": self.written_in}
        return component("character-count", "characterCount", parameters)


def _counting() -> dict[str, Any]:
    """The words of the character count, where the design system's own are in another language.

    Its script chooses by the plural of the page's language, and falls back on 'other'.
    """
    if page_language() == ENGLISH:
        return {}
    forms = Locale(page_language()).plural_form.tags | {"other"}
    under = gettext("You have %{count} characters remaining")
    over = gettext("You have %{count} characters too many")
    return {
        "textareaDescriptionText": gettext("You can enter up to %{count} characters"),
        "charactersUnderLimitText": dict.fromkeys(sorted(forms), under),
        "charactersAtLimitText": gettext("You have 0 characters remaining"),
        "charactersOverLimitText": dict.fromkeys(sorted(forms), over),
    }


class Dropdown(_Choosing, SelectField):
    def __call__(self, **_: Any) -> Markup:
        items = [
            {"value": str(choice.value), "text": choice.label, "selected": choice.selected}
            for choice in self.iter_choices()
        ]
        parameters = self._shared() | {"label": self._caption(), "items": items}
        return component("select", "select", parameters)


class Radios(_Choosing, RadioField):
    """Vertical radios, none chosen beforehand. `divided` puts 'or' before the last one (G3)."""

    def __init__(self, label: str, *, divided: bool = False, **options: Any) -> None:
        super().__init__(label, **options)
        self.divided = divided

    def __call__(self, **_: Any) -> Markup:
        items = self._options()
        if self.divided:
            with in_language(self.language or page_language()):
                items.insert(-1, {"divider": gettext("or")})
        return component("radios", "radios", self._group(items))


class Checkboxes(_Choosing, SelectMultipleField):
    def __call__(self, **_: Any) -> Markup:
        return component("checkboxes", "checkboxes", self._group(self._options()))


class AudienceTree(Checkboxes):
    """The units as checkboxes. The first stands for everyone; with JavaScript it unticks the rest."""

    def __call__(self, **_: Any) -> Markup:
        items = self._options()
        if len(items) > 1:
            items[0]["behaviour"] = "exclusive"
            items.insert(1, {"divider": "or"})
        return component("checkboxes", "checkboxes", self._group(items, "s"))


class Tick(_Designed, BooleanField):
    """A single checkbox."""

    def __call__(self, **_: Any) -> Markup:
        parameters = self._shared()
        item: dict[str, Any] = {
            "id": self.id,
            "value": "y",
            "text": self.label.text,
            "checked": bool(self.data),
            "hint": parameters.pop("hint", None),
        }
        parameters |= {"id": f"{self.id}-group", "items": [item]}
        return component("checkboxes", "checkboxes", parameters)


class DateInput(_Designed):
    """Day, month and year in three boxes. `data` is a date; None where `required` is off and all
    three were left empty.
    """

    _widths: ClassVar[dict[str, int]] = {"day": 2, "month": 2, "year": 4}

    def __init__(self, label: str, *, required: bool = True, **options: Any) -> None:
        self.raw = dict.fromkeys(self._widths, "")
        self.required = required
        super().__init__(label, **options)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors: list[str] = []
        self.data = data if isinstance(data, date) else self.default
        if isinstance(self.data, date):
            self.raw = {part: str(getattr(self.data, part)) for part in self._widths}
        if formdata and any(f"{self.name}-{part}" in formdata for part in self._widths):
            self.raw = {
                part: formdata.get(f"{self.name}-{part}", "").strip() for part in self._widths
            }
            self.data = self._entered()

    def _entered(self) -> date | None:
        if self._missing():
            return None
        if len(self.raw["year"]) != 4:
            self.process_errors.append("Year must have 4 numbers, like 2027")
            return None
        try:
            return date(*(int(self.raw[part]) for part in ("year", "month", "day")))
        except (ValueError, OverflowError):
            self.process_errors.append(f"{self.label.text} must be a real date, like 27 3 2027")
            return None

    def _missing(self) -> list[str]:
        return [part for part, value in self.raw.items() if not value]

    def pre_validate(self, form: Any) -> None:
        missing = self._missing()
        if len(missing) == len(self.raw):
            if self.required:
                raise ValidationError(
                    f"Enter the {self.label.text[:1].lower()}{self.label.text[1:]}"
                )
        elif missing:
            raise ValidationError(f"{self.label.text} must include a {' and a '.join(missing)}")

    def __call__(self, **_: Any) -> Markup:
        missing = self._missing()
        items = [
            {
                "id": self.id if part == "day" else f"{self.id}-{part}",
                "name": f"{self.name}-{part}",
                "label": part.capitalize(),
                "value": self.raw[part],
                "width": width,
                # Only the boxes to correct are marked; all of them if it cannot be said which.
                "error": bool(self.errors) and (not missing or part in missing),
            }
            for part, width in self._widths.items()
        ]
        return component("date-input", "dateInput", self._group(items, "s"))
