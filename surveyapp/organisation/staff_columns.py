"""Which column of a staff file is which, and what its words for a status mean. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surveyapp.organisation.checks import PATH_SEPARATOR
from surveyapp.organisation.models import WorkingStatus
from surveyapp.organisation.staff_table import DateCell, StaffFileError

#: What a person on the staff list has, as a file of ours names it.
FIELDS = ("email", "unit", "staff_group", "status", "mobile")

#: Those that a file may do without.
OPTIONAL = ("status", "mobile")

FIELD_WORDS = {
    "email": "e-mail address",
    "unit": "unit",
    "staff_group": "staff group",
    "status": "status",
    "mobile": "mobile number",
}

#: Columns that the path of a unit may be built from.
MOST_LEVELS = 4

_LONGEST_HEADING = 80

#: Common headings, best first, as `plain_heading` spells them.
_EMAILS = (
    *("email", "e mail", "work email", "email address", "e mail address", "work email address"),
    *("work e mail address", "work e mail", "nhs email", "nhs mail", "business email", "mail"),
    *("employee email", "employee email address", "office email", "primary email", "user principal name"),
)
_UNITS = (
    *("unit", "ward", "ward dept", "ward department", "ward team", "team", "department", "dept"),
    *("service", "organisation"),
    *("organization", "cost centre name", "cost centre description", "cost centre"),
)
_DIVISIONS = ("division", "directorate", "care group", "clinical division", "business unit")
_GROUPS = ("staff group", "staffgroup", "staff category", "occupational group", "job family", "profession")
_MOBILES = ("mobile", "mobile number", "mobile phone", "work mobile", "work mobile number", "cell phone")
_STATUSES = ("status", "assignment status", "employment status", "working status", "absence status")

#: 'Organisation L4', 'Org L4': the levels of ESR's tree, the trust itself at the top.
_LEVEL = re.compile(r"org(?:anisation)? l(?:evel )?(\d)\Z")

#: What ESR and payrolls call people who work, and people who are away.
_WORKING = (
    *("working", "active", "active assignment", "acting up", "internal secondment", "employed"),
    *("assigned", "secondment in"),
)
_AWAY = (
    *("away", "maternity adoption", "maternity and adoption", "maternity", "maternity leave"),
    *("career break", "inactive not worked", "suspend with pay", "suspend no pay", "suspended"),
    *("out on external secondment paid", "out on external secondment unpaid", "long term sick"),
    *("long term leave", "on leave", "inactive"),
)
STATUS_WORDS: dict[str, WorkingStatus] = {
    **dict.fromkeys(_WORKING, WorkingStatus.WORKING),
    **dict.fromkeys(_AWAY, WorkingStatus.AWAY),
}


class ColumnsError(StaffFileError):
    """Columns that cannot be meant. `field` is what they were named for."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class StaffColumns:
    """Headings, as `named` gives them, by what they hold. An empty `status` or `mobile`: the file has none.

    A unit of several columns is a path, its highest level first.
    """

    email: str
    unit: tuple[str, ...]
    staff_group: str
    status: str = ""
    mobile: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "email": self.email,
            "unit": list(self.unit),
            "staff_group": self.staff_group,
            "status": self.status,
            "mobile": self.mobile,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> StaffColumns:
        return cls(
            stored["email"],
            tuple(stored["unit"]),
            stored["staff_group"],
            stored["status"],
            stored["mobile"],
        )

    def spelt_as_in(self, headings: Sequence[str]) -> StaffColumns:
        """The same columns as another file with this fingerprint spells them."""
        known = {plain_heading(name): name for name in headings} | {"": ""}
        return StaffColumns(
            known[plain_heading(self.email)],
            tuple(known[plain_heading(level)] for level in self.unit),
            known[plain_heading(self.staff_group)],
            known[plain_heading(self.status)],
            known[plain_heading(self.mobile)],
        )


def plain_heading(name: str) -> str:
    """For comparing headings and statuses: no difference of case, spaces, hyphens and the like."""
    return " ".join(re.sub(r"[\W_]+", " ", name).split()).casefold()


def named(headings: Sequence[str]) -> tuple[str, ...]:
    """The headings, each with a name of its own. Raises StaffFileError if they are a row of data."""
    if any("@" in name for name in headings):
        raise StaffFileError(
            "The first line holds an e-mail address. Put a line above it that names the columns, such as "
            "email, unit, staff group."
        )
    taken: set[str] = set()
    found = []
    for place, heading in enumerate(headings, start=1):
        first = name = " ".join(heading.split())[:_LONGEST_HEADING] or f"Column {place}"
        number = 1
        while plain_heading(name) in taken:
            number += 1
            name = f"{first} ({number})"
        taken.add(plain_heading(name))
        found.append(name)
    return tuple(found)


