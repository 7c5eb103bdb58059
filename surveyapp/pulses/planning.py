"""What a plan for a wave must satisfy. Pure."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from surveyapp.pulses import mail_times
from surveyapp.pulses.models import Breakdown, Channel
from surveyapp.timekeeping import LOCAL_ZONE

#: A1: nobody may choose a smaller or larger minimum group.
MINIMUM_GROUP_RANGE = range(5, 21)
MINIMUM_GROUP_DEFAULT = 10

#: A23: whoever has an open link can send more than one ballot, so more are needed to hide in.
OPEN_LINK_MINIMUM_GROUP = 20

#: F6: a wave shorter than this misses people on nights, leave and days off.
SHORTEST_WAVE = timedelta(days=14)
LONGEST_WAVE = timedelta(days=92)

#: Who is asked and what is worth asking changes; a date further off is a slip of the finger.
FURTHEST_OPENING = timedelta(days=366)

OPENING_HOUR = time(8, 0)
CLOSING_HOUR = time(23, 59)

#: Of sets of questions that fit on one page, which has no room to ask first who is who.
NO_BRANCHES = (
    "Only the quarterly and yearly sets have questions for learners and supervisors. Choose one of "
    "these sets, or another answer here"
)

#: No vowels and no look-alikes: what is made of them spells nothing and can be read aloud.
PLAIN_LETTERS = "23456789bcdfghjkmnpqrstvwxz"
REFERENCE_LENGTH = 7


#: Most people that a wave may ask while the database is SQLite, which has one writer: the count holds
#: it, and whoever answers another wave meanwhile waits. `python -m benchmarks sqlite` measures how long.
SQLITE_CEILING = 5_000


class PlanError(ValueError):
    """A plan that cannot be accepted. `field` names the form field it belongs to."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Plan:
    """What L&D decides about a wave before it is launched."""

    title: str
    template_id: str
    choice_key: str
    audience_unit_ids: tuple[int, ...]
    opens_on: date
    closes_on: date
    minimum_group: int = MINIMUM_GROUP_DEFAULT
    channel: Channel = Channel.PERSONAL
    breakdown: Breakdown = Breakdown.NONE
    groups_small_units: bool = True
    review_all: bool = False
    #: Whether to ask, last, if anyone noticed what was done since the pulse before.
    asks_follow_up: bool = False
    #: How many reminders go out; without a number as many as usual.
    reminders: int | None = None

    @property
    def reminders_wanted(self) -> int:
        """An open link has none, because nobody is invited."""
        if self.channel is Channel.OPEN_LINK:
            return 0
        usual = mail_times.usual_reminders(self.opens_on, self.closes_on)
        return usual if self.reminders is None else self.reminders


def check_plan(plan: Plan, *, today: date) -> None:
    """Raises PlanError for the first thing that is wrong, saying what to do."""
    if not plan.title.strip():
        raise PlanError("title", "Enter a name for this pulse")
    if not plan.audience_unit_ids:
        raise PlanError("audience", "Select at least one unit to invite")
    check_minimum_group(plan.minimum_group, plan.channel)
    if plan.channel is Channel.OPEN_LINK and plan.breakdown is not Breakdown.NONE:
        raise PlanError(
            "breakdown",
            "Results of an open link are shown for the whole organisation only. Choose no split",
        )
    if plan.opens_on < today:
        raise PlanError("opens_on", "Opening date must be today or in the future")
    if plan.opens_on - today > FURTHEST_OPENING:
        raise PlanError("opens_on", "Opening date must be no more than a year from now")
    length = plan.closes_on - plan.opens_on
    if length < SHORTEST_WAVE:
        raise PlanError(
            "closes_on",
            f"Closing date must be at least {SHORTEST_WAVE.days} days after the opening date, "
            "so that people on leave or nights can take part",
        )
    if length > LONGEST_WAVE:
        raise PlanError(
            "closes_on",
            f"Closing date must be no more than {LONGEST_WAVE.days} days after the opening date",
        )
    check_reminders(plan)


def check_reminders(plan: Plan) -> None:
    """Raises PlanError when they do not fit between the opening and the close."""
    if plan.reminders_wanted not in range(mail_times.MOST_REMINDERS + 1):
        raise PlanError("reminders", "Select how many reminders to send")
    fitting = mail_times.reminder_moments(
        datetime.combine(plan.opens_on, OPENING_HOUR, LOCAL_ZONE),
        closing_moment(plan.closes_on),
        plan.reminders_wanted,
    )
    if len(fitting) < plan.reminders_wanted:
        raise PlanError(
            "reminders", "Select two reminders, or a later closing date: the third comes too soon"
        )


def check_minimum_group(k: int, channel: str = Channel.PERSONAL) -> None:
    """Raises PlanError when k is outside what rules A1 and A23 allow."""
    if channel == Channel.OPEN_LINK and k < OPEN_LINK_MINIMUM_GROUP:
        raise PlanError(
            "minimum_group",
            f"Smallest group must be {OPEN_LINK_MINIMUM_GROUP} for an open link, because one "
            "person can send more than one form",
        )
    if k not in MINIMUM_GROUP_RANGE:
        raise PlanError(
            "minimum_group",
            f"Smallest group must be a number from {MINIMUM_GROUP_RANGE.start} "
            f"to {MINIMUM_GROUP_RANGE.stop - 1}",
        )


def opening_moment(day: date, *, now: datetime) -> datetime:
    """The opening hour of that day; on the day itself at once, whatever the hour."""
    moment = datetime.combine(day, OPENING_HOUR, LOCAL_ZONE)
    return min(moment, now) if day == now.astimezone(LOCAL_ZONE).date() else moment


def closing_moment(day: date) -> datetime:
    return datetime.combine(day, CLOSING_HOUR, LOCAL_ZONE)


def new_reference() -> str:
    """Letters and digits: the public part of a wave's links."""
    return "".join(secrets.choice(PLAIN_LETTERS) for _ in range(REFERENCE_LENGTH))
