"""Planning a pulse.

The classes stand in the order in which their fields are shown: forms keep that order, and the
summary of errors with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from unicodedata import category

from flask_wtf import FlaskForm
from wtforms.validators import InputRequired, Length, ValidationError

from surveyapp.design.fields import (
    AudienceTree,
    Checkboxes,
    CommentBox,
    DateInput,
    Dropdown,
    NumberInput,
    Radios,
    TextInput,
    Tick,
)
from surveyapp.instruments.services import Library, Template
from surveyapp.organisation.services import UnitRow
from surveyapp.pulses.mail_times import usual_reminders
from surveyapp.pulses.message_kinds import LONGEST_BODY, Rules, Words
from surveyapp.pulses.message_lint import Issue, promise_not_kept
from surveyapp.pulses.overview import set_name
from surveyapp.pulses.planning import (
    MINIMUM_GROUP_DEFAULT,
    MINIMUM_GROUP_RANGE,
    OPEN_LINK_MINIMUM_GROUP,
    SHORTEST_WAVE,
    Plan,
    PlanError,
)
from surveyapp.pulses.services import Breakdown, Channel, Wave

_GROUPS = "groups"
_REVIEW_ALL = "review_all"

#: It becomes the subject of an e-mail, and the heading of a page on a phone.
LONGEST_TITLE = 80

#: A subject with its placeholders. How long it may be with examples in their place is checked later.
_LONGEST_ENTRY = 200


class ConfirmForm(FlaskForm):
    """A button that changes something: the form only carries the guard against forgery."""


class _RefusableForm(FlaskForm):
    def refuse(self, error: PlanError) -> None:
        """Show a refusal of the services at the field it is about, or at the first one."""
        named = self._fields.get(error.field)
        field = named if named is not None else next(iter(self))
        field.errors = [str(error)]


def _one_line(text: str | None) -> str:
    """The text with single spaces, without what would break the header of an e-mail."""
    shown = (sign for sign in (text or "") if sign.isspace() or category(sign) not in ("Cc", "Cs"))
    return " ".join("".join(shown).split())


def _several_lines(text: str | None) -> str:
    """The text without what neither a mail nor a database can hold. Lines keep no blanks at their end."""
    plain = (text or "").replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    shown = "".join(sign for sign in plain if sign == "\n" or category(sign) not in ("Cc", "Cs"))
    return "\n".join(line.rstrip() for line in shown.split("\n")).strip()


class _WhatAndWhenForm(_RefusableForm):
    title = TextInput(
        "Name",
        hint="Staff see it in the subject of the e-mail and above the questions.",
        filters=[_one_line],
        validators=[
            InputRequired("Enter a name for this pulse"),
            Length(max=LONGEST_TITLE, message=f"Name must be {LONGEST_TITLE} characters or fewer"),
        ],
    )
    template = Dropdown("Questions", validate_choice=False)
    follow_up = Tick("Also ask if people have seen changes", default=True)
    opens_on = DateInput(
        "Opening date", hint="It opens at 8am. Today means as soon as you launch it."
    )
    closes_on = DateInput(
        "Closing date",
        hint=f"It closes at 11:59pm, {SHORTEST_WAVE.days} days or more after it opens, so that "
        "people on leave or nights can answer.",
    )

    channel = Radios(
        "How do people reach the questions?",
        hint="Anyone can use an open link, and more than once. So it is for everyone, its results "
        "are shown for the whole organisation only and never split, they need "
        f"{OPEN_LINK_MINIMUM_GROUP} answers, and a reviewer reads every comment.",
        size="s",
        coerce=Channel,
        default=Channel.PERSONAL,
        choices=[
            (Channel.PERSONAL, "A link for each person by e-mail"),
            (Channel.OPEN_LINK, "One open link for a poster or shared tablet"),
        ],
    )
    reminders = Radios(
        "How many reminders?",
        hint="They go to everyone who was invited, because nobody looks up who has answered. "
        "None goes out in the last 24 hours, and none for an open link.",
        size="s",
        coerce=int,
        choices=[
            (2, "Two, after 5 and 10 days"),
            (3, "Three, the last one 2 days before it closes"),
            (0, "None"),
        ],
    )


    def validate_title(self, field: TextInput) -> None:
        if promise := promise_not_kept(field.data or ""):
            raise ValidationError(f"Take out ‘{promise}’: it promises more than is kept")


class SmallestGroupForm(_RefusableForm):
    minimum_group = NumberInput(
        "Smallest group",
        width="nhsuk-input--width-2",
        hint=(
            "Results are only shown for groups of at least this many people. Choose "
            f"{MINIMUM_GROUP_RANGE.start} to {MINIMUM_GROUP_RANGE.stop - 1}. Staff are told it "
            "before they answer, so it cannot change after the launch."
        ),
        validators=[InputRequired("Enter the smallest group, like 10")],
    )


class _SafeguardsForm(_RefusableForm):
    breakdown = Radios(
        "Split results in one more way?",
        hint="For the whole organisation only, and only where nobody can be picked out. The quarterly "
        "and yearly sets have questions for learners and for people who supervise them. Staff say "
        "themselves which they are, and that is not kept.",
        size="s",
        coerce=Breakdown,
        default=Breakdown.NONE,
        choices=[
            (Breakdown.NONE, "No"),
            (Breakdown.STAFF_GROUP, "By staff group"),
            (Breakdown.ROLE, "By learners and supervisors, with questions of their own"),
        ],
    )
    safeguards = Checkboxes(
        "Small teams and comments",
        hint="A larger team may be put with a small one next to it. Then it may have no results of "
        "its own, and its leaders read those of both.",
        size="s",
        validate_choice=False,
        choices=[
            (_GROUPS, "Show small teams together, so that they get results"),
            (_REVIEW_ALL, "Have a reviewer read every comment before it is shown"),
        ],
    )


class PlanForm(_SafeguardsForm, SmallestGroupForm, _WhatAndWhenForm):
    """A plan for a wave. `template` holds a template and one of its choices: 'id/key'.

    `follow_up` is only there where something was published that people could have noticed.
    """

    audience = AudienceTree(
        "Who should be invited?",
        hint="A unit includes all units below it. People who are away are left out.",
        coerce=int,
        validate_choice=False,
        validators=[InputRequired("Select at least one unit to invite")],
    )

    def __init__(
        self,
        library: Library,
        templates: Mapping[str, Template],
        units: Sequence[UnitRow],
        *,
        data: Mapping[str, Any],
        offers_follow_up: bool = False,
    ) -> None:
        super().__init__(data={"audience": [units[0].id], **data})
        self.follow_up.hint = f"‘{library.follow_up.text}’ It is the last question and in no score."
        if not offers_follow_up:
            del self.follow_up
        self.template.choices = [
            (f"{template.id}/{choice.key}", set_name(template, choice.key, short=True))
            for template in templates.values()
            for choice in template.choices
        ]
        self._everyone = units[0].id
        self.audience.choices = [
            (self._everyone, "Everyone on the staff list"),
            *((unit.id, unit.label) for unit in units[1:]),
        ]

    @property
    def is_for_everyone(self) -> bool:
        return self.audience.data == [self._everyone]

    def validate_audience(self, field: AudienceTree) -> None:
        if self._everyone in (field.data or ()) and not self.is_for_everyone:
            raise ValidationError("Untick ‘Everyone’, or untick all the units")

    def plan(self) -> Plan:
        """What was entered. Call it only after the form was found valid.

        An open link leaves no choice of the smallest group or of a breakdown (A23).
        """
        is_open_link = self.channel.data is Channel.OPEN_LINK
        template_id, _, choice_key = (self.template.data or "").partition("/")
        return Plan(
            title=self.title.data,
            template_id=template_id,
            choice_key=choice_key,
            audience_unit_ids=tuple(set(self.audience.data or ())),
            opens_on=self.opens_on.data,
            closes_on=self.closes_on.data,
            minimum_group=OPEN_LINK_MINIMUM_GROUP if is_open_link else self.minimum_group.data,
            channel=self.channel.data,
            reminders=self.reminders.data,
            breakdown=Breakdown.NONE if is_open_link else self.breakdown.data,
            groups_small_units=_GROUPS in (self.safeguards.data or ()),
            review_all=_REVIEW_ALL in (self.safeguards.data or ()),
            asks_follow_up="follow_up" in self and self.follow_up.data,
        )


class MessageForm(FlaskForm):
    """The words of a message. Only a mail has a subject."""

    subject = TextInput(
        "Subject",
        filters=[_one_line],
        validators=[Length(max=_LONGEST_ENTRY, message="Make the subject much shorter")],
    )
    body = CommentBox("Words", max_chars=LONGEST_BODY, rows=16, filters=[_several_lines])
    accept = Tick("Use these words all the same")

    def __init__(self, rules: Rules, words: Words) -> None:
        super().__init__(data={"subject": words.subject, "body": words.body})
        if not rules.is_mail:
            del self.subject

    @property
    def words(self) -> Words:
        return Words(self.subject.data if "subject" in self else "", self.body.data)

    def passes(self, issues: Sequence[Issue]) -> bool:
        """Whether nothing has to be mended. If not, each field says the first thing that is wrong with it."""
        for issue in issues:
            field = self._fields.get(issue.field)
            if issue.is_error and field is not None and not field.errors:
                field.errors = [issue.message]
        return not self.errors

    def accepts(self, issues: Sequence[Issue]) -> bool:
        """Whether it `passes`, and what else there is to say is meant."""
        if not self.passes(issues):
            return False
        if issues and not self.accept.data:
            self.accept.errors = ["Change the words, or tick that you mean them"]
        return not self.errors


def first_entries(
    templates: Mapping[str, Template], *, today: date, turn: str, like: Wave | None
) -> dict[str, Any]:
    """What a new plan starts from: the questions whose turn it is, and much of the wave `like`."""
    open_days = templates[turn.partition("/")[0]].open_days
    entries: dict[str, Any] = {
        "template": turn,
        "opens_on": today,
        "closes_on": today + timedelta(days=open_days),
        "reminders": usual_reminders(today, today + timedelta(days=open_days)),
        "minimum_group": MINIMUM_GROUP_DEFAULT,
        "safeguards": [_GROUPS],
    }
    if like is not None:
        entries |= {"title": like.title, "minimum_group": like.minimum_group}
        entries["channel"] = Channel(like.channel)
        if like.channel != Channel.OPEN_LINK and like.reminders_at:
            entries["reminders"] = max(2, len(like.reminders_at))
        entries["breakdown"] = Breakdown(like.breakdown)
        chosen = {_GROUPS: like.groups_small_units, _REVIEW_ALL: like.review_all}
        entries["safeguards"] = [name for name, is_chosen in chosen.items() if is_chosen]
        if like.audience_unit_ids:
            entries["audience"] = like.audience_unit_ids
    return entries
