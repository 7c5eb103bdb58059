"""What is said before any number of a report, in the words of its page. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from surveyapp.reports.exporting.cell_words import day
from surveyapp.reports.view_models import UnitReport


@dataclass(frozen=True, slots=True)
class Opening:
    """Title and first words of a document. Names no unit where nothing is shown (A3)."""

    title: str
    unit: str
    pulse: str
    words: tuple[str, ...]
    cautions: tuple[str, ...]
    #: What the scores mean; empty where there are none.
    how: tuple[str, ...]


def opening(report: UnitReport) -> Opening:
    """How the report begins."""
    wave = report.wave
    has_scores = report.is_shown and not wave.is_import
    return Opening(
        title=f"{report.unit_name}, {wave.title}" if report.is_shown else wave.title,
        unit=report.unit_name,
        pulse=wave.title,
        words=tuple(_words(report)),
        cautions=report.cautions,
        how=_how_scores_work(report.k) if has_scores else (),
    )


def _words(report: UnitReport) -> Iterator[str]:
    wave = report.wave
    what = "These comments were brought in" if wave.is_import else "This pulse closed"
    yield f"{what} on {day(wave.closed_on)}."
    if not report.is_shown:
        return
    if report.is_reporting_group:
        yield "These teams are shown together because at least one of them is often too small."
    if not wave.is_import:
        yield from _who_answered(report)
    if not report.is_drawn:
        yield "This report is not finished yet: its charts and its themes are missing."
    elif report.asks_for_comments and not report.is_complete:
        yield "A computer is still reading the comments, so some themes are missing."
    if wave.erased_on:
        deleted = day(wave.erased_on)
        yield f"The comments of this pulse were deleted on {deleted}. The numbers stay."


def _who_answered(report: UnitReport) -> Iterator[str]:
    came = "answers came in" if report.wave.is_open_link else "people answered"
    words = f"About {report.respondents} {came}."
    if report.response_rate is not None:
        words += f" That is about {report.response_rate}% of those who were invited."
    yield words
    if report.wave.is_open_link:
        yield (
            "This pulse was an open link: anyone who had the address could answer, some perhaps "
            "more than once. Nobody knows how many could have answered, so read these results as a "
            "first impression."
        )
        yield (
            "Each score was moved a little at random, so that someone who sends many forms cannot "
            "work out what one other person said. With 20 answers this can change a score by 10 "
            "points, with 100 answers by 2."
        )
    if report.set_aside:
        ballots, are = ("ballot", "is") if report.set_aside == 1 else ("ballots", "are")
        yield (
            f"{report.set_aside} {ballots} could not be opened, or came from no link, and {are} "
            "not counted."
        )


def _how_scores_work(k: int) -> tuple[str, ...]:
    points = (
        "Each question has five answers, from worst to best. They count as 0, 25, 50, 75 and 100."
    )
    rounded = "All figures are rounded, so that nobody can be picked out."
    chance = (
        "Every score could be a little different by chance. The range beside it says by how much."
    )
    return (
        f"{points} A score is the average, so higher is better.",
        "‘Favourable’ is the share of people who chose one of the two best answers.",
        "‘Not sure’ and blank answers are left out.",
        f"{rounded} We only show results where at least {k} people answered.",
        f"{chance} A small gap between two scores often means nothing.",
    )
