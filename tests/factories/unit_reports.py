"""Reports as pages and exports get them: one of a pulse, one of a yearly survey, one with nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from surveyapp.disclosure.figures import Figure, item_figure, scale_figure
from surveyapp.disclosure.periods import PeriodScore
from surveyapp.reports.view_models import (
    AnswerShare,
    Change,
    GoesWith,
    GroupReport,
    HangsTogether,
    Overview,
    QuarterRow,
    QuestionResult,
    ScaleResult,
    ThemeRow,
    Trend,
    TrendPoint,
    TrendView,
    UnitReport,
    WaveRow,
)

WAVE = WaveRow(wave_id=3, title="Spring pulse", closed_on=date(2026, 3, 1), is_import=False)

#: Standing in for what a worker draws.
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="60" viewBox="0 0 320 60">'
    '<rect x="0" y="20" width="200" height="14" fill="#005eb8"/></svg>'
)

_FIGURE = item_figure([2, 3, 5, 20, 10], k=10)
_SPLIT = (AnswerShare("Strongly agree", 25), AnswerShare("Agree", 50), AnswerShare("Other", 25))

QUESTIONS = (
    QuestionResult(1, "I can ask for help.", "Feedback", _FIGURE, _SPLIT, "FBK1",
                   Change("rise", "Clear rise since June 2025, from 55 to 70.")),
    QuestionResult(2, "I get time to learn.", "Leadership", None, ()),
    QuestionResult(3, "We learn from <mistakes> & more.", "Mentorship",
                   item_figure([0, 0, 0, 0, 40], k=10), ()),
    QuestionResult(4, "My work is seen.", "Recognition", item_figure([9, 8, 4, 2, 1], k=10), (), "REC1",
                   Change("", "Nothing to compare with yet.")),
)  # fmt: skip

THEMES = (
    ThemeRow("communication", "Communication and collaboration", 4, 5, 6),
    ThemeRow("feedback", "Feedback", 1, 0, 0),
    ThemeRow("other", "No theme found", 7, 8, 9),
)

#: Of a pulse: few questions, comments, the end of a quarter.
PULSE = UnitReport(
    wave=WAVE,
    unit_id=17,
    is_shown=True,
    unit_name="Ward 4",
    k=10,
    respondents=40,
    response_rate=45,
    cautions=("Fewer than half of the people asked have answered.",),
    overview=Overview(
        ("Feedback (question 1): clear rise since June 2025, from 55 to 70.",),
        comparisons=3,
        answered_less=("Night staff (about 20%)",),
    ),
    questions=QUESTIONS,
    quarter=(
        QuarterRow("Feedback", PeriodScore(61, 8, "Could easily be 8 points higher or lower.")),
        QuarterRow("Leadership", None),
    ),
    asks_for_comments=True,
    themes=THEMES,
    is_drawn=True,
    is_complete=True,
    score_chart=DRAWING,
    theme_chart=DRAWING.replace("#005eb8", "#007f3b"),
)

SCALES = (
    ScaleResult("LDR", "Leadership", scale_figure(40, 2400.0, 160_000.0, k=10)),
    ScaleResult("FBK", "Feedback", scale_figure(120, 9000.0, 700_000.0, k=10)),
    ScaleResult("MEN", "Mentorship", None),
)

#: Of the whole organisation in a yearly survey: areas, many questions, staff groups.
SURVEY = replace(
    PULSE,
    unit_name="Trust",
    unit_id=1,
    questions=tuple(
        replace(QUESTIONS[number % 4], number=number + 1, text=f"Question {number + 1}")
        for number in range(20)
    ),
    scales=SCALES,
    quarter=(),
    is_broken_down=True,
    groups=(
        GroupReport("Nurses", 25, 60, QUESTIONS, SCALES[:2]),
        GroupReport("Others", 15, None, QUESTIONS[:2], ()),
    ),
)

def _point(month: int, figure: Figure | None, *, is_reworded: bool = False) -> TrendPoint:
    return TrendPoint(f"Pulse {month}", date(2026, month, 1), figure, is_reworded)


_LATER = item_figure([0, 10, 10, 10, 10], k=10)
_FEW = item_figure([1, 2, 3, 4, 2], k=10)

#: With a gap and new words, with neither, and asked once.
TRENDS = (
    Trend("FBK1", "I can ask for help.", "Feedback", (
        _point(1, _FEW), _point(2, None), _point(3, _LATER, is_reworded=True), _point(4, _FIGURE),
    )),
    Trend("LDR1", "We learn from <mistakes> & more.", "Leadership", (
        _point(1, item_figure([0, 0, 0, 0, 40], k=10)), _point(2, _FIGURE),
    )),
    Trend("REC1", "My work is seen.", "Recognition", (_point(2, _LATER),)),
)  # fmt: skip

#: The yearly survey with what stands beside it: other pulses, and what goes with what.
FOLLOWED = replace(
    SURVEY,
    questions=QUESTIONS,
    over_time=TrendView(
        WAVE, 1, "Trust", is_shown=True, k=10, trends=TRENDS,
        charts={"FBK1": DRAWING.replace("#005eb8", "#212b32")},
    ),
    goes_with=(
        GoesWith("Leadership", "Goes with it strongly", "0.6", "Likely between 0.5 and 0.7."),
        GoesWith("Feedback", "Hardly goes with it", "0.0", "Likely between -0.2 and 0.2."),
        GoesWith("Mentorship", "Goes against it", "-0.3", "Likely between -0.5 and -0.1."),
    ),
    hangs_together=(
        HangsTogether("Leadership", "These questions hang together.", "0.8", "0.7"),
        HangsTogether("Feedback", "Look at each question.", "Under 0.6", "–"),
    ),
)  # fmt: skip

NOTHING = UnitReport(wave=WAVE, unit_id=18, is_shown=False, k=10)
