"""What the leaders of a simulated year read first: the overview of every shown unit in every pulse.

Answers are tallied and frozen, and reports made of the snapshots, the way real ones are. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from surveyapp.ballots.tally import item_tallies
from surveyapp.demonstration.year import MINIMUM_GROUP, Organisation, Pulse, Year
from surveyapp.disclosure.snapshot import Snapshot, freeze
from surveyapp.instruments import services as instruments
from surveyapp.reports import contents
from surveyapp.reports.changes import LastQuarter, with_changes
from surveyapp.reports.history import Moment
from surveyapp.reports.view_models import Overview, QuarterRow

#: A sentence about a change, as overviews put it.
_CHANGE = re.compile(
    r"(?P<factor>.+) \((?:question \d+|this quarter)\): clear (?P<word>rise|fall)"
    r" since (?:the quarter that ended in )?(?P<month>\w+ \d{4}),"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of an overview. It names a change between two pulses, `since` the earlier one.

    Of a sentence about anything else `factor` is empty.
    """

    words: str
    factor: str = ""
    is_rise: bool = False
    since: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What its leader reads of a unit after a pulse. `comparisons` is how many were made."""

    unit_id: int
    pulse: int
    said: tuple[Said, ...]
    comparisons: int


@dataclass(frozen=True, slots=True)
class History:
    """The shown results of every unit that was shown at least once, pulse by pulse."""

    moments: Mapping[int, Sequence[Moment]]

    @classmethod
    def of(cls, year: Year) -> History:
        snapshots = [_snapshot(year.organisation, pulse) for pulse in year.pulses]
        shown = {unit for snapshot in snapshots for unit in snapshot.units}
        return cls(
            {
                unit: [
                    Moment(pulse.wave, snapshot.units.get(unit))
                    for pulse, snapshot in zip(year.pulses, snapshots, strict=True)
                ]
                for unit in year.organisation.tree.top_down
                if unit in shown
            }
        )


def overviews(year: Year, history: History) -> Iterator[Seen]:
    months = {f"{pulse.wave.closes_at:%B %Y}": pulse.number for pulse in year.pulses}
    for unit, moments in history.moments.items():
        for pulse in year.pulses:
            overview = _overview(year.organisation, moments[: pulse.number])
            if overview is not None:
                said = tuple(_read(words, months) for words in overview.stands_out)
                yield Seen(unit, pulse.number, said, overview.comparisons)


def _snapshot(place: Organisation, pulse: Pulse) -> Snapshot:
    answered = [
        ballot for ballot in pulse.ballots if any(value for value in ballot.answers.values())
    ]
    return freeze(
        tree=place.tree,
        names=place.names,
        invited={(unit, ""): size for unit, size in place.staff.items()},
        respondents=Counter((ballot.unit_id, "") for ballot in answered),
        items=item_tallies(pulse.wave.items, answered),
        scales=(),
        k=MINIMUM_GROUP,
    )


def _overview(place: Organisation, moments: Sequence[Moment]) -> Overview | None:
    now = moments[-1]
    if now.result is None:
        return None
    report = contents.scores(now.wave, place.tree, now.result, ())
    quarter = _quarter(moments)
    last = _last_quarter(moments) if quarter else None
    return with_changes(replace(report, quarter=quarter), moments, last).overview


def _quarter(moments: Sequence[Moment]) -> tuple[QuarterRow, ...]:
    """The quarter that ends with the last of these pulses, which were one a month."""
    wave = moments[-1].wave
    choices = instruments.load_library(wave.library_version).templates[wave.template_id].choices
    keys = next(choice.quarter for choice in choices if choice.key == wave.choice_key)
    if not keys:
        return ()
    parts = moments[-len(keys) :]
    return contents.quarter([part.wave for part in parts], [part.result for part in parts])


def _last_quarter(moments: Sequence[Moment]) -> LastQuarter | None:
    """The newest quarter before that asked the same questions."""
    for place in range(len(moments) - 2, -1, -1):
        earlier = moments[place]
        if earlier.wave.choice_key == moments[-1].wave.choice_key and earlier.result is not None:
            return LastQuarter(earlier.wave.closes_at, _quarter(moments[: place + 1]))
    return None


def _read(words: str, months: Mapping[str, int]) -> Said:
    found = _CHANGE.match(words)
    if found is None:
        return Said(words)
    return Said(
        words,
        factor=_codes()[found["factor"]],
        is_rise=found["word"] == "rise",
        since=months[found["month"]],
    )


@cache
def _codes() -> Mapping[str, str]:
    return {frame.name: code for code, frame in instruments.load_library().factors.items()}
