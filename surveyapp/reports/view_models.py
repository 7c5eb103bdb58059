"""What pages, charts and exports get to see of a wave: frozen, and already through the gate.

Only `reports.services` makes these, from a snapshot and from released comments. Nothing that
leaves this package is built from anything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from surveyapp.disclosure.figures import Figure


@dataclass(frozen=True, slots=True)
class WaveRow:
    """A wave in the list of reports."""

    wave_id: int
    title: str
    closed_on: date
    is_import: bool


@dataclass(frozen=True, slots=True)
class UnitLink:
    """A unit whose page the reader may open. `depth` is 0 at the top of what the reader sees."""

    unit_id: int
    name: str
    depth: int


@dataclass(frozen=True, slots=True)
class WaveView:
    """The units of one wave that the reader may open."""

    wave: WaveRow
    units: tuple[UnitLink, ...]


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """One question. `figure` is None where it may not be shown."""

    item_id: str
    text: str
    factor: str
    figure: Figure | None


@dataclass(frozen=True, slots=True)
class ScaleResult:
    """One scale of several questions, such as a factor in the yearly survey."""

    code: str
    name: str
    figure: Figure | None


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """How many released comments speak of a factor, by what they say of it."""

    factor: str
    label: str
    positive: int
    negative: int
    mixed: int

    @property
    def total(self) -> int:
        return self.positive + self.negative + self.mixed


@dataclass(frozen=True, slots=True)
class UnitReport:
    """The report of one unit. `is_shown` False is the one answer for all that is not shown (A3)."""

    wave: WaveRow
    unit_id: int
    is_shown: bool
    unit_name: str = ""
    k: int = 0
    respondents: int | None = None
    response_rate: int | None = None
    caution: str = ""
    questions: tuple[QuestionResult, ...] = ()
    scales: tuple[ScaleResult, ...] = ()
    themes: tuple[ThemeRow, ...] = ()
    comments: int = 0
    set_aside: int = 0
    score_chart: str | None = None
    theme_chart: str | None = None


@dataclass(frozen=True, slots=True)
class CommentView:
    """A released comment, cut at the sentence that carries the theme."""

    before: str
    quote: str
    after: str
    stance: str
    needs_person: bool


@dataclass(frozen=True, slots=True)
class ThemeView:
    """The comments behind one theme of one unit."""

    wave: WaveRow
    unit_id: int
    unit_name: str
    factor: str
    label: str
    stance: str | None
    is_shown: bool
    comments: tuple[CommentView, ...] = ()
