"""Forms of the unit tree and the staff list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from wtforms.validators import InputRequired

from surveyapp.design.fields import Dropdown, EmailInput, FileUpload, Radios, TelephoneInput, TextInput, Tick
from surveyapp.organisation.models import WorkingStatus
from surveyapp.organisation.services import OrganisationError
from surveyapp.organisation.staff_columns import ColumnsError, StaffColumns, plain_heading

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
    file = FileUpload(
        "Staff list",
        hint="An Excel workbook (.xlsx) or a CSV file, up to 15 MB.",
        validators=[FileRequired("Choose an Excel workbook or a CSV file")],
    )
    make_units = Tick("Make units that do not exist yet")


class ColumnsForm(FlaskForm):
    """`labels` are those of the file's headings, in its order."""

    email = Dropdown("E-mail address", default="")
    unit = Dropdown("Unit", hint="The highest level, if the file has several.", default="")
    unit_2 = Dropdown("The level below it, if there is one", default="")
    unit_3 = Dropdown("The level below that", default="")
    unit_4 = Dropdown("The lowest level", default="")
    staff_group = Dropdown("Staff group", default="")
    status = Dropdown(
        "Status, if the file has it",
        hint="Who works now, and who is away and not to be invited.",
        default="",
    )
    mobile = Dropdown(
        "Mobile number, if the file has it",
        hint="Texts go there when e-mails do not arrive.",
        default="",
    )

    def __init__(self, labels: Mapping[str, str], chosen: StaffColumns) -> None:
        levels = {f"unit_{n}" if n > 1 else "unit": name for n, name in enumerate(chosen.unit, start=1)}
        data = {
            "email": chosen.email,
            "staff_group": chosen.staff_group,
            "status": chosen.status,
            "mobile": chosen.mobile,
        }
        super().__init__(data=data | levels)
        for field in self._dropdowns():
            field.choices = [("", "None"), *labels.items()]

    def _dropdowns(self) -> list[Dropdown]:
        return [field for field in self if isinstance(field, Dropdown)]

    def choices(self) -> dict[str, list[str]]:
        """The headings by field, as `staff_columns.chosen` takes them."""
        levels = (self.unit, self.unit_2, self.unit_3, self.unit_4)
        named = {
            "email": [self.email.data],
            "unit": [level.data for level in levels],
            "staff_group": [self.staff_group.data],
            "status": [self.status.data],
            "mobile": [self.mobile.data],
        }
        return {field: [name for name in names if name] for field, names in named.items()}

    def refuse(self, error: ColumnsError) -> None:
        self._fields[error.field].errors = [str(error)]


#: The answer for words that nobody knows the meaning of.
_LEAVE_OUT = "leave"


class StatusWordsForm(FlaskForm):
    """One question for each word that a file has for a status: see `status_words_form`."""

    words: ClassVar[Sequence[str]]

    def meanings(self) -> dict[str, WorkingStatus]:
        """What the words mean, by `plain_heading`. Those that nobody knows are left out."""
        answers = {word: self._fields[f"word_{n}"].data for n, word in enumerate(self.words)}
        known = {status.value for status in WorkingStatus}
        return {
            plain_heading(word): WorkingStatus(answer)
            for word, answer in answers.items()
            if answer in known
        }


def status_words_form(words: Mapping[str, int]) -> StatusWordsForm:
    """The form for these words, with the number of rows that each stands in."""
    options = [
        *((status.value, label) for status, label in STATUS_LABELS.items()),
        (_LEAVE_OUT, "I do not know. Leave these rows out"),
    ]
    fields = {
        f"word_{number}": Radios(
            f"{word} ({rows:,} {'row' if rows == 1 else 'rows'})",
            choices=options,
            default=_LEAVE_OUT,
            size="s",
        )
        for number, (word, rows) in enumerate(words.items())
    }
    made: StatusWordsForm = type("StatusWordsForm", (StatusWordsForm,), {**fields, "words": list(words)})()
    return made


class ImportDecisionForm(FlaskForm):
    apply_moves = Tick("Move these people to the units in the file")
    remove_leavers = Tick("Take these people off the staff list")


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
