"""Comments from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from surveyapp.comments import jobs, services
from surveyapp.comments.models import Comment
from surveyapp.extensions import db
from surveyapp.pulses import services as pulses
from tests.factories.two_wards import StandIn, TwoWards


def _import(app: Flask, path: Path, *options: str) -> Any:
    return app.test_cli_runner().invoke(
        args=["comments", "import", str(path), "--text-column", "text", "--title", "T", *options]
    )


def test_import_accounts_for_every_row(app: Flask, world: TwoWards, tmp_path: Path) -> None:
    rows = [
        "text,where",
        *(f'"fine, {n}",Large' for n in range(10)),
        ",Large",
        "no unit,",
        "x,Moon",
    ]
    rows += ["one,two,three", '"two\nlines",trust > small']
    path = tmp_path / "in.csv"
    path.write_bytes("\r\n".join(rows).encode() + b"\r\nbad \xff byte,Large\r\n")
    result = _import(app, path, "--unit-column", "where", "--json")
    assert result.exit_code == 1, result.output
    answer = json.loads(result.stdout)
    assert (answer["imported"], answer["blank"], answer["refused"]) == (12, 1, 3)
    assert [refusal["line"] for refusal in answer["refusals"]] == [14, 15, 18]
    assert all(refusal["remedy"] for refusal in answer["refusals"])
    assert "Moon" not in json.dumps(answer["refusals"])
    assert answer["queued"] is False and "Redis" in result.stderr
    stored = db.session.scalar(select(func.count()).where(Comment.wave_id == answer["wave_id"]))
    assert stored == 12
    db.session.commit()
    jobs.analyse_wave(answer["wave_id"], analyser=StandIn())
    assert services.waiting_wave_ids(db.session()) == []
    assert services.released(db.session(), answer["wave_id"], [world.large]) == ()  # under 50


@pytest.mark.parametrize(
    ("content", "says"), [("other\nx\n", "There is no column 'text'"), ("text\n\n\n", "no comment")]
)
def test_an_import_of_nothing_leaves_nothing(
    app: Flask, world: TwoWards, tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "in.csv"
    path.write_text(content)
    before = len(pulses.waves(db.session()))
    result = _import(app, path)
    assert result.exit_code == 2 and says in result.stderr
    assert len(pulses.waves(db.session())) == before


def test_few_comments_are_never_shown(app: Flask, world: TwoWards, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text\n" + "words\n" * 9)
    answer = json.loads(_import(app, path, "--json").stdout)
    assert answer["never_shown"] == 9
