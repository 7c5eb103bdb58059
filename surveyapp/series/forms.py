"""Setting up a series, and the small forms of its pages.

A form keeps its fields in the order in which they stand in the class, and the summary of errors with
them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from unicodedata import category

from flask_wtf import FlaskForm
from flask_wtf.file import FileRequired
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from surveyapp.design.fields import (
    AudienceTree,
    Checkboxes,
    DateInput,
    Dropdown,
    FileUpload,
    NumberInput,
    Radios,
    TextInput,
    Tick,
)
from surveyapp.instruments.services import Template
from surveyapp.organisation.services import UnitRow
from surveyapp.pulses.services import Breakdown
from surveyapp.series.entries import entries_of
from surveyapp.series.rules import Otherwise, Unit
from surveyapp.series.series_file import LONGEST_TITLE, OPEN_DAYS, SAMPLE
from surveyapp.series.services import Setup
from surveyapp.working_days import NATION_LABELS

_GROUPS, _REVIEW_ALL = "groups", "review_all"

#: Recurs by a rule that a file brought and that the form can only keep.
BY_RULE = "rrule"

UNIT_LABELS: dict[Unit, str] = {
    Unit.WEEK: "Weeks",
    Unit.MONTH: "Months",
    Unit.QUARTER: "Quarters",
    Unit.YEAR: "Years",
}

_OTHERWISE_LABELS: dict[Otherwise, str] = {
    Otherwise.MOVE: "Open on the next day that will do",
    Otherwise.SKIP: "Leave this pulse out",
    Otherwise.KEEP: "Open all the same",
}

SURVEY_LABELS = {
    "nhs-staff-survey": "NHS Staff Survey, 15 September to 30 November: pulses keep clear of it",
    "nqps": "National Quarterly Pulse Survey, January, April and July: you are told",
    "nets": "National Education and Training Survey, October and November: you are told",
}

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip

#: Keys of a file that another field of the form is about.
_FIELD_OF = {"every": "interval", "rrule": "unit"}

#: Keys of a file that the form leaves as they are.
_KEPT = ("rrule", "time_zone", "blackouts", "skip_dates")


class ConfirmForm(FlaskForm):
    """A button that changes something: the form only carries the guard against forgery."""


class RefusableForm(FlaskForm):
    #: Under which field a refusal is shown that names another.
    field_of: ClassVar[Mapping[str, str]] = {}

    def refuse(self, key: str, message: str) -> None:
        """Show a refusal at the field it is about, or at the first one."""
        named = self._fields.get(self.field_of.get(key, key))
        field = named if named is not None else next(iter(self))
        if message.startswith("must "):
            message = f"{field.label.text} {message}"
        field.errors = [message[:1].upper() + message[1:]]


def _one_line(text: str | None) -> str:
    """The text with single spaces, without what would break the header of an e-mail."""
    shown = (sign for sign in (text or "") if sign.isspace() or category(sign) not in ("Cc", "Cs"))
    return " ".join("".join(shown).split())


class SeriesForm(RefusableForm):
    """The keys of a series file, and what stands beside them in a `Setup`."""

    field_of: ClassVar[Mapping[str, str]] = _FIELD_OF

    title = TextInput(
        "Name",
        hint="Staff see it in the subject of the e-mail, with the month after it.",
        filters=[_one_line],
        validators=[
            DataRequired("Enter a name for this series"),
            Length(max=LONGEST_TITLE, message=f"Name must be {LONGEST_TITLE} characters or fewer"),
        ],
    )
    questions = Dropdown("Questions", hint="Its sets of questions take turns.")
    starts_with = Dropdown("Start with", hint="Which set the first pulse asks.")
    audience = AudienceTree(
        "Who is asked?",
        hint="A unit includes all units below it. People who are away are left out.",
        coerce=int,
        validate_choice=False,
        validators=[InputRequired("Select at least one unit to ask")],
    )
    sample = NumberInput(
        "How many in 100 each pulse asks",
        width="nhsuk-input--width-2",
        hint="100 asks everyone each time. With 25, people take turns, and a pulse can come each week.",
        validators=[InputRequired("Enter how many in 100 to ask, like 100")],
    )
    interval = NumberInput(
        "A pulse every",
        width="nhsuk-input--width-2",
        hint="A number: 1 with ‘Months’ is each month, 4 with ‘Weeks’ is every 4 weeks.",
        validators=[InputRequired("Enter a number, like 1")],
    )
    unit = Radios("Counted in", size="s", choices=list(UNIT_LABELS.items()))
    on = TextInput(
        "On which day",
        width="nhsuk-input--width-10",
        hint="Such as first Tuesday, last Friday, day 15 or last day. For weeks, a day such as Tuesday. "
        "Leave it empty to go by the first day.",
        filters=[_one_line],
    )
    first = DateInput("First day", hint="No pulse opens before it.")
    until = DateInput("Last day", required=False, hint="No pulse falls due after it. You can leave it empty.")
    opens_at = TextInput(
        "Opens at",
        width="nhsuk-input--width-5",
        hint="Hours and minutes, such as 08:00.",
        filters=[_one_line],
        validators=[DataRequired("Enter a time of day, like 08:00")],
    )
    open_days = NumberInput(
        "Days open",
        width="nhsuk-input--width-2",
        hint=f"{OPEN_DAYS.start} to {OPEN_DAYS.stop - 1}. It closes at 11:59pm on the last of them.",
        validators=[InputRequired("Enter a number of days, like 14")],
    )
    reminders = TextInput(
        "Reminders",
        width="nhsuk-input--width-10",
        hint="Days after the opening, such as 5, 10. Everyone who was asked gets them, for nobody can see "
        "who has answered. Leave it empty to send none.",
        filters=[_one_line],
    )
    bank_holidays = Dropdown("Bank holidays of", choices=list(NATION_LABELS.items()))
    on_bank_holiday = Dropdown("If it falls on a bank holiday", choices=list(_OTHERWISE_LABELS.items()))
    on_weekend = Dropdown("If it falls at a weekend", choices=list(_OTHERWISE_LABELS.items()))
    on_blackout = Dropdown(
        "If it would be open in days to keep clear of",
        choices=[(one, _OTHERWISE_LABELS[one]) for one in (Otherwise.MOVE, Otherwise.SKIP)],
    )
    national_surveys = Checkboxes(
        "National surveys that your staff are asked by", size="s", choices=list(SURVEY_LABELS.items())
    )
    skip_months = Checkboxes(
        "Months to leave out",
        size="s",
        choices=[(str(number), name) for number, name in enumerate(_MONTHS, start=1)],
    )
    minimum_group = NumberInput(
        "Smallest group",
        width="nhsuk-input--width-2",
        hint="Results are only shown for groups of at least this many people. Choose 5 to 20.",
        validators=[InputRequired("Enter the smallest group, like 10")],
    )
    breakdown = Radios(
        "Split results in one more way?",
        hint="For the whole organisation only, and only where nobody can be picked out. The quarterly "
        "and yearly sets have questions for learners and for people who supervise them. Staff say "
        "themselves which they are, and that is not kept.",
        size="s",
        choices=[
            (Breakdown.NONE, "No"),
            (Breakdown.STAFF_GROUP, "By staff group"),
            (Breakdown.ROLE, "By learners and supervisors, with questions of their own"),
        ],
    )
    safeguards = Checkboxes(
        "Small teams and comments",
        size="s",
        choices=[
            (_GROUPS, "Show small teams together, so that they get results"),
            (_REVIEW_ALL, "Have a reviewer read every comment before it is shown"),
        ],
    )
    follow_up = Tick("Also ask if people have seen changes, once there are some")
    waits_for_action = Tick(
        "Wait until something is published about the last pulse",
        hint="People stop answering when nothing seems to change. Someone can let a pulse open without.",
    )
    owner = Dropdown("Owner", hint="Who is told when a pulse waits.")

    def __init__(
        self,
        templates: Mapping[str, Template],
        units: Sequence[UnitRow],
        owners: Sequence[tuple[int, str]],
        *,
        setup: Setup,
    ) -> None:
        self._setup = setup
        super().__init__(data=_entries(setup, everyone=units[0].id))
        self._everyone = units[0].id
        self.questions.choices = [(one.id, one.name) for one in templates.values()]
        self.starts_with.choices = [
            ("", "The first set"),
            *(
                (f"{one.id}/{choice.key}", f"{one.name.partition(' (')[0]}: {choice.label}")
                for one in templates.values()
                for choice in one.choices[1:]
            ),
        ]
        self.audience.choices = [
            (units[0].id, "Everyone on the staff list"),
            *((unit.id, unit.label) for unit in units[1:]),
        ]
        self.owner.choices = [("", "Nobody"), *((str(user_id), name) for user_id, name in owners)]
        if BY_RULE in setup.rules:
            self.unit.choices = [*UNIT_LABELS.items(), (BY_RULE, f"Keep its rule: {setup.rules[BY_RULE]}")]

    @property
    def is_for_everyone(self) -> bool:
        return self.audience.data == [self._everyone]

    def validate_audience(self, field: AudienceTree) -> None:
        if self._everyone in (field.data or ()) and not self.is_for_everyone:
            raise ValidationError("Untick ‘Everyone’, or untick all the units")

    def validate_sample(self, field: NumberInput) -> None:
        if field.data is not None and field.data not in SAMPLE:
            raise ValidationError(f"Enter a number from {SAMPLE.start} to {SAMPLE.stop - 1}")

    def validate_interval(self, field: NumberInput) -> None:
        if field.data is not None and not 1 <= field.data <= 52:
            raise ValidationError("Enter a number from 1 to 52")

    def validate_starts_with(self, field: Dropdown) -> None:
        if field.data and field.data.partition("/")[0] != self.questions.data:
            raise ValidationError("Select a set of the questions above")

    def setup(self) -> Setup:
        """What was entered. Call it only after the form was found valid."""
        safeguards = self.safeguards.data or ()
        return Setup(
            rules=self._rules(),
            audience_unit_ids=tuple(set(self.audience.data or ())),
            minimum_group=self.minimum_group.data,
            channel=self._setup.channel,
            breakdown=Breakdown(self.breakdown.data),
            groups_small_units=_GROUPS in safeguards,
            review_all=_REVIEW_ALL in safeguards,
            asks_follow_up=self.follow_up.data,
            waits_for_action=self.waits_for_action.data,
            owner_id=int(self.owner.data) if self.owner.data else None,
        )

    def _rules(self) -> dict[str, Any]:
        rules: dict[str, Any] = {key: self._setup.rules[key] for key in _KEPT if key in self._setup.rules}
        rules |= {"title": self.title.data, "questions": self.questions.data}
        if self.starts_with.data:
            rules["starts_with"] = self.starts_with.data.partition("/")[2]
        if self.unit.data != BY_RULE:
            rules.pop(BY_RULE, None)
            rules["every"] = f"{self.interval.data} {self.unit.data}"
        if self.on.data:
            rules["on"] = self.on.data
        rules["first"] = self.first.data.isoformat()
        if self.until.data:
            rules["until"] = self.until.data.isoformat()
        return rules | {
            "opens_at": self.opens_at.data,
            "open_days": self.open_days.data,
            "reminders": [day for day in re.split(r"[,;\s]+", self.reminders.data) if day],
            "sample": self.sample.data,
            "bank_holidays": self.bank_holidays.data,
            "on_bank_holiday": self.on_bank_holiday.data,
            "on_weekend": self.on_weekend.data,
            "on_blackout": self.on_blackout.data,
            "national_surveys": self.national_surveys.data or [],
            "skip_months": self.skip_months.data or [],
        }


def _entries(setup: Setup, *, everyone: int) -> dict[str, Any]:
    """What the fields hold of a setup that a reader of files has accepted, or of a new one."""
    safeguards = {_GROUPS: setup.groups_small_units, _REVIEW_ALL: setup.review_all}
    return {
        **entries_of(setup.rules),
        "audience": list(setup.audience_unit_ids) or [everyone],
        "minimum_group": setup.minimum_group,
        "breakdown": str(setup.breakdown),
        "safeguards": [name for name, is_chosen in safeguards.items() if is_chosen],
        "follow_up": setup.asks_follow_up,
        "waits_for_action": setup.waits_for_action,
        "owner": str(setup.owner_id or ""),
    }


class MoveForm(RefusableForm):
    opens_on = DateInput("Opening date", heading=False, hint="The day on which it opens instead.")


class SeriesFileForm(RefusableForm):
    file = FileUpload("File (YAML)", validators=[FileRequired("Choose a file")])
    minimum_group = NumberInput(
        "Smallest group",
        width="nhsuk-input--width-2",
        hint="Results are only shown for groups of at least this many people. Choose 5 to 20.",
        default=10,
        validators=[InputRequired("Enter the smallest group, like 10")],
    )


class WindowForm(RefusableForm):
    """Days to keep clear of. The ends are read as a series file writes them."""

    field_of: ClassVar[Mapping[str, str]] = {"from": "first", "to": "last"}

    name = TextInput(
        "Name",
        hint="Such as Winter pressures.",
        filters=[_one_line],
        validators=[
            DataRequired("Enter a name"),
            Length(max=60, message="Name must be 60 characters or fewer"),
        ],
    )
    first = TextInput(
        "First day",
        width="nhsuk-input--width-10",
        hint="For once, such as 2027-03-01. For every year, month and day, such as 12-15.",
        filters=[_one_line],
        validators=[DataRequired("Enter the first day, like 2027-03-01 or 12-15")],
    )
    last = TextInput(
        "Last day",
        width="nhsuk-input--width-10",
        hint="It belongs to the days to keep clear of.",
        filters=[_one_line],
        validators=[DataRequired("Enter the last day, like 2027-03-14 or 01-10")],
    )
    kind = Radios(
        "What happens to pulses in these days?",
        size="s",
        default="hard",
        choices=[("hard", "They open after them"), ("soft", "They open, and you are told")],
    )
