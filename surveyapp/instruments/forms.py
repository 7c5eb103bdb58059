"""Looking through the library, and writing questions and sets of one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from unicodedata import category

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, Length

from surveyapp.design.fields import Checkboxes, CommentBox, Dropdown, Radios, TextInput
from surveyapp.instruments.lint import TEXT_SCALE, Lint, lint
from surveyapp.instruments.own import Own, Wording
from surveyapp.instruments.services import Frame, Library, Scale
from surveyapp.instruments.set_changes import LONGEST_NAME
from surveyapp.instruments.sets import Entry

#: Room for the longest question of 20 words.
_LONGEST_QUESTION = 200

_NO_FACTOR = "None of these"


def _one_line(text: str | None) -> str:
    """The text with single spaces and without signs that nobody sees."""
    shown = (sign for sign in (text or "") if sign.isspace() or category(sign) not in ("Cc", "Cs"))
    return " ".join("".join(shown).split())


class ConfirmForm(FlaskForm):
    """A button that changes something: the form only carries the guard against forgery."""


class BrowseForm(FlaskForm):
    """Read with GET; changes nothing. An unknown code shows everything."""

    class Meta:
        csrf = False

    factor = Dropdown("Learning culture factor", validate_choice=False, default="")
    cipd = Dropdown("CIPD criterion", validate_choice=False, default="")
    hee = Dropdown("HEE domain", validate_choice=False, default="")

    def __init__(self, library: Library, formdata: Any) -> None:
        super().__init__(formdata)
        for field, frames in (
            (self.factor, library.factors),
            (self.cipd, library.cipd),
            (self.hee, library.hee),
        ):
            field.choices = [("", "All"), *_names(frames)]
            if field.data not in frames:
                field.data = ""


class _ScaleChoice(Radios):
    """Scales with their points under each, so that nobody has to open one to know it."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, **options)
        self.points: Mapping[str, str] = {}

    def _options(self) -> list[dict[str, Any]]:
        return [
            {**option, "hint": {"text": self.points.get(option["value"], "")}}
            for option in super()._options()
        ]


class QuestionForm(FlaskForm):
    """An own question. `findings` are what the lint says of it once it was sent."""

    text = CommentBox(
        "In English",
        max_chars=_LONGEST_QUESTION,
        rows=3,
        size="s",
        filters=[_one_line],
        validators=[InputRequired("Enter the question in English")],
    )
    text_cy = CommentBox(
        "In Welsh (optional)",
        max_chars=_LONGEST_QUESTION,
        rows=3,
        size="s",
        written_in="cy",
        filters=[_one_line],
    )
    accepted = Checkboxes("Is it right as it is?", size="s", validate_choice=False)
    scale = _ScaleChoice(
        "How do people answer?",
        size="s",
        validate_choice=False,
        validators=[InputRequired("Select how people answer")],
    )
    factor = Dropdown(
        "Learning culture factor",
        hint="It is shown with this factor, and never counts in its score.",
        default="",
    )
    cipd = Checkboxes("CIPD criteria (optional)", size="s")
    hee = Checkboxes("HEE domains (optional)", size="s")

    def __init__(
        self,
        library: Library,
        others: Sequence[tuple[str, str]],
        *,
        change: Own | None = None,
        factor: str = "",
    ) -> None:
        before = change.now.wording if change else None
        super().__init__(
            data={
                "text": before.text if before else "",
                "text_cy": before.text_cy if before else "",
                "scale": before.scale if before else None,
                "factor": before.factor if before else factor,
                "cipd": [*before.cipd] if before else [],
                "hee": [*before.hee] if before else [],
            }
        )
        scales = [*library.scales] if before is None or not before.is_open else []
        if before is None or before.is_open:
            scales.append(TEXT_SCALE)
        self.scale.choices = [(scale, scale_name(library, scale)) for scale in scales]
        self.scale.points = {scale: scale_points(library, scale) for scale in scales}
        self.factor.choices = [("", _NO_FACTOR), *_names(library.factors)]
        self.cipd.choices = _names(library.cipd)
        self.hee.choices = _names(library.hee)
        self._others = others
        self.findings: Lint | None = None
        if self.is_submitted():
            self.findings = self._look()

    def _look(self) -> Lint | None:
        if not self.text.data or self.scale.data not in {value for value, _, *_ in self.scale.choices}:
            return None
        found = lint(
            self.text.data,
            scale=self.scale.data,
            text_cy=self.text_cy.data or "",
            others=self._others,
        )
        if found.warnings:
            self.accepted.choices = [(found.mark, "Use it anyway")]
        return found

    def validate(self, extra_validators: Any = None, *, is_final: bool = True) -> bool:
        """`is_final` asks for warnings to be accepted; before that they are only shown."""
        super().validate(extra_validators)
        if self.findings is None and not self.scale.errors and self.text.data:
            self.scale.errors = ["Select how people answer"]
        if self.findings and self.findings.errors and not self.text.errors:
            self.text.errors = [". ".join(finding.words for finding in self.findings.errors)]
        # What is wrong comes first: other words may have other warnings.
        if is_final and not self.errors and self.findings and self.findings.warnings and not self.is_accepted:
            self.accepted.errors = ["Change the question, or tick ‘Use it anyway’"]
        return not self.errors

    @property
    def is_accepted(self) -> bool:
        """Whether the tick stands at exactly the warnings that there are now."""
        return self.findings is not None and self.findings.mark in (self.accepted.data or ())

    def refuse(self, error: Exception) -> None:
        self.text.errors = [str(error)]

    def wording(self) -> Wording:
        """What was entered. Call it only after the form was found valid."""
        return Wording(
            text=self.text.data,
            text_cy=self.text_cy.data or "",
            scale=self.scale.data,
            factor=self.factor.data or "",
            cipd=tuple(self.cipd.data or ()),
            hee=tuple(self.hee.data or ()),
        )


