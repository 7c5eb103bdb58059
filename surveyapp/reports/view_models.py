"""What pages, charts and exports get to see of a wave: frozen, and already through the gate.

Only `reports.services` and `reports.explorer` make these, from a snapshot and from released comments.
Nothing that leaves this package is built from anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from surveyapp.disclosure.figures import Figure
from surveyapp.disclosure.periods import PeriodScore


@dataclass(frozen=True, slots=True)
class WaveRow:
    """A wave in the list of reports."""

    wave_id: int
    title: str
    closed_on: date
    is_import: bool
    #: Anyone who had the address could answer, so nobody knows how many could have (A23).
    is_open_link: bool = False
    #: Public part of the wave's links, for the page that says what is stored of it.
    reference: str = ""
    #: When its answers and comments were deleted (A19); the figures stay.
    erased_on: date | None = None


@dataclass(frozen=True, slots=True)
class UnitLink:
    """A unit whose page the reader may open. `depth` is 0 at the top of what the reader sees.

    `above` names the units between that top and this one, for a list too deep to be indented.
    """

    unit_id: int
    name: str
    depth: int
    above: tuple[str, ...]
    is_shown: bool


@dataclass(frozen=True, slots=True)
class WaveView:
    """The units of one wave that the reader may open."""

    wave: WaveRow
    units: tuple[UnitLink, ...]


@dataclass(frozen=True, slots=True)
class AnswerShare:
    """How many in a hundred chose an answer, or one of several neighbouring ones."""

    label: str
    percent: int


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a figure since an earlier pulse, in words (E4). `verdict` is empty where
    there is nothing to compare with.
    """

    verdict: str
    words: str


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A question in one pulse. `figure` is None where it may not be shown.

    `is_reworded` marks the first pulse that asked it in these words, after others (B5).
    """

    title: str
    closed_on: date
    figure: Figure | None
    is_reworded: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """A question over the pulses that asked it, oldest first."""

    code: str
    text: str
    factor: str
    points: tuple[TrendPoint, ...]

    @property
    def is_followed(self) -> bool:
        """Whether there is more than one pulse to lay side by side."""
        return len(self.points) > 1


@dataclass(frozen=True, slots=True)
class TrendView:
    """How one unit has come along, up to one wave."""

    wave: WaveRow
    unit_id: int
    unit_name: str
    is_shown: bool
    k: int = 0
    trends: tuple[Trend, ...] = ()
    #: Charts by the code of their question, once a worker has drawn them.
    charts: Mapping[str, str] = field(default_factory=dict)
    highest_readable: UnitLink | None = None

    @property
    def followed(self) -> tuple[Trend, ...]:
        """The questions that were asked more than once."""
        return tuple(trend for trend in self.trends if trend.is_followed)

    @property
    def has_hidden(self) -> bool:
        """Whether a pulse of these may not be shown."""
        return any(point.figure is None for trend in self.followed for point in trend.points)


@dataclass(frozen=True, slots=True)
class Overview:
    """What a leader with ten minutes reads first.

    `stands_out` are sentences, at most three, of what chance alone does not explain (E4, E5);
    `comparisons` is how many were made. `answered_less` names those who are under-represented (F2).
    """

    stands_out: tuple[str, ...]
    comparisons: int
    answered_less: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """One question, numbered as it was asked. `figure` is None where it may not be shown.

    `split` is empty where the answers may not be told apart.
    """

    number: int
    text: str
    factor: str
    figure: Figure | None
    split: tuple[AnswerShare, ...]
    #: Its id in the library.
    code: str = ""
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class ScaleResult:
    """One scale of several questions, such as a factor in the yearly survey."""

    code: str
    name: str
    figure: Figure | None
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class QuarterRow:
    """A factor over the waves of a quarter. `score` is None where it may not be shown."""

    factor: str
    score: PeriodScore | None
    code: str = ""
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """How many released comments speak of a theme, by what they say of it."""

    factor: str
    label: str
    positive: int
    mixed: int
    negative: int

    @property
    def total(self) -> int:
        return self.positive + self.mixed + self.negative


@dataclass(frozen=True, slots=True)
class GroupReport:
    """A group of the one breakdown of a wave, over the whole organisation."""

    name: str
    respondents: int
    response_rate: int | None
    questions: tuple[QuestionResult, ...]
    scales: tuple[ScaleResult, ...]


@dataclass(frozen=True, slots=True)
class GoesWith:
    """How far a factor goes with the wish to recommend, in words and from −1 to 1."""

    factor: str
    words: str
    strength: str
    between: str


@dataclass(frozen=True, slots=True)
class HangsTogether:
    """Whether the questions of a factor make one score, in words and by alpha and omega."""

    factor: str
    words: str
    alpha: str
    omega: str


@dataclass(frozen=True, slots=True)
class UnitReport:
    """The report of one unit. `is_shown` False is the one answer for all that is not shown (A3)."""

    wave: WaveRow
    unit_id: int
    is_shown: bool
    unit_name: str = ""
    is_reporting_group: bool = False
    k: int = 0
    respondents: int | None = None
    response_rate: int | None = None
    cautions: tuple[str, ...] = ()
    overview: Overview | None = None
    questions: tuple[QuestionResult, ...] = ()
    scales: tuple[ScaleResult, ...] = ()
    #: Every factor, where this wave is the last of a quarter.
    quarter: tuple[QuarterRow, ...] = ()
    asks_for_comments: bool = False
    themes: tuple[ThemeRow, ...] = ()
    set_aside: int = 0
    #: Whether a worker has drawn the charts and counted the themes.
    is_drawn: bool = False
    #: Whether the computer had read every comment of the wave by then.
    is_complete: bool = False
    score_chart: str | None = None
    theme_chart: str | None = None
    #: Whether the wave has a breakdown and this is the whole organisation; `groups` are the shown ones.
    is_broken_down: bool = False
    groups: tuple[GroupReport, ...] = ()
    #: In the organisation's own report of a survey that asks about all factors.
    goes_with: tuple[GoesWith, ...] = ()
    #: In the organisation's own report of a survey that asks about a factor in full (D1 to D4).
    hangs_together: tuple[HangsTogether, ...] = ()
    #: Where nothing is shown: the highest unit that is and that the reader may open.
    highest_readable: UnitLink | None = None
    #: In files, which have no page beside them: what that on time shows.
    over_time: TrendView | None = None


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A score in words. `shade` is from 0, the lowest scores, to 4; None where nothing is shown."""

    words: str
    shade: int | None


