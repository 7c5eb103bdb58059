"""What pages get to see of actions. Frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from surveyapp.actions.models import Status
from surveyapp.languages import message

#: A status in words, and the colour of its tag.
STATUS_LABELS: dict[Status, tuple[str, str]] = {
    Status.PLANNED: (message("Planned"), "yellow"),
    Status.UNDER_WAY: (message("Under way"), "blue"),
    Status.DONE: (message("Done"), "green"),
    Status.NOT_DOING: (message("Not doing"), "grey"),
}

#: What stands above the words on what is done.
_ANSWERS: dict[Status, str] = {
    Status.PLANNED: message("We plan this"),
    Status.UNDER_WAY: message("We are doing this"),
    Status.DONE: message("We did this"),
    Status.NOT_DOING: message("We are not doing this"),
}

OPEN = (Status.PLANNED, Status.UNDER_WAY)


@dataclass(frozen=True, slots=True)
class ActionView:
    """An action. `is_late` where it should have been done by now."""

    action_id: int
    unit_id: int | None
    unit_name: str
    topic: str
    topic_label: str
    heard: str
    doing: str
    reason: str
    owner: str
    due_on: date | None
    is_late: bool
    status: Status
    wave_title: str
    changed_on: date
    published_on: date | None

    @property
    def is_published(self) -> bool:
        return self.published_on is not None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def status_label(self) -> str:
        return STATUS_LABELS[self.status][0]

    @property
    def status_colour(self) -> str:
        return STATUS_LABELS[self.status][1]

    @property
    def answer_label(self) -> str:
        return _ANSWERS[self.status]


@dataclass(frozen=True, slots=True)
class StatusGroup:
    """The actions of one status."""

    label: str
    actions: tuple[ActionView, ...]


def by_status(actions: Iterable[ActionView], order: Iterable[Status]) -> tuple[StatusGroup, ...]:
    """The actions in groups of that order, each in the order given. A group without any is left out."""
    kept = tuple(actions)
    groups = (
        StatusGroup(STATUS_LABELS[status][0], tuple(one for one in kept if one.status is status))
        for status in order
    )
    return tuple(group for group in groups if group.actions)
