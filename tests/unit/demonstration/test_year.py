"""A simulated year holds what was planted and nothing else, and overviews name hardly anything else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import pytest

from surveyapp.demonstration.__main__ import main
from surveyapp.demonstration.year import PLANTED, ROOT, Planted, Pulse, Year, organisation, year
from surveyapp.demonstration.year_overviews import History, Said, Seen, overviews
from surveyapp.demonstration.year_study import MOST_FALSE, Outcome, accounts_for, outcome, power, summary

TREE, NAMES = organisation().tree, organisation().names
UNITS = {name: unit for unit, name in NAMES.items()}
MEDICINE, TEAM, BESIDE = UNITS["Medicine"], UNITS["Medicine, team 1"], UNITS["Medicine, team 2"]


@pytest.fixture(scope="module")
def simulated() -> Year:
    return year(1)


@pytest.fixture(scope="module")
def outcomes() -> Sequence[Outcome]:
    return [outcome(seed) for seed in (1, 2)]


def mean_score(pulse: Pulse, item_id: str, units: set[int]) -> float:
    return fmean(
        25 * (value - 1)
        for ballot in pulse.ballots
        if ballot.unit_id in units and (value := ballot.answers[item_id])
    )


# ---------------------------------------------------------------- the year


def test_eight_hundred_people_work_in_forty_units() -> None:
    place = organisation()
    assert sum(place.staff.values()) == 800 and len(place.tree.parents) == len(NAMES) == 40
    assert min(place.staff.values()) == 8 and max(place.staff.values()) == 60
    assert not any(place.tree.children[unit] for unit in place.staff)


def test_about_half_or_more_answer_each_pulse(simulated: Year) -> None:
    assert len(simulated.pulses) == 12
    for pulse in simulated.pulses:
        assert 0.45 <= len(pulse.ballots) / 800 <= 0.70


def test_a_seed_is_a_year(simulated: Year) -> None:
    again, other = year(1), year(2)
    assert [pulse.ballots for pulse in again.pulses] == [pulse.ballots for pulse in simulated.pulses]
    assert other.pulses[0].ballots != simulated.pulses[0].ballots


def test_a_planted_change_is_as_large_as_it_says_and_elsewhere_is_none() -> None:
    """Mean of eight years; 15 points in a directorate, asked in its second pulse and its fifth."""
    change = Planted(MEDICINE, "F4", first=4, points=15)
    within, without = TREE.subtree(MEDICINE), set(TREE.parents) - TREE.subtree(MEDICINE)
    there, elsewhere, other = [], [], []
    for seed in range(8):
        _, second, _, _, fifth, *_ = year(seed, [change]).pulses
        there.append(mean_score(fifth, "REC1", within) - mean_score(second, "REC1", within))
        elsewhere.append(mean_score(fifth, "REC1", without) - mean_score(second, "REC1", without))
        other.append(mean_score(fifth, "MEN1", within) - mean_score(second, "MEN1", within))
    assert fmean(there) == pytest.approx(15, abs=3)
    assert fmean(elsewhere) == pytest.approx(0, abs=2) and fmean(other) == pytest.approx(0, abs=3)


# ---------------------------------------------------------------- what counts


@pytest.mark.parametrize(("n", "points"), [(10, 31.3), (30, 18.1), (100, 9.9), (200, 7.0)])
def test_power_is_that_of_the_rules(n: int, points: float) -> None:
    assert power(points, n, n) == power(-points, n, n) == pytest.approx(0.80, abs=0.005)
    assert power(0, n, n) == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize(
    ("unit", "pulse", "said", "is_planted"),
    [
        (TEAM, 7, Said("", "F1", False, 4), True),
        (MEDICINE, 7, Said("", "F1", False, 4), True),
        (ROOT, 7, Said("", "F1", False, 4), True),
        (BESIDE, 7, Said("", "F1", False, 4), False),
        (TEAM, 7, Said("", "F2", False, 4), False),
        (TEAM, 7, Said("", "F1", True, 4), False),
        (TEAM, 10, Said("", "F1", False, 7), False),
        (TEAM, 4, Said("", "F1", False, 1), False),
        (TEAM, 7, Said("Something else."), False),
    ],
)
def test_only_the_planted_change_accounts_for_what_is_said(
    unit: int, pulse: int, said: Said, is_planted: bool
) -> None:
    change = Planted(TEAM, "F1", first=6, points=-18)
    assert accounts_for(change, Seen(unit, pulse, (said,), 3), said, TREE) is is_planted


def test_a_change_of_the_parent_accounts_for_what_its_units_show() -> None:
    said = Said("", "F1", True, 4)
    assert accounts_for(Planted(MEDICINE, "F1", 6, 10), Seen(TEAM, 7, (said,), 3), said, TREE)


def test_a_change_that_nobody_could_miss_is_found_and_read() -> None:
    change = Planted(ROOT, "F1", first=6, points=20)
    found = outcome(3, [change])
    (chance,) = found.chances
    assert chance is not None and chance.pulse == 7 and chance.is_found and chance.power > 0.99
    said = [said for seen in found.seen if (seen.unit_id, seen.pulse) == (ROOT, 7) for said in seen.said]
    assert any((one.factor, one.is_rise, one.since) == ("F1", True, 4) for one in said)


def test_the_same_change_unannounced_counts_against_the_overviews() -> None:
    """Or the study could not fail."""
    simulated = year(3, [Planted(ROOT, "F1", first=6, points=20)])
    compared = [seen for seen in overviews(simulated, History.of(simulated)) if seen.comparisons]
    wrong = [
        seen
        for seen in compared
        if not all(any(accounts_for(one, seen, said, TREE) for one in PLANTED) for said in seen.said)
    ]
    assert len(wrong) > MOST_FALSE * len(compared)


# ---------------------------------------------------------------- the study


def test_every_sentence_is_read(outcomes: Sequence[Outcome]) -> None:
    said = [said for one in outcomes for seen in one.seen for said in seen.said]
    assert said and all(one.factor and one.since for one in said)


def test_overviews_seldom_name_what_was_not_planted(outcomes: Sequence[Outcome]) -> None:
    whole = summary(outcomes)
    assert whole.years == 2 and whole.overviews > whole.compared > 300
    assert whole.share <= MOST_FALSE
    assert sum(one.found for one in whole.planted) >= 2


@pytest.mark.soak
def test_overviews_of_fifty_years_name_what_changed_and_little_else() -> None:
    """Fewer are found than E6 says: it asks one question alone, of figures that are not rounded."""
    whole = summary(outcome(seed) for seed in range(1, 51))
    assert whole.share <= MOST_FALSE
    for one in whole.planted:
        assert one.compared == 50 and one.found >= 0.2 * one.compared
    assert sum(one.found for one in whole.planted) >= 0.45 * 150


def test_the_command_says_what_was_planted_and_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["year", "--seed", "1", "--json", "--out", str(tmp_path / "year.json")]) == 0
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err == "Year 1 (1 of 1)\n"
    data = json.loads((tmp_path / "year.json").read_text())
    assert data["years"] == 1 and [one["planted"]["points"] for one in data["planted"]] == [-18, 10, 7]
    assert all(said["words"] for said in data["each"][0]["said"])


def test_a_file_that_cannot_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["year", "--out", str(tmp_path / "none" / "year.json")]) == 2
    assert "cannot be written" in capsys.readouterr().err
