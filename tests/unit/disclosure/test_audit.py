"""`python -m surveyapp.disclosure audit`: what it prints, how it ends, what it refuses."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from surveyapp.disclosure.__main__ import main

TRUST = [{"id": "trust", "parent": None}] + [
    {"id": team, "parent": "trust"} for team in ("maple", "oak", "elm")
]


def people(unit: str | int, group: str | None, number: int) -> list[dict[str, Any]]:
    return [{"unit": unit, "group": group}] * number


def described(respondents: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"k": 10, "units": TRUST, "respondents": respondents, **more}


THIRTY_TWELVE_FOUR = [
    *people("maple", "Nursing", 30),
    *people("oak", "Nursing", 12),
    *people("elm", "Nursing", 4),
]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command on a description and returns its exit code, what it printed, its complaint."""

    def run(description: object) -> tuple[int, Any, str]:
        file = tmp_path / "organisation.json"
        text = description if isinstance(description, str) else json.dumps(description)
        file.write_text(text)
        code = main(["audit", str(file)])
        printed = capsys.readouterr()
        return code, json.loads(printed.out) if printed.out else None, printed.err

    return run


def test_teams_of_30_12_and_4(run: Any) -> None:
    assert run(described(THIRTY_TWELVE_FOUR)) == (
        0,
        {
            "published_units": ["trust", "maple"],
            "published_groups": ["Nursing"],
            "derivable_below_k": [],
        },
        "",
    )


def test_a_claimed_publication_that_leaks_is_told_with_its_proof(run: Any) -> None:
    code, found, _ = run(described(THIRTY_TWELVE_FOUR, published_units=["trust", "maple", "oak"]))
    assert code == 1
    assert found["derivable_below_k"] == [
        {"people": 4, "from_units": ["trust", "maple", "oak"], "from_groups": []}
    ]


def test_its_own_output_can_be_audited(run: Any) -> None:
    _, found, _ = run(described(THIRTY_TWELVE_FOUR))
    del found["derivable_below_k"]
    assert run(described(THIRTY_TWELVE_FOUR, **found))[0] == 0


def test_units_may_be_numbers_and_people_may_have_no_group(run: Any) -> None:
    units = [{"id": 7, "parent": None}, {"id": 8, "parent": 7}]
    code, found, _ = run({"k": 5, "units": units, "respondents": [{"unit": 8}] * 6})
    assert (code, found["published_units"], found["published_groups"]) == (0, [7, 8], [])


def test_several_units_without_a_parent(run: Any) -> None:
    units = [{"id": "north", "parent": None}, {"id": "south", "parent": None}]
    respondents = people("north", "Care", 12) + people("south", "Care", 3)
    code, found, _ = run({"k": 10, "units": units, "respondents": respondents})
    # Care without the north would be the three of the south.
    assert (code, found["published_units"], found["published_groups"]) == (0, ["north"], [])


def test_the_missing_top_of_several_trees_costs_nothing(run: Any) -> None:
    """Beside a lone unit, everyone's figure would give it away; but nobody shows that figure."""
    units = [{"id": 1, "parent": None}, {"id": 2, "parent": 1}, {"id": 3, "parent": None}]
    description = {"k": 5, "units": units, "respondents": people(2, None, 8) + people(3, None, 1)}
    assert run(description)[1]["published_units"] == [1, 2]


def test_half_a_character_is_printed_as_json_spells_it(run: Any) -> None:
    units = '[{"id": "\\ud800", "parent": null}]'
    respondents = ", ".join(['{"unit": "\\ud800"}'] * 6)
    code, found, _ = run(f'\ufeff{{"k": 5, "units": {units}, "respondents": [{respondents}]}}')
    assert (code, found["published_units"]) == (0, ["\ud800"])


def test_nobody_answered(run: Any) -> None:
    assert run(described([]))[1] == {"published_units": [], "published_groups": [], "derivable_below_k": []}


@pytest.mark.parametrize(
    ("description", "says"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "one JSON object"),
        ({"k": "10", "units": TRUST, "respondents": []}, '"k" must be'),
        ({"k": True, "units": TRUST, "respondents": []}, '"k" must be'),
        ({"k": 10, "units": {}, "respondents": []}, '"units" must be a list'),
        ({"k": 10, "units": [], "respondents": []}, "at least one unit without a parent"),
        ({"k": 10, "units": [1], "respondents": []}, "units[0] must be an object"),
        ({"k": 10, "units": [{"id": 1.5}], "respondents": []}, 'units[0]: "id"'),
        ({"k": 10, "units": [{"id": True}], "respondents": []}, 'units[0]: "id"'),
        ({"k": 10, "units": [*TRUST, TRUST[0]], "respondents": []}, "is there twice"),
        ({"k": 10, "units": [{"id": "a", "parent": "b"}], "respondents": []}, "no unit 'b'"),
        (
            {"k": 10, "units": [{"id": 1, "parent": 2}, {"id": 2, "parent": 1}], "respondents": []},
            "none below itself",
        ),
        (described([{"unit": "ash", "group": "x"}]), "respondents[0]: there is no unit 'ash'"),
        (described([{"group": "x"}]), "respondents[0]: there is no unit None"),
        (described([{"unit": ["maple"]}]), "respondents[0]: there is no unit"),
        (described([{"unit": "maple", "group": 3}]), 'respondents[0]: "group"'),
        (described([], published_units="trust"), "must be lists"),
        (described([], published_units=["ash"]), "no unit 'ash'"),
        (described([], published_groups=[3]), "nobody is in the group 3"),
        (described(THIRTY_TWELVE_FOUR, published_groups=["nursing"]), "nobody is in the group 'nursing'"),
        (described([{"unit": "maple", "group": ""}]), '"group" must be some text'),
        (
            described(
                [{"unit": "maple", "group": f"g{n}"} for n in range(20)],
                published_groups=[f"g{n}" for n in range(20)],
            ),
            "at most",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(run: Any, description: object, says: str) -> None:
    code, found, complaint = run(description)
    assert (code, found) == (2, None)
    assert says in complaint and complaint.count("\n") == 1


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["audit", str(tmp_path / "none.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "odd.json").write_bytes(b"\xff\xfe{}")
    assert main(["audit", str(tmp_path / "odd.json")]) == 2
    assert "not UTF-8" in capsys.readouterr().err


def test_as_a_command_on_standard_input_with_a_thousand_units() -> None:
    chance = random.Random(11)
    units = [{"id": 0, "parent": None}]
    units += [{"id": unit, "parent": (unit - 1) // 8} for unit in range(1, 1000)]
    respondents = [
        {"unit": chance.randrange(1000), "group": f"group {int(chance.random() ** 2 * 8)}"}
        for _ in range(100_000)
    ]
    described = json.dumps({"k": 10, "units": units, "respondents": respondents})
    done = subprocess.run(
        [sys.executable, "-m", "surveyapp.disclosure", "audit", "-"],
        input=described,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["published_units"]) > 900 and len(found["published_groups"]) == 8