def fingerprint(headings: Sequence[str]) -> str:
    """The same for all files with these columns, in whatever order."""
    known = "\n".join(sorted(plain_heading(name) for name in headings))
    return hashlib.sha256(known.encode()).hexdigest()


def exact(headings: Sequence[str]) -> StaffColumns | None:
    """The columns of a file that names them as ours do; None when one is missing or stands twice."""
    plain = [plain_heading(name).replace("e mail", "email") for name in headings]
    found = {}
    for field in FIELDS:
        places = [place for place, name in enumerate(plain) if name == field.replace("_", " ")]
        twice = any(name == f"{field.replace('_', ' ')} 2" for name in plain)
        if twice or (not places and field not in OPTIONAL):
            return None
        found[field] = headings[places[0]] if places else ""
    return StaffColumns(
        found["email"], (found["unit"],), found["staff_group"], found["status"], found["mobile"]
    )


def guess(headings: Sequence[str]) -> StaffColumns:
    """What the columns most likely are. What cannot be guessed is empty."""
    by_name: dict[str, str] = {}
    for heading in headings:
        by_name.setdefault(plain_heading(heading), heading)

    def first(names: Sequence[str]) -> str:
        return next((by_name[name] for name in names if name in by_name), "")

    unit = tuple(filter(None, (first(_DIVISIONS), first(_UNITS))))
    if not unit:
        levels = sorted(
            (int(found[1]), heading)
            for name, heading in by_name.items()
            if (found := _LEVEL.match(name)) and int(found[1]) > 1
        )
        unit = tuple(heading for _, heading in levels)[-MOST_LEVELS:]
    return StaffColumns(
        first(_EMAILS), unit, first(_GROUPS), first(_STATUSES), first(_MOBILES)
    )


def chosen(headings: Sequence[str], choices: Mapping[str, Sequence[str]]) -> StaffColumns:
    """The columns that a person names by field, in any case. Raises ColumnsError."""
    known = {plain_heading(name): name for name in headings}
    picked: dict[str, list[str]] = {}
    for field in FIELDS:
        words = FIELD_WORDS[field]
        picked[field] = []
        for name in choices.get(field, ()):
            found = known.get(plain_heading(name))
            if found is None:
                raise ColumnsError(
                    field,
                    f"The file has no column '{name}' for the {words}. It has: {', '.join(headings)}.",
                )
            if found in [used for names in picked.values() for used in names]:
                raise ColumnsError(
                    field, f"Choose another column for the {words}: '{found}' is used already."
                )
            picked[field].append(found)
        if not picked[field] and field not in OPTIONAL:
            raise ColumnsError(field, f"Say which column holds the {words}.")
        most = MOST_LEVELS if field == "unit" else 1
        if len(picked[field]) > most:
            raise ColumnsError(
                field, f"Name {most} column{'s' if most > 1 else ''} or fewer for the {words}."
            )
    email, unit, group, status, mobile = (picked[field] for field in FIELDS)
    return StaffColumns(email[0], tuple(unit), group[0], "".join(status), "".join(mobile))


#: The values of a row by field.
Picker = Callable[[Sequence[str]], dict[str, str]]


def picker(headings: Sequence[str], columns: StaffColumns) -> Picker:
    """A function that takes a row's values and returns those of the fields."""
    place = {name: number for number, name in enumerate(headings)}
    email, group = place[columns.email], place[columns.staff_group]
    levels = [place[name] for name in columns.unit]
    optional = {
        field: place[name]
        for field, name in (("status", columns.status), ("mobile", columns.mobile))
        if name
    }

    def pick(values: Sequence[str]) -> dict[str, str]:
        return {
            "email": values[email],
            "unit": values[levels[0]] if len(levels) == 1 else _path([values[at] for at in levels]),
            "staff_group": values[group],
            **{field: values[at] for field, at in optional.items()},
        }

    return pick


def _path(names: Sequence[str]) -> str:
    """Levels as a path. One that is empty, or only repeats the level above it, is left out."""
    kept: list[str] = []
    for name in names:
        if isinstance(name, DateCell):
            return name  # to be refused
        if name.strip() and (not kept or plain_heading(name) != plain_heading(kept[-1])):
            kept.append(name.strip())
    return f" {PATH_SEPARATOR} ".join(kept)
