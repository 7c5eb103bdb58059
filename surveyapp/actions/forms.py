"""Writing an action, and finding one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import ValidationError

from surveyapp.actions import services
from surveyapp.actions.services import (
    LONGEST_OWNER,
    LONGEST_TEXT,
    STATUS_LABELS,
    TOPIC_LABELS,
    ActionError,
    Draft,
    Status,
    WaveChoice,
)
from surveyapp.design.fields import CommentBox, DateInput, Dropdown, Radios, TextInput, Tick
from surveyapp.organisation.services import UnitRow


def _one_line(text: str | None) -> str:
    return " ".join(services.tidy(text).split())


class ConfirmForm(FlaskForm):
    """A button that changes something: the form only carries the guard against forgery."""


class FilterForm(FlaskForm):
    """Read with GET; changes nothing. A unit that is not on offer filters nothing."""

    class Meta:
        csrf = False

    unit = Dropdown("Unit", validate_choice=False, default="")

    def __init__(self, units: Sequence[UnitRow], formdata: Any) -> None:
        super().__init__(formdata)
        self.unit.choices = [("", "All units"), *((str(unit.id), unit.path) for unit in units)]

    @property
    def unit_id(self) -> int | None:
        known = {value for value, _ in self.unit.choices if value}
        return int(self.unit.data) if self.unit.data in known else None


class ActionForm(FlaskForm):
    """The fields stand in the order in which they are shown, and so does the summary of errors."""

    unit = Dropdown("Whose action is it?", coerce=int, validate_choice=False)
    topic = Dropdown("What is it about?", validate_choice=False)
    wave = Dropdown("Which pulse does it answer?", coerce=int, validate_choice=False, default=0)
    heard = CommentBox(
        "What we heard",
        max_chars=LONGEST_TEXT,
        hint="Say it in your own words. Do not quote a comment, name anyone, or give the number of "
        "people in a small group.",
        filters=[services.tidy],
    )
    checked = Tick("I have checked it: it shows nobody’s own words and points at nobody")
    status = Radios(
        "How far is it?",
        coerce=Status,
        choices=[(status, label) for status, (label, _) in STATUS_LABELS.items()],
        validate_choice=False,
        size="s",
    )
    doing = CommentBox(
        "What you will do, or what you did",
        max_chars=LONGEST_TEXT,
        hint="You can leave this empty if you are not doing it.",
        filters=[services.tidy],
    )
    reason = CommentBox(
        "Why not?",
        max_chars=LONGEST_TEXT,
        rows=3,
        hint="Only if you are not doing it.",
        filters=[services.tidy],
    )
    owner = TextInput(
        "Whose job is it?",
        hint=f"A job title, such as Ward manager, in {LONGEST_OWNER} characters or fewer. Not a "
        "person’s name.",
        filters=[_one_line],
    )
    due_on = DateInput(
        "Date by which it will be done",
        required=False,
        hint="For example, 27 3 2027. Leave it empty if it is done, or if you are not doing it.",
    )

    def __init__(
        self, units: Sequence[UnitRow], waves: Sequence[WaveChoice], *, data: Mapping[str, Any]
    ) -> None:
        super().__init__(data=data)
        self.unit.choices = [(unit.id, unit.path) for unit in units]
        self.topic.choices = [("", "Choose one"), *TOPIC_LABELS.items()]
        self.wave.choices = [(0, "No pulse"), *((wave.wave_id, wave.title) for wave in waves)]

    @property
    def doubts(self) -> tuple[str, ...]:
        """What in 'what we heard' may point at someone. Where there is any, a tick is asked for."""
        return services.doubts(self.heard.data or "")

    def validate_heard(self, field: CommentBox) -> None:
        if self.doubts and not self.checked.data:
            raise ValidationError("Change what we heard, or tick that you have checked it")

    def validate(self, extra_validators: Any = None) -> bool:
        """All that is wrong at once, each at its field."""
        super().validate(extra_validators)
        for name, message in services.problems(self.draft()).items():
            if not self[name].errors:
                self[name].errors = [message]
        return not self.errors

    def refuse(self, error: ActionError) -> None:
        """Show a refusal of the services at the field it is about."""
        self[error.field].errors = [str(error)]

    def draft(self) -> Draft:
        """What was entered, right or wrong."""
        return Draft(
            unit_id=self.unit.data or 0,
            topic=self.topic.data or "",
            heard=self.heard.data or "",
            doing=self.doing.data or "",
            status=self.status.data,
            reason=self.reason.data or "",
            owner=self.owner.data or "",
            due_on=self.due_on.data,
            wave_id=self.wave.data or None,
        )


def entries_of(draft: Draft) -> dict[str, Any]:
    """What the form starts from when an action is changed."""
    return {
        "unit": draft.unit_id,
        "topic": draft.topic,
        "wave": draft.wave_id or 0,
        "heard": draft.heard,
        "status": draft.status,
        "doing": draft.doing,
        "reason": draft.reason,
        "owner": draft.owner,
        "due_on": draft.due_on,
    }
