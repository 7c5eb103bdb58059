"""`python -m nlp analyse`: every row accounted for, whatever the file."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.__main__ import main
from nlp.tables import LONGEST, BadRow, TextRow, read_rows
from nlp.taxonomy import FACTORS

Captured = pytest.CaptureFixture[str]


def analyse(*arguments: object) -> int:
    return main(["analyse", *map(str, arguments), "--quiet"])


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def test_a_csv_with_every_kind_of_row(tmp_path: Path, capsys: Captured) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(
        b"\xef\xbb\xbfid,comment\r\n"
        b'a,"Great training, really"\r\n'
        b"b,\r\n"
        b"c,one,too many\r\n"
        b"d,caf\xe9 latin\r\n"
        b"=1+1,=2+2 manager never listens to us\r\n"
    )
    assert analyse(source, "--text-column", "comment", "--out", out) == 3
    captured = capsys.readouterr()
    assert captured.out.strip() == "read=5 analysed=2 blank=1 bad=2"
    assert "line 4: 3 values instead of 2. Put quotes" in captured.err
    assert "line 5: not UTF-8 text. Save the file as 'CSV UTF-8'" in captured.err
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["a", "b", "'=1+1"]
    assert rows[2]["redacted"].startswith("'=2+2")
    assert "continuous_learning" in rows[0]["factors"]
    assert rows[0]["continuous_learning_assigned"] == "true"
    assert rows[0]["continuous_learning_sentiment"] == "positive"
    assert rows[0]["continuous_learning_evidence"] == "Great training, really"
    assert rows[0]["mentorship_assigned"] == "false"
    assert rows[0]["mentorship_evidence"] == rows[0]["mentorship_sentiment"] == ""
    assert (rows[1]["factors"], rows[1]["flags"]) == ("", "too_short")


def test_a_file_with_text_and_id_needs_no_option(tmp_path: Path, capsys: Captured) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    text = "Call Dr Okafor-Williamson. Nobody has told me how I am doing all year."
    source.write_text(json.dumps({"id": "a", "text": text}) + "\n", encoding="utf-8")
    assert analyse(source, "--out", out) == 0
    assert capsys.readouterr().err == ""
    (row,) = lines_of(out)
    assert row.keys() == {"id", "factors", "sentiment", "redacted", "flags", "model"}
    assert list(row["factors"]) == [str(factor) for factor in FACTORS]
    assert "Okafor" not in row["redacted"]
    feedback = row["factors"]["feedback"]
    start, end = feedback["evidence"]
    assert (feedback["assigned"], feedback["sentiment"]) == (True, "negative")
    assert feedback["probability"] > 0.5 > row["factors"]["mentorship"]["probability"]
    assert row["redacted"][start:end] == "Nobody has told me how I am doing all year."


def test_json_lines_keep_their_ids(tmp_path: Path, capsys: Captured) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    given_ids: list[Any] = [7, "7", 0, 0.5, "", None, "\ud800é"]
    lines = [json.dumps({"id": each, "text": "Good team"}) for each in given_ids]
    lines += ["{oops", "", '{"text": "No feedback at all"}', "[]", '{"id": [1], "text": "Good"}']
    source.write_text("\n".join(lines), encoding="utf-8")
    assert analyse(source, "--out", out) == 3
    captured = capsys.readouterr()
    assert "read=11 analysed=8 blank=0 bad=3" in captured.out
    assert "3 rows without 'id' have their line's number." in captured.err
    assert [row["id"] for row in lines_of(out)] == [7, "7", 0, 0.5, 5, 6, "\ud800é", 10]


AWKWARD = (
    "",
    " \t\u2028 ",
    "👍👍 🎉",
    "\x00\x01\x1b[31m red \x7f",
    "\ud800 half a pair, and the other \udcff half",
    "Хорошая команда 很好 and kind training مرحبا",
    "line one\r\nline two\u2028line three",
    "=cmd|' /C calc'!A0",
    "We get good training. " * 500,
    "a" * 20_000,
)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_line_for_every_comment_whatever_it_holds(tmp_path: Path, kind: str) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / f"out.{kind}"
    lines = [json.dumps({"id": i, "text": text}) for i, text in enumerate(AWKWARD)]
    source.write_text("\n".join(lines), encoding="utf-8")
    assert analyse(source, "--out", out) == 0
    if kind == "csv":
        csv.field_size_limit(1_000_000)
        with out.open(encoding="utf-8", newline="") as file:
            assert [row["id"] for row in csv.DictReader(file)] == list(map(str, range(len(AWKWARD))))
        return
    rows = lines_of(out)
    assert [row["id"] for row in rows] == list(range(len(AWKWARD)))
    for text, row in zip(AWKWARD, rows, strict=True):
        for reading in row["factors"].values():
            start, end = reading["evidence"]
            evidence = row["redacted"][start:end]
            assert evidence == evidence.strip()
            assert bool(evidence) == bool(text.strip())
        if {"too_short", "not_english"} & set(row["flags"]):
            assert not any(reading["assigned"] for reading in row["factors"].values())
    for blank in rows[:2]:
        assert (blank["flags"], blank["sentiment"]) == (["too_short"], "neutral_mixed")


def test_a_comment_longer_than_any_is_refused_alone(tmp_path: Path, capsys: Captured) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [json.dumps({"text": text}) for text in ("a" * (LONGEST + 1), "Good team")]
    source.write_text("\n".join(lines), encoding="utf-8")
    assert analyse(source, "--out", out) == 3
    assert "line 1: longer than 5,000,000 characters. Cut" in capsys.readouterr().err
    assert len(lines_of(out)) == 1


def test_blank_rows_alone_are_no_fault(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("text\nGood team work\n\n   \n", encoding="utf-8")
    assert analyse(source, "--out", tmp_path / "out.csv") == 0


def test_nothing_is_left_of_a_run_that_fails(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "in.csv").write_text("text\nGood team\n", encoding="utf-8")
    options = ("--out", tmp_path / "out.csv", "--model", tmp_path / "absent")
    assert analyse(tmp_path / "in.csv", *options) == 2
    assert "There is no model folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("name", "column", "out", "message"),
    [
        ("in.csv", "comment", "out.csv", "no column 'comment'. Its columns are: id, text. Name"),
        ("in.csv", "text", "in.csv", "the same file"),
        ("in.csv", "text", "out.xlsx", "must end in .csv or .jsonl"),
        ("absent.csv", "text", "out.csv", "No such file"),
    ],
)
def test_what_cannot_work_is_refused_with_a_remedy(
    tmp_path: Path, capsys: Captured, name: str, column: str, out: str, message: str
) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,Good\n", encoding="utf-8")
    code = analyse(tmp_path / name, "--text-column", column, "--out", tmp_path / out)
    assert code == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize("command", ["analyse", "evaluate", "verify", "train"])
def test_every_command_explains_itself(command: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert "usage: python -m nlp" in capsys.readouterr().out


def test_training_asks_for_comments_or_a_model(tmp_path: Path, capsys: Captured) -> None:
    assert main(["train", "--out", str(tmp_path / "model")]) == 2
    assert "--data" in capsys.readouterr().err


def test_verify_passes_as_shipped() -> None:
    assert main(["verify"]) == 0


_CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@settings(max_examples=100, deadline=None)
@given(st.lists(_CELLS.filter(str.strip), max_size=8))
def test_what_csv_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([["id", "text"], *([str(i), text] for i, text in enumerate(texts))])
    rows = list(read_rows(path, text_column="text"))
    assert [row.text for row in rows if isinstance(row, TextRow)] == texts


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_file_content_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("csv") / "in.csv"
    path.write_bytes(b"id,text\n" + content)
    for row in read_rows(path, text_column="text"):
        assert not isinstance(row, BadRow) or (row.reason and row.remedy)
