"""Form fields that own their NHS.UK rendering: `{{ form.title() }}` gives the whole field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import current_app
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
from wtforms.validators import ValidationError


def component(name: str, macro: str, parameters: dict[str, Any]) -> Markup:
    """Render one component of the design system."""
    template = current_app.jinja_env.get_template(f"nhsuk/components/{name}/macro.jinja")
    return Markup(getattr(template.module, macro)(parameters))  # noqa: S704 - the macros escape


class _Designed(Field):
    """What all our fields share. `width` is a class of the design system."""

    def __init__(
        self,
        label: str,
        validators: Sequence[Any] = (),
        *,
        hint: str = "",
        width: str = "",
        autocomplete: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(label, validators, **options)
        self.hint = hint
        self.width = width
        self.autocomplete = autocomplete

    def _shared(self) -> dict[str, Any]:
        shared: dict[str, Any] = {"id": self.id, "idPrefix": self.id, "name": self.name}
        if self.hint:
            shared["hint"] = {"text": self.hint}
        if self.errors:
            shared["errorMessage"] = {"text": str(self.errors[0])}
        return shared

    def _input(self, **more: Any) -> Markup:
        parameters = self._shared() | {
            "label": {"text": self.label.text},
            "value": self._value() if self._value() is not None else "",  # type: ignore[attr-defined]
            "classes": self.width,
            "autocomplete": self.autocomplete,
        }
        return component("input", "input", parameters | more)


class TextInput(_Designed, StringField):
    def __call__(self, **_: Any) -> Markup:
        return self._input()


class EmailInput(_Designed, StringField):
    def __call__(self, **_: Any) -> Markup:
        return self._input(type="email", spellcheck=False)


class NumberInput(_Designed, IntegerField):
    def __call__(self, **_: Any) -> Markup:
        return self._input(inputmode="numeric")


class PasswordInput(_Designed, PasswordField):
    def __call__(self, **_: Any) -> Markup:
        parameters = self._shared() | {
            "label": {"text": self.label.text},
            "autocomplete": self.autocomplete or "current-password",
        }
        return component("password-input", "passwordInput", parameters)


class FileUpload(_Designed, FileField):
    def __call__(self, **_: Any) -> Markup:
        parameters = self._shared() | {"label": {"text": self.label.text}}
        return component("file-upload", "fileUpload", parameters)


class CommentBox(_Designed, TextAreaField):
    """A text area that says how many characters are left, where there is JavaScript."""

    def __init__(
        self, label: str, *, max_chars: int, heading: bool = False, **options: Any
    ) -> None:
        super().__init__(label, **options)
        self.max_chars = max_chars
        self.heading = heading

    def __call__(self, **_: Any) -> Markup:
        label: dict[str, Any] = {"text": self.label.text}
        if self.heading:
            label |= {"classes": "nhsuk-label--m", "isPageHeading": False}
        parameters = self._shared() | {
            "label": label,
            "value": self.data or "",
            "rows": 5,
            "maxlength": str(self.max_chars),
        }
        return component("character-count", "characterCount", parameters)


class Dropdown(_Designed, SelectField):
    def __call__(self, **_: Any) -> Markup:
        items = [
            {"value": str(value), "text": text, "selected": str(value) == str(self.data)}
            for value, text in self.choices or ()
        ]
        parameters = self._shared() | {"label": {"text": self.label.text}, "items": items}
        return component("select", "select", parameters)


class Radios(_Designed, RadioField):
    """Vertical radios, none chosen beforehand. `divided` puts 'or' before the last one (G3)."""

    def __init__(
        self, label: str, *, divided: bool = False, small: bool = False, **options: Any
    ) -> None:
        super().__init__(label, **options)
        self.divided = divided
        self.small = small

    def __call__(self, **_: Any) -> Markup:
        items: list[dict[str, Any]] = [
            {
                # The error summary links to the first one by the field's own id.
                "id": self.id if number == 0 else f"{self.id}-{number}",
                "value": value,
                "text": text,
                "checked": value == self.data,
            }
            for number, (value, text) in enumerate(self.choices or ())
        ]
        if self.divided:
            items.insert(-1, {"divider": "or"})
        parameters = self._shared() | {
            "id": f"{self.id}-group",
            "fieldset": {"legend": {"text": self.label.text, "size": "s" if self.small else "m"}},
            "items": items,
        }
        return component("radios", "radios", parameters)


class Checkboxes(_Designed, SelectMultipleField):
    def __call__(self, **_: Any) -> Markup:
        chosen = {str(value) for value in self.data or ()}
        items = [
            {
                "id": self.id if number == 0 else f"{self.id}-{number}",
                "value": str(value),
                "text": text,
                "checked": str(value) in chosen,
            }
            for number, (value, text) in enumerate(self.choices or ())
        ]
        parameters = self._shared() | {
            "fieldset": {"legend": {"text": self.label.text, "size": "m"}},
            "items": items,
        }
        parameters["id"] = f"{self.id}-group"
        return component("checkboxes", "checkboxes", parameters)


class Tick(_Designed, BooleanField):
    """A single checkbox."""

    def __call__(self, **_: Any) -> Markup:
        parameters = self._shared() | {
            "items": [
                {
                    "id": self.id,
                    "value": "y",
                    "text": self.label.text,
                    "checked": bool(self.data),
                    "hint": {"text": self.hint} if self.hint else None,
                }
            ],
        }
        parameters.pop("hint", None)
        parameters["id"] = f"{self.id}-group"
        return component("checkboxes", "checkboxes", parameters)


class DateInput(_Designed):
    """Day, month and year in three boxes. `data` is a date, or None when nothing was entered."""

    _parts = ("day", "month", "year")

    def __init__(self, label: str, **options: Any) -> None:
        self.raw: dict[str, str] = {}
        super().__init__(label, **options)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors = []
        self.data = self.default if data is None or not isinstance(data, date) else data
        if isinstance(self.data, date):
            self.raw = {part: str(getattr(self.data, part)) for part in self._parts}
        if formdata and any(f"{self.name}-{part}" in formdata for part in self._parts):
            self.raw = {
                part: formdata.get(f"{self.name}-{part}", "").strip() for part in self._parts
            }
            self.data = None
            if any(self.raw.values()):
                try:
                    self.data = date(*(int(self.raw[part]) for part in reversed(self._parts)))
                except ValueError:
                    self.process_errors.append(
                        f"{self.label.text} must be a real date, like 27 3 2027"
                    )

    def pre_validate(self, form: Any) -> None:
        if self.data is None and not self.process_errors:
            raise ValidationError(f"Enter the {self.label.text.lower()}")

    def __call__(self, **_: Any) -> Markup:
        widths = {"day": 2, "month": 2, "year": 4}
        parameters = self._shared() | {
            "fieldset": {"legend": {"text": self.label.text, "size": "s"}},
            "items": [
                {
                    "id": self.id if part == "day" else f"{self.id}-{part}",
                    "name": f"{self.name}-{part}",
                    "label": part.capitalize(),
                    "value": self.raw.get(part, ""),
                    "classes": f"nhsuk-input--width-{widths[part]}"
                    + (" nhsuk-input--error" if self.errors else ""),
                }
                for part in self._parts
            ],
        }
        parameters["id"] = f"{self.id}-group"
        return component("date-input", "dateInput", parameters)
