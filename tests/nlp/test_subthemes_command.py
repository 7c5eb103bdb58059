"""`python -m nlp subthemes`: from a file of analysed comments to a file of sub-themes."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp.__main__ import main
from nlp.clustering import Floats, unit
from nlp.taxonomy import FACTORS

LEAVE = "They refuse study leave because of the rota, ward {}."
FORM = "My appraisal form was nine pages long, ward {}."


class Embedder:
    """Stands in for the network: knows leave from forms."""

    def embed(self, sentences: Sequence[str]) -> Floats:
        rows = [[1, 0, len(text) / 1e3] if "leave" in text else [0, 1, len(text) / 1e3] for text in sentences]
        return unit(np.array(rows, dtype=np.float32))


@pytest.fixture(autouse=True)
def _network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp.embedding.Embedder", Embedder)


def line(text: str, factor: str) -> str:
    readings = {
        name: {
            "assigned": name == factor,
            "sentiment": "negative",
            "evidence": [6, 6 + len(text)],
        }
        for name in FACTORS
    }
    return json.dumps({"redacted": f"Well. {text} Bye.", "factors": readings})


def run(source: Path, out: Path) -> int:
    return main(["subthemes", str(source), "--out", str(out), "--quiet"])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "in.jsonl"
    texts = [text.format(number) for text in (LEAVE, FORM) for number in ("a", "b", "c", "d", "e", "f")]
    file.write_text("\n".join([line(text, "feedback") for text in texts] + [line("Ok.", "leadership")]))
    return file


def test_each_subtheme_of_a_factor_is_a_row(source: Path, tmp_path: Path) -> None:
    assert run(source, tmp_path / "out.jsonl") == 0
    rows: list[dict[str, Any]] = [
        json.loads(row) for row in (tmp_path / "out.jsonl").read_text().splitlines()
    ]
    feedback = [row for row in rows if row["factor"] == "feedback"]
    assert [row["sentences"] for row in feedback] == [6, 6, 0]
    assert any("study leave" in str(row["subtheme"]) for row in feedback)
    assert feedback[0]["quotes"][0].startswith(("They refuse", "My appraisal"))
    assert [row for row in rows if row["factor"] == "leadership"] == [
        {"factor": "leadership", "subtheme": None, "sentences": 1, "quotes": []}
    ]


def test_a_table_has_the_same_rows(source: Path, tmp_path: Path) -> None:
    assert run(source, tmp_path / "out.csv") == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["factor"] for row in rows] == ["leadership", "feedback", "feedback", "feedback"]
    assert rows[0]["subtheme"] == "" and rows[1]["sentences"] == "6"


@pytest.mark.parametrize("wrong", ["{}", "not json", "[]", '{"factors": {"feedback": 3}}'])
def test_a_file_of_another_kind_is_told_with_its_line(
    tmp_path: Path, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(line("We learn.", "feedback") + "\n" + wrong)
    assert run(source, out) == 2
    assert "line 2 is no result of `analyse`" in capsys.readouterr().err
    assert not out.exists()


def test_the_input_is_never_written_over(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = source.read_text()
    assert run(source, source) == 2
    assert "same file" in capsys.readouterr().err and source.read_text() == before