@dataclass(frozen=True, slots=True)
class HeatRow:
    unit: UnitLink
    cells: tuple[HeatCell, ...]


@dataclass(frozen=True, slots=True)
class HeatColumn:
    """`number` names it where a chart or a phone has no room for its `label`."""

    code: str
    number: str
    label: str


@dataclass(frozen=True, slots=True)
class HeatMapView:
    """Units and what they scored. `sorted_by` is a column's code, or empty in the units' own order.

    `why_not` says why an order that was asked for is not given (E8, E9), `no_sign` that no column
    in question shows more between teams than chance (D5).
    """

    wave: WaveRow
    family: str
    families: tuple[tuple[str, str], ...]
    columns: tuple[HeatColumn, ...]
    rows: tuple[HeatRow, ...]
    sorted_by: str = ""
    why_not: str = ""
    no_sign: bool = False


@dataclass(frozen=True, slots=True)
class QuestionShare:
    """How many of the whole organisation answered one question favourably, in one pulse."""

    title: str
    closed_on: date
    favourable: str
    precision: str
    respondents: int


@dataclass(frozen=True, slots=True)
class CommentView:
    """A released comment, cut at the sentence that carries the theme.

    `quote` is empty where no sentence does. `correct_id` leads to the page where its themes are
    corrected, and is empty for everyone who may not do that.
    """

    before: str
    quote: str
    after: str
    stance: str
    stance_label: str
    needs_person: bool
    is_checked: bool
    correct_id: str = ""


@dataclass(frozen=True, slots=True)
class StanceLink:
    """One choice of the filter. `stance` is None for all of them."""

    stance: str | None
    label: str
    comments: int


@dataclass(frozen=True, slots=True)
class SubthemeLink:
    """The same of the filter by sub-theme; 0 is for the comments in none."""

    number: int | None
    label: str
    comments: int


@dataclass(frozen=True, slots=True)
class TellingTheme:
    """A theme, and one comment that stands for it."""

    theme: ThemeRow
    comment: CommentView


@dataclass(frozen=True, slots=True)
class ThemeView:
    """The comments behind one theme of one unit, one page of them."""

    wave: WaveRow
    unit_id: int
    unit_name: str
    factor: str
    label: str
    stance: str | None
    is_shown: bool
    stances: tuple[StanceLink, ...] = ()
    subtheme: int | None = None
    subthemes: tuple[SubthemeLink, ...] = ()
    #: What was searched for; empty where nothing was.
    search: str = ""
    comments: tuple[CommentView, ...] = ()
    #: Whether this page begins with comments that stand for others.
    starts_with_typical: bool = False
    #: Comments on all pages.
    total: int = 0
    page: int = 1
    pages: int = 1
