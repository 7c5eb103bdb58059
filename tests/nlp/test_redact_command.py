"""`python -m nlp redact`: every row accounted for, and every removal where the original has it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from nlp.__main__ import main
from nlp.redaction import MARKS

Captured = pytest.CaptureFixture[str]


def redact(*arguments: object) -> int:
    return main(["redact", *map(str, arguments), "--quiet"])


def test_json_lines_say_what_was_removed_and_where(tmp_path: Path, capsys: Captured) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    texts = {7: "👍 thanks to priya, 07700 900123", "b": "Nothing to hide", "c": ""}
    rows = [json.dumps({"id": row_id, "text": text}) for row_id, text in texts.items()]
    source.write_text("\n".join([*rows, "{oops", '{"text": 3}']), encoding="utf-8")
    assert redact(source, "--out", out) == 3
    captured = capsys.readouterr()
    assert captured.out.strip() == "read=5 redacted=3 removed=2 bad=2"
    assert "line 4: not JSON" in captured.err
    results = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in results] == [7, "b", "c"]
    assert results[0]["redacted"] == "👍 thanks to [name], [phone]"
    assert [(r["kind"], texts[7][r["start"] : r["end"]]) for r in results[0]["removed"]] == [
        ("PERSON", "priya"),
        ("PHONE_NUMBER", "07700 900123"),
    ]
    assert results[1]["removed"] == []


def test_csv_goes_in_and_out(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,comment\n1,Ask Priya or a@nhs.net\n", encoding="utf-8")
    assert redact(source, "--out", out, "--text-column", "comment") == 0
    with out.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [
            {"id": "1", "redacted": "Ask [name] or [email]", "removed": "PERSON 4-9; EMAIL_ADDRESS 13-22"}
        ]


@pytest.mark.parametrize(
    ("name", "out", "message"),
    [
        ("absent.jsonl", "out.jsonl", "No such file"),
        ("in.jsonl", "in.jsonl", "the same file"),
        ("in.jsonl", "out.txt", "must end in .csv or .jsonl"),
        ("other.jsonl", "out.jsonl", "no 'text'"),
    ],
)
def test_what_cannot_work_is_refused(
    tmp_path: Path, capsys: Captured, name: str, out: str, message: str
) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "Good"}\n', encoding="utf-8")
    (tmp_path / "other.jsonl").write_text('{"id": 1, "words": "Good"}\n', encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    assert redact(tmp_path / name, "--out", tmp_path / out) == 2
    assert message in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_help_names_every_kind_and_mark(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        main(["redact", "--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert all(kind in text and mark in text for kind, mark in MARKS.items())
