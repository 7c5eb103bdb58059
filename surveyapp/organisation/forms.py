"""Forms of the unit tree and the staff list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from wtforms.validators import InputRequired

from surveyapp.design.fields import Dropdown, EmailInput, FileUpload, Radios, TelephoneInput, TextInput, Tick
from surveyapp.organisation.models import WorkingStatus
from surveyapp.organisation.services import OrganisationError

STATUS_LABELS: dict[WorkingStatus, str] = {
    WorkingStatus.WORKING: "Working now",
    WorkingStatus.AWAY: "Away, such as on long leave",
}

#: Among the statuses to filter by: people whose address the mail server does not know.
UNDELIVERABLE = "undeliverable"

_Choices = Sequence[tuple[int, str]]


class _RefusableForm(FlaskForm):
    def refuse(self, error: OrganisationError) -> None:
        """Show a service's refusal at the field it is about, or at the first one."""
        named = self._fields.get(error.field)
        field = named if named is not None else next(iter(self))
        field.errors = [str(error)]


class RootForm(_RefusableForm):
    """Renames the organisation itself."""

    name = TextInput("Name", validators=[InputRequired("Enter a name")])


class UnitForm(RootForm):
    """`units` are those it may stand below: (id, path) pairs."""

    parent = Dropdown(
        "Which unit is it part of?",
        coerce=int,
        validate_choice=False,
        hint="Closed pulses keep the units they were launched with.",
    )

    def __init__(self, units: _Choices, **options: Any) -> None:
        super().__init__(**options)
        self.parent.choices = list(units)


class PersonForm(_RefusableForm):
    email = EmailInput("E-mail address", validators=[InputRequired("Enter an e-mail address")])
    mobile = TelephoneInput(
        "Mobile number (optional)",
        width="nhsuk-input--width-20",
        hint="Such as 07700 900123. If e-mails do not arrive, a text goes there.",
    )
    prefers_texts = Tick("Send texts in place of e-mails")
    unit = Dropdown("Unit", coerce=int, validate_choice=False)
    staff_group = TextInput(
        "Staff group",
        hint="Such as Nursing. A group that is in use already keeps its spelling.",
        validators=[InputRequired("Enter a staff group, such as Nursing")],
    )
    status = Radios(
        "Is this person working now?",
        hint="People who are away are not invited.",
        choices=[(status.value, label) for status, label in STATUS_LABELS.items()],
        validators=[InputRequired("Select whether this person is working now")],
    )

    def __init__(self, units: _Choices, *, offers_texts: bool, **options: Any) -> None:
        super().__init__(**options)
        self.unit.choices = list(units)
        if not offers_texts:
            self.prefers_texts.label.text += " (this system cannot send texts yet)"


class StaffFilterForm(FlaskForm):
    """Sent with POST where an address is looked for: addresses stay out of web addresses."""

    search = TextInput("E-mail address, or a part of it", default="")
    unit = Dropdown("Unit", validate_choice=False, default="")
    status = Dropdown("Status", validate_choice=False, default="")

    def __init__(self, units: _Choices, formdata: Any) -> None:
        super().__init__(formdata)
        self.unit.choices = [("", "All units"), *((str(key), path) for key, path in units)]
        self.status.choices = [
            ("", "Working or away"),
            *((status.value, label) for status, label in STATUS_LABELS.items()),
            (UNDELIVERABLE, "Address does not work"),
        ]

    @property
    def unit_id(self) -> int | None:
        known = {value for value, _ in self.unit.choices if value}
        return int(self.unit.data) if self.unit.data in known else None

    @property
    def working_status(self) -> WorkingStatus | None:
        known = {status.value for status in WorkingStatus}
        return WorkingStatus(self.status.data) if self.status.data in known else None

    @property
    def is_undeliverable(self) -> bool:
        return self.status.data == UNDELIVERABLE


class UploadForm(FlaskForm):
    file = FileUpload("Staff list", validators=[FileRequired("Choose a CSV file")])
    make_units = Tick("Make units that do not exist yet")


class LearningForm(FlaskForm):
    learn = Radios(
        "May your own machines learn from your corrections?",
        hint="No is how it is until someone says yes.",
        choices=[
            ("yes", "Yes, use our corrections to improve the themes, on our own machines"),
            ("no", "No"),
        ],
        validators=[InputRequired("Select yes or no")],
    )


class DecisionForm(FlaskForm):
    """A button that changes something: the form only carries the guard against forgery."""
