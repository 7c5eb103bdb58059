"""Giving and changing access.

The classes stand in the order in which their fields are shown: forms keep that order, and the
summary of errors with them.
"""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, Length, ValidationError

from surveyapp.accounts.checks import AddressError, checked_address
from surveyapp.design.fields import (
    Checkboxes,
    Dropdown,
    EmailInput,
    PasswordInput,
    TextInput,
    Tick,
)
from surveyapp.permissions import ROLE_LABELS, RoleName

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
LONGEST_NAME = 120


class _Named(FlaskForm):
    name = TextInput(
        "Name",
        validators=[
            InputRequired("Enter the person's name"),
            Length(max=LONGEST_NAME, message=f"Name must be {LONGEST_NAME} characters or fewer"),
        ],
    )


class _FirstSignIn(FlaskForm):
    email = EmailInput("E-mail address", validators=[InputRequired("Enter an e-mail address")])
    password = PasswordInput(
        "First password",
        hint=f"{SHORTEST_PASSWORD} characters or more. The person can change it after signing in.",
        autocomplete="new-password",
        validators=[
            InputRequired("Enter a first password"),
            Length(
                min=SHORTEST_PASSWORD,
                max=LONGEST_PASSWORD,
                message=f"Password must be {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters",
            ),
        ],
    )

    def validate_email(self, field: EmailInput) -> None:
        try:
            checked_address(field.data or "")
        except AddressError as error:
            raise ValidationError(str(error)) from None


class AccessForm(_Named):
    """`units` are offered to leaders: (id, name) pairs."""

    roles = Checkboxes(
        "What may this person do?",
        choices=[(role.value, label) for role, label in ROLE_LABELS.items()],
        validators=[InputRequired("Select at least one role")],
    )
    units = Checkboxes(
        "Which units does this person lead?",
        hint="For leaders. Their reports cover these units and all units below.",
        coerce=int,
    )
    active = Tick("This person may sign in", default=True)

    def __init__(self, units: list[tuple[int, str]], **options: Any) -> None:
        super().__init__(**options)
        self.units.choices = units

    def validate_units(self, field: Checkboxes) -> None:
        if RoleName.LEADER in (self.roles.data or ()) and not field.data:
            raise ValidationError("Select the units that this leader leads")


class NewAccessForm(_FirstSignIn, AccessForm):
    """The same, for someone who cannot sign in yet."""


class AuditFilterForm(FlaskForm):
    """Read with GET; changes nothing."""

    class Meta:
        csrf = False

    action = Dropdown("What was done", validate_choice=False)
