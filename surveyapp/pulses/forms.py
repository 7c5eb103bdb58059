"""Planning a pulse.

The classes stand in the order in which their fields are shown: forms keep that order, and the
summary of errors with them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms.validators import InputRequired, Length, ValidationError

from surveyapp.design.fields import (
    Checkboxes,
    DateInput,
    Dropdown,
    NumberInput,
    Radios,
    TextInput,
    component,
)
from surveyapp.instruments.services import Library, Template
from surveyapp.organisation.services import PATH_SEPARATOR, UnitRow
from surveyapp.pulses.planning import (
    MINIMUM_GROUP_DEFAULT,
    MINIMUM_GROUP_RANGE,
    SHORTEST_WAVE,
    Plan,
    PlanError,
)
from surveyapp.pulses.services import Wave

#: It becomes the subject of an e-mail, and the heading of a page on a phone.
LONGEST_TITLE = 80

EVERYONE = "everyone"
SOME_UNITS = "some"


class RevealingRadios(Radios):
    """Radios that may hold a hint, and a further field below one that is chosen.

    `hints` and `inside` are set by the form. Without JavaScript all the further fields are open.
    """

    hints: Mapping[str, str] = {}
    inside: Mapping[str, Any] = {}

    def __call__(self, **_: Any) -> Markup:
        items = self._options()
        for item in items:
            hint, field = self.hints.get(item["value"]), self.inside.get(item["value"])
            item["hint"] = {"text": hint} if hint else None
            item["conditional"] = {"html": field()} if field is not None else None
        return component("radios", "radios", self._group(items))


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


class _RefusableForm(FlaskForm):
    def refuse(self, error: PlanError) -> None:
        """Show a refusal of the services at the field it is about, or at the first one."""
        named = self._fields.get(error.field)
        field = named if named is not None else next(iter(self))
        field.errors = [str(error)]


class _WhatWhoAndWhenForm(FlaskForm):
    title = TextInput(
        "Name of the pulse",
        hint="Staff see it as the subject of the e-mail and at the top of the questions.",
        filters=[_one_line],
        validators=[
            InputRequired("Enter a name for this pulse"),
            Length(max=LONGEST_TITLE, message=f"Name must be {LONGEST_TITLE} characters or fewer"),
        ],
    )
    template = RevealingRadios(
        "Which questions?", validators=[InputRequired("Select a set of questions")]
    )
    audience = RevealingRadios(
        "Who should be invited?",
        hint="People who are away are left out.",
        choices=[(EVERYONE, "Everyone on the staff list"), (SOME_UNITS, "Only some units")],
        validators=[InputRequired("Select who should be invited")],
    )
    units = Checkboxes(
        "Units to invite",
        hint="A unit includes all units below it.",
        size="s",
        coerce=int,
        validate_choice=False,
    )
    opens_on = DateInput(
        "Opening date", hint="It opens at 8am. If that has passed, it opens at once."
    )
    closes_on = DateInput(
        "Closing date",
        hint=f"It closes at 11:59pm, {SHORTEST_WAVE.days} days or more after it opens, so that "
        "people on leave or nights can answer.",
    )

    def validate_title(self, field: TextInput) -> None:
        # A control character would break the header of an e-mail.
        if any(unicodedata.category(character)[0] == "C" for character in field.data):
            raise ValidationError("Delete the name and type it again: it holds a hidden character")

    def validate_units(self, field: Checkboxes) -> None:
        if self.audience.data == SOME_UNITS and not field.data:
            raise ValidationError("Select at least one unit to invite")


class SmallestGroupForm(_RefusableForm):
    minimum_group = NumberInput(
        "Smallest group",
        width="nhsuk-input--width-2",
        size="m",
        hint=(
            "Results are only shown for groups of at least this many people. Choose "
            f"{MINIMUM_GROUP_RANGE.start} to {MINIMUM_GROUP_RANGE.stop - 1}. Staff are told it "
            "before they answer, so it cannot change once the pulse is open."
        ),
        validators=[InputRequired("Enter the smallest group, like 10")],
    )


class ConfirmForm(FlaskForm):
    """A button that changes something: the form only carries the guard against forgery."""


class PlanForm(SmallestGroupForm, _WhatWhoAndWhenForm):
    """A plan for a wave, made by `plan_form`."""

    def __init__(
        self, library: Library, units: Sequence[UnitRow], *, data: Mapping[str, Any]
    ) -> None:
        super().__init__(data=data)
        templates = library.templates.values()
        self.template.choices = [(template.id, template.name) for template in templates]
        self.template.hints = {template.id: _about(template) for template in templates}
        self.template.inside = {
            template.id: self[_choice_name(template.id)]
            for template in templates
            if len(template.choices) > 1
        }
        self._root_id = units[0].id
        self.units.choices = [(unit.id, _unit_label(unit)) for unit in units[1:]]
        if self.units.choices:
            self.audience.inside = {SOME_UNITS: self.units}
        else:
            # With no unit below the organisation there is nothing to choose from.
            self.audience.choices = self.audience.choices[:1]

    def plan(self) -> Plan:
        """What was entered. Call it only after the form was found valid."""
        everyone = self.audience.data == EVERYONE
        return Plan(
            title=self.title.data,
            template_id=self.template.data,
            choice_key=self[_choice_name(self.template.data)].data,
            audience_unit_ids=(self._root_id,) if everyone else tuple(self.units.data),
            opens_on=self.opens_on.data,
            closes_on=self.closes_on.data,
            minimum_group=self.minimum_group.data,
        )


def plan_form(
    library: Library,
    units: Sequence[UnitRow],
    *,
    today: date,
    turns: Mapping[str, str],
    like: Wave | None = None,
) -> PlanForm:
    """The form of a new plan.

    `turns` names the choice of each template whose turn it is. What can be taken from the wave
    `like` is filled in.
    """
    choices = {
        _choice_name(template.id): Dropdown(
            "Which set?",
            choices=[(choice.key, choice.label) for choice in template.choices],
            validate_choice=False,
        )
        for template in library.templates.values()
    }
    open_days = SHORTEST_WAVE.days
    data: dict[str, Any] = {
        "audience": EVERYONE,
        "minimum_group": MINIMUM_GROUP_DEFAULT,
        **{_choice_name(template_id): key for template_id, key in turns.items()},
    }
    if like is not None:
        data |= {"title": like.title, "minimum_group": like.minimum_group}
        if like.template_id in library.templates:
            data["template"] = like.template_id
            open_days = library.templates[like.template_id].open_days
        if units[0].id not in like.audience_unit_ids:
            data |= {"audience": SOME_UNITS, "units": like.audience_unit_ids}
    data |= {"opens_on": today, "closes_on": today + timedelta(days=open_days)}
    form: PlanForm = type("PlanForm", (PlanForm,), choices)(library, units, data=data)
    return form


def _choice_name(template_id: str | None) -> str:
    return f"set_of_{template_id}"


def _about(template: Template) -> str:
    minutes = "minute" if template.minutes == 1 else "minutes"
    return f"About {template.minutes} {minutes}. Best kept open for {template.open_days} days."


def _unit_label(unit: UnitRow) -> str:
    people = unit.staff + unit.staff_below
    # Without the organisation's own name at its head, which all of them share.
    path = unit.path.split(PATH_SEPARATOR, 1)[-1].strip()
    return f"{path} ({people} {'person' if people == 1 else 'people'})"
