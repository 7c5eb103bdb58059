"""`series preview`: a plan as text or JSON, from a file alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from surveyapp.config import PROJECT_ROOT

EXAMPLE = PROJECT_ROOT / "docs" / "examples" / "monthly-pulse.yaml"


def preview(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, whose database cannot be opened."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "series", "preview", *arguments],
        cwd=PROJECT_ROOT,
        env={
            "APP_ENV": "testing",
            "DATABASE_URL": f"sqlite:///{tmp_path}/nowhere/at/all.sqlite3",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "INSTANCE_DIRECTORY": str(tmp_path / "instance"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_example_of_the_documentation_as_json(tmp_path: Path) -> None:
    done = preview(tmp_path, str(EXAMPLE), "--from", "2027-01-01", "--to", "2027-12-31", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told) == {"title", "template", "time_zone", "waves", "skipped"}
    assert (told["template"], told["time_zone"]) == ("monthly_pulse_5", "Europe/London")
    for wave in told["waves"]:
        assert set(wave) == {
            "number", "occurrence", "opens", "closes", "reminders", "questions", "items", "prompts",
            "reasons", "warnings",
        }  # fmt: skip
    for skipped in told["skipped"]:
        assert set(skipped) == {"occurrence", "reasons"} and skipped["reasons"]
    assert [wave["number"] for wave in told["waves"]] == [*range(1, len(told["waves"]) + 1)]
    opens = {wave["occurrence"]: wave["opens"] for wave in told["waves"]}
    assert opens["2027-01-05"] == "2027-01-05T08:00:00+00:00"
    assert opens["2027-05-04"] == "2027-05-04T08:00:00+01:00"


def test_the_example_as_text(tmp_path: Path) -> None:
    done = preview(tmp_path, str(EXAMPLE), "--from", "2027-01-01", "--to", "2027-02-28")
    assert done.returncode == 0 and done.stderr == ""
    assert "opens Tue 2027-01-05 08:00" in done.stdout


@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_wrong_in_a_file_is_named_with_its_line(tmp_path: Path, as_json: bool) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("title: A\nquestions: monthly_pulse_5\nevery: month\nfirst: 2027-02-30\n")
    more = ["--json"] if as_json else []
    done = preview(tmp_path, str(file), "--from", "2027-01-01", "--to", "2027-12-31", *more)
    assert done.returncode == 1
    if as_json:
        told = json.loads(done.stdout)
        assert told["line"] == 4 and told["error"].startswith("Line 4: first: ")
    else:
        assert done.stderr.startswith("wrong.yaml: Line 4: first: ") and done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        (str(EXAMPLE), "--from", "2027-12-31", "--to", "2027-01-01"),
        (str(EXAMPLE), "--from", "2027-01-01", "--to", "2099-01-01"),
        (str(EXAMPLE), "--from", "soon", "--to", "2027-01-01"),
        (str(EXAMPLE), "--from", "2027-01-01"),
        ("missing.yaml", "--from", "2027-01-01", "--to", "2027-02-01"),
    ],
)
def test_what_cannot_be_understood_ends_with_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert preview(tmp_path, *arguments).returncode == 2
