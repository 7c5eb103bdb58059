"""How seldom reports call a change where there is none, and how often where there is one (E4 to E7).

Whole organisations are played: their answers pass the real gate, and the real overviews are read.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from surveyapp.ballots.paper import Ballot
from surveyapp.demonstration.year import APART, ROOT, Organisation, Pulse, Year, middle_of, wave_of
from surveyapp.demonstration.year_overviews import History, Seen, overviews
from surveyapp.demonstration.year_study import MOST_FALSE, power
from surveyapp.disclosure import change
from surveyapp.disclosure.figures import item_figure
from surveyapp.disclosure.hierarchy import Tree
from surveyapp.disclosure.runs import BASELINE, SHORTEST
from surveyapp.pulses.models import Wave
from surveyapp.reports.changes import runs_of
from tests.factories.steady import RHYTHMS, Steady, steady

#: Organisations of the short test, and of the long one.
FEW, MANY = 20, 2000

#: Organisations that ask the same every month, in which runs can be long.
FEW_WITH_RUNS = 6


@dataclass(frozen=True, slots=True)
class Report:
    """The overview of a unit after a pulse in which anything was compared.

    `is_newest` after the organisation's last pulse, so that its whole history was looked back on.
    `has_run` if a run was among what was tested, `says_run` if it stands out.
    """

    rhythm: str
    is_newest: bool
    says_anything: bool
    has_run: bool
    says_run: bool


def reports_of(played: Steady, history: History) -> Iterator[Report]:
    last = len(played.year.pulses)
    for seen in overviews(played.year, history):
        if seen.comparisons:
            yield Report(
                played.rhythm,
                is_newest=seen.pulse == last,
                says_anything=bool(seen.said),
                has_run=has_run(seen, history),
                says_run=any("usual level" in said.words for said in seen.said),
            )


def has_run(seen: Seen, history: History) -> bool:
    if seen.pulse < BASELINE + SHORTEST:
        return False
    return any(True for _ in runs_of(history.moments[seen.unit_id][: seen.pulse]))


def play(seed: object, organisations: int, rhythm: str = "") -> Iterator[tuple[Steady, History]]:
    for number in range(organisations):
        played = steady(f"{seed}, {number}", rhythm)
        yield played, History.of(played.year)


def all_reports(played: Iterable[tuple[Steady, History]]) -> list[Report]:
    return [report for one, history in played for report in reports_of(one, history)]


def false(reports: Sequence[Report]) -> float:
    """The share of reports that say anything. Nothing changed, so all of it is wrong."""
    return sum(report.says_anything for report in reports) / len(reports)


def newest(reports: Sequence[Report]) -> list[Report]:
    return [report for report in reports if report.is_newest]


def by_chance(share: float, organisations: int) -> float:
    """What a share may come out at by chance: two standard errors more.

    Of organisations, not of reports: the reports of one look back on the same pulses, so they are
    wrong together.
    """
    return share + 2 * math.sqrt(share * (1 - share) / organisations)


# ---------------------------------------------------------------- nothing changed


@pytest.fixture(scope="module")
def few() -> Sequence[tuple[Steady, History]]:
    """One of each rhythm at least."""
    each = [one for rhythm in RHYTHMS for one in play(1, 1, rhythm)]
    return [*each, *play(2, FEW - len(each))]


def test_organisations_in_which_nothing_changed_are_seldom_told_of_a_change(
    few: Sequence[tuple[Steady, History]],
) -> None:
    reports = all_reports(few)
    assert len(reports) > 10 * FEW
    assert false(reports) <= by_chance(MOST_FALSE, FEW)
    assert false(newest(reports)) <= by_chance(MOST_FALSE, FEW)


def test_they_differ_in_all_that_could_matter(few: Sequence[tuple[Steady, History]]) -> None:
    places = [played.year.organisation for played, _ in few]
    assert {played.rhythm for played, _ in few} == {*RHYTHMS}
    assert {len(place.tree.path_up(unit)) for place in places for unit in place.staff} >= {1, 2, 3}
    assert min(len(place.staff) for place in places) <= 4 <= 10 <= max(len(p.staff) for p in places)
    shown = [
        figure
        for _, history in few
        for moments in history.moments.values()
        for moment in moments
        if moment.result
        for figure in moment.result.items.values()
    ]
    assert min(figure.n for figure in shown) == 10 and max(figure.n for figure in shown) >= 200
    assert min(figure.score.value for figure in shown) <= 35
    assert max(figure.score.value for figure in shown) >= 85


def test_the_same_seed_is_the_same_organisation() -> None:
    one, again, other = steady("1, 1"), steady("1, 1"), steady("1, 2")
    assert [pulse.ballots for pulse in one.year.pulses] == [pulse.ballots for pulse in again.year.pulses]
    assert one.year.organisation != other.year.organisation


def test_reports_that_are_too_eager_would_be_noticed(
    few: Sequence[tuple[Steady, History]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the simulation could not fail: differences that one in four such pairs shows are called."""
    monkeypatch.setattr(change, "rejected", lambda p_values: [p <= 0.25 for p in p_values])
    assert false(all_reports(few)) > by_chance(MOST_FALSE, FEW)


def test_long_runs_get_their_chance_and_are_seldom_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    played = [*play("runs", FEW_WITH_RUNS, "the same every month")]
    reports = all_reports(played)
    assert any(report.has_run for report in reports)
    assert false(reports) <= by_chance(MOST_FALSE, FEW_WITH_RUNS)
    monkeypatch.setattr(change, "rejected", lambda p_values: [True for _ in p_values])
    assert any(report.says_run for report in all_reports(played))


