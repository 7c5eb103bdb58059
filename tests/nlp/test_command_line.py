"""`python -m nlp analyse`: every row accounted for, whatever the file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.__main__ import main
from nlp.tables import BadRow, TextRow, read_rows

Captured = pytest.CaptureFixture[str]


def analyse(*arguments: object) -> int:
    return main(["analyse", *map(str, arguments), "--quiet"])


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
    assert rows[2]["text"].startswith("'=2+2")
    assert "continuous_learning" in rows[0]["factors"]
    assert rows[1]["sentiment"] == ""


def test_json_lines_keep_their_ids(tmp_path: Path, capsys: Captured) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = ['{"id": 7, "text": "Good team"}', "{oops", '{"text": "No feedback at all"}', "[]"]
    source.write_text("\n".join(lines), encoding="utf-8")
    assert analyse(source, "--text-column", "text", "--out", out) == 3
    assert "read=4 analysed=2 blank=0 bad=2" in capsys.readouterr().out
    results = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in results] == ["7", "3"]
    assert all(row["model_version"] for row in results)


def test_blank_rows_alone_are_no_fault(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("text\nGood team work\n\n   \n", encoding="utf-8")
    assert analyse(source, "--text-column", "text", "--out", tmp_path / "out.csv") == 0


@pytest.mark.parametrize(
    ("name", "column", "out", "message"),
    [
        ("in.csv", "comment", "out.csv", "no column 'comment'. Its columns are: id, text"),
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


def test_verify_passes_as_shipped() -> None:
    assert main(["verify"]) == 0


_CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@settings(max_examples=100, deadline=None)
@given(st.lists(_CELLS.filter(str.strip), max_size=8))
def test_what_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([["id", "text"], *([str(i), text] for i, text in enumerate(texts))])
    rows = list(read_rows(path, text_column="text"))
    assert [row.text for row in rows if isinstance(row, TextRow)] == texts


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_file_content_breaks_the_reader(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("csv") / "in.csv"
    path.write_bytes(b"id,text\n" + content)
    for row in read_rows(path, text_column="text"):
        assert not isinstance(row, BadRow) or (row.reason and row.remedy)