def preview(library: Library, text: str, scale: str) -> FlaskForm:
    """A question as people will meet it: the very fields of the ballot paper, with nothing to send."""
    field = (
        CommentBox(
            f"{text} (optional)",
            max_chars=library.open_scale.max_chars,
            hint=library.open_scale.hint,
            size="m",
        )
        if scale == TEXT_SCALE
        else Radios(
            f"1. {text}",
            choices=[
                *((str(value), label) for value, label in library.scales[scale].points),
                ("na", library.scales[scale].not_applicable),
            ],
            divided=True,
        )
    )
    form: FlaskForm = type("PreviewForm", (_Preview,), {"preview": field})(None)
    return form


class _Preview(FlaskForm):
    class Meta:
        csrf = False


class SetNameForm(FlaskForm):
    name = TextInput(
        "Name of the set",
        hint="Only people who plan pulses see it.",
        filters=[_one_line],
        validators=[
            InputRequired("Enter a name for this set"),
            Length(max=LONGEST_NAME, message=f"Name must be {LONGEST_NAME} characters or fewer"),
        ],
    )

    def refuse(self, error: Exception) -> None:
        self.name.errors = [str(error)]


class AddForm(FlaskForm):
    """Questions to put into a set. `factor` narrows what is listed; '' is everything."""

    questions = Checkboxes(
        "Which questions do you want to add?",
        size="m",
        validate_choice=False,
        validators=[InputRequired("Select at least one question")],
    )

    def __init__(self, library: Library, entries: Iterable[Entry]) -> None:
        super().__init__()
        self.questions.choices = [(entry.key, entry_label(library, entry)) for entry in entries]

    def refuse(self, error: Exception) -> None:
        self.questions.errors = [str(error)]


def scale_name(library: Library, scale: str) -> str:
    """A scale by its ends, which say what it is about."""
    if scale == TEXT_SCALE:
        return "In their own words"
    points = library.scales[scale].points
    return f"From ‘{points[0][1]}’ to ‘{points[-1][1]}’"


def scale_points(library: Library, scale: str) -> str:
    if scale == TEXT_SCALE:
        return f"A comment of up to {library.open_scale.max_chars} characters. It has no score."
    rated: Scale = library.scales[scale]
    return f"{'; '.join(label for _, label in rated.points)}; or: {rated.not_applicable}."


def entry_label(library: Library, entry: Entry) -> str:
    """A question and what it is about, in one line."""
    about = library.subject(entry.question.id, entry.question.factor)
    return f"{entry.question.text} ({'open question, ' if entry.is_open else ''}{about})"


def _names(frames: Mapping[str, Frame]) -> list[tuple[str, str]]:
    return [(frame.code, frame.name) for frame in frames.values()]