@pytest.mark.soak
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_two_thousand_steady_organisations_are_told_of_a_change_in_at_most_one_report_of_twenty(
    seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = all_reports(play(seed, MANY))
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *lines_about(seed, reports), ""]))
    assert false(reports) <= MOST_FALSE and false(newest(reports)) <= MOST_FALSE
    # Runs count too: they were tested in hundreds of reports.
    assert sum(report.has_run for report in reports) >= MANY / 10
    for rhythm in RHYTHMS:
        assert false([report for report in reports if report.rhythm == rhythm]) <= MOST_FALSE, rhythm


def lines_about(seed: int, reports: Sequence[Report]) -> Iterator[str]:
    yield f"{MANY:,} organisations in which nothing changed, seed {seed}: reports that compared anything"
    for name, some in [
        ("all reports", reports),
        ("after the newest pulse", newest(reports)),
        *((rhythm, [r for r in reports if r.rhythm == rhythm]) for rhythm in RHYTHMS),
        ("with a run of 6 or more", [r for r in reports if r.has_run]),
    ]:
        wrong, runs = sum(r.says_anything for r in some), sum(r.says_run for r in some)
        yield (
            f"{name:24} {len(some):7,}, {sum(r.has_run for r in some):6,} with a run;"
            f" {wrong:5} wrong ({wrong / len(some):.2%}), {runs:4} by a run ({runs / len(some):.2%})"
        )


# ---------------------------------------------------------------- something changed


NUMBERS = (10, 15, 20, 30, 60, 100, 200, 400)

#: How often each cell of the table is played.
TRIES = 400

#: A change of the first question of A-1, which is the first of B-1 too.
CHANGED = "F1"


def printed(n: int) -> int:
    """The change that E6 prints for n answers then and now, in points."""
    same = item_figure((0, 0, n - n // 2, n // 2, 0), k=10)
    return change.compare(same, same).detectable


def found(n: int, points: float, *, alone: bool, tries: int, seed: object) -> float:
    """How often a true change of so many points stands out, n people having answered each time.

    Alone, the pulses ask nothing else; else the usual five questions, three of which are compared.
    """
    draw = random.Random(f"{seed} {n} {points} {alone}")
    place = Organisation(Tree({ROOT: None}), {ROOT: "Everyone"}, {ROOT: 2 * n})
    named = 0
    for number in range(tries):
        # Up and down in turn, and not always from the middle of a step of rounding.
        centre, half = draw.uniform(45, 55), (-1) ** number * points / 2
        pulses = [
            pulse_of(draw, 1, "A-1", n, centre, centre - half, alone=alone),
            pulse_of(draw, 2, "B-1", n, centre, centre + half, alone=alone),
        ]
        changed = Year(place, (), pulses)
        *_, seen = overviews(changed, History.of(changed))
        assert seen.comparisons == (1 if alone else 3)
        named += any((said.factor, said.is_rise) == (CHANGED, half > 0) for said in seen.said)
    return named / tries


def pulse_of(
    draw: random.Random, number: int, key: str, n: int, others: float, score: float, *, alone: bool
) -> Pulse:
    """What n people answer: around `score` to the question that changes, around `others` to others."""
    wave = _only_the_first(number, key) if alone else _whole(number, key)
    middles = {
        item.item_id: middle_of(score if item.factor == CHANGED and item.anchor else others)
        for item in wave.items
    }
    return Pulse(
        number,
        wave,
        [
            Ballot(ROOT, {code: answer(draw, middle) for code, middle in middles.items()}, {})
            for _ in range(n)
        ],
    )


def answer(draw: random.Random, middle: float) -> int:
    return min(5, max(1, math.floor(draw.gauss(middle, APART) + 0.5)))


@cache
def _whole(number: int, key: str) -> Wave:
    return wave_of(number, key)


@cache
def _only_the_first(number: int, key: str) -> Wave:
    wave = wave_of(number, key)
    wave.items = wave.items[:1]
    return wave


@pytest.mark.parametrize("n", [30, 100])
def test_a_change_of_twice_what_is_printed_is_nearly_always_found(n: int) -> None:
    assert found(n, 2 * printed(n), alone=True, tries=25, seed=5) >= 0.85
    assert found(n, 2 * printed(n), alone=False, tries=25, seed=5) >= 0.85


@pytest.mark.soak
def test_the_larger_a_change_the_more_often_it_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    """The table stands beside E6's four in five, which is for one question, asked alone and not rounded.

    Half of what is printed, all of it, and twice as much.
    """
    lines = ["  n  points  E6 says  found alone  found among 3  of half of it  of twice it"]
    cells = {n: row_of(n) for n in NUMBERS}
    for n, row in cells.items():
        lines.append(
            f"{n:3}{row.points:8}{row.said:9.0%}{row.alone:13.0%}{row.among:15.0%}{row.half:15.0%}"
            f"{row.twice:13.0%}"
        )
    with capsys.disabled():
        sys.stdout.write("\n".join(["", *lines, ""]))
    for n, row in cells.items():
        assert row.half < row.alone < row.twice and row.among <= row.alone + 2 / math.sqrt(TRIES), n
        assert row.twice >= (0.95 if n >= 30 else 0.75), n


@dataclass(frozen=True, slots=True)
class Row:
    """How often a change of the `points` that E6 prints is found: what E6 says, alone, among three;
    and alone one of half the size and one of twice.
    """

    points: int
    said: float
    alone: float
    among: float
    half: float
    twice: float


def row_of(n: int) -> Row:
    points = printed(n)

    def share(times: float, *, alone: bool = True) -> float:
        return found(n, times * points, alone=alone, tries=TRIES, seed=6)

    return Row(points, power(points, n, n), share(1), share(1, alone=False), share(0.5), share(2))
