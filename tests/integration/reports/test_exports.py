"""A report as a file: the page's own figures, handed out once, and the same for all that is hidden."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from flask import Flask

from surveyapp.accounts.services import Reader
from surveyapp.extensions import db
from surveyapp.permissions import RoleName
from surveyapp.reports import services
from surveyapp.reports.exporting.blocks import Table
from surveyapp.reports.exporting.formats import Format, exported
from surveyapp.reports.exporting.opening import opening
from surveyapp.reports.exporting.sections import sections
from surveyapp.reports.view_models import UnitReport
from tests.conftest import SignIn
from tests.factories.reports import Trust, cells_of, readings_audited, soup_of, text_of
from tests.support import office_files
from tests.support.client import CheckingClient

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

#: Few answers or none: three units whose files must be one.
HIDDEN = ("Nobody", "Three", "Nine")


def _path(trust: Trust, unit: str, kind: Format) -> str:
    return trust.path(unit, "/scores.csv" if kind is Format.CSV else f"/export/{kind}")


def _report(trust: Trust, unit: str) -> UnitReport:
    everyone = Reader(0, reads_all_units=True, unit_ids=frozenset())
    return services.report_for(db.session(), everyone, trust.wave_id, trust.units[unit])


def _tables(report: UnitReport) -> list[Table]:
    return [table for section in sections(report) for table in section.tables]


def test_documents_hold_the_words_and_tables_of_the_page(
    drawn: Trust, planner: CheckingClient
) -> None:
    page = planner.get(drawn.path("Maple"))
    report = _report(drawn, "Maple")
    tables = _tables(report)
    assert len(tables) >= 3
    for table in tables:
        assert _said(cells_of(soup_of(page), table.caption)) == _said(table.rows)
    first = opening(report)
    text = text_of(page)
    for words in (*first.words, *first.cautions, *first.how):
        assert words in text
    for section in sections(report):
        assert all(words in text for words in (section.heading, *section.lead, *section.close))


def _said(rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """The words of each row, without those that a page adds for screen readers."""
    return [" ".join(row).removeprefix("Read comments: ").split() for row in rows]


def test_the_pdf_is_the_page_with_its_own_charts(
    drawn: Trust, planner: CheckingClient, tmp_path: Path
) -> None:
    content = planner.get(_path(drawn, "Maple", Format.PDF)).data
    assert office_files.pdf_tables(content, tmp_path) == [
        [list(table.head), *map(list, table.rows)] for table in _tables(_report(drawn, "Maple"))
    ]
    structure = office_files.pdf_structure(content, tmp_path)
    assert len(re.findall(r"^ +Figure", structure, re.MULTILINE)) == 2
    # The drawing's letters are in there too.
    assert "1.Leadership:" in _words(tmp_path / "read.pdf")


def test_a_file_is_handed_out_and_the_handing_out_is_written_down(
    drawn: Trust, planner: CheckingClient
) -> None:
    for kind in Format:
        answer = planner.get(_path(drawn, "Maple", kind))
        expected = exported(_report(drawn, "Maple"), kind)
        assert answer.status_code == 200 and answer.data == expected.content
        assert answer.mimetype == expected.mimetype
        assert answer.headers["Cache-Control"] == "no-store"
        name = f"report-{drawn.wave_id}-{drawn.units['Maple']}-maple.{kind}"
        assert answer.headers["Content-Disposition"] == f"attachment; filename={name}"
    where = {"wave_id": drawn.wave_id, "unit_id": drawn.units["Maple"]}
    assert readings_audited(db.session()) == [
        ("exported", {**where, "format": str(kind)}) for kind in Format
    ]


def test_the_page_offers_every_format_and_each_can_be_had(
    drawn: Trust, planner: CheckingClient
) -> None:
    links = [
        str(a["href"]) for a in soup_of(planner.get(drawn.path("Maple"))).select("a[download]")
    ]
    assert links == [_path(drawn, "Maple", kind) for kind in Format]
    assert [planner.get(link).status_code for link in links] == [200] * len(Format)


def test_units_of_nobody_three_and_nine_give_the_same_file(
    drawn: Trust, planner: CheckingClient
) -> None:
    for kind in Format:
        # The last is hidden lest another be found by subtraction.
        files = {planner.get(_path(drawn, unit, kind)).data for unit in (*HIDDEN, "Oak")}
        assert len(files) == 1, kind


def test_a_leader_gets_no_file_of_a_unit_outside_the_own_line(
    drawn: Trust, sign_in: SignIn
) -> None:
    leader = sign_in(RoleName.LEADER, led_unit_ids=(drawn.units["Surgery"],))
    for kind in Format:
        assert leader.get(_path(drawn, "Trust", kind)).status_code == 403
    assert readings_audited(db.session()) == []
    assert leader.get(_path(drawn, "Maple", Format.XLSX)).status_code == 200


def test_no_other_format_is_known(drawn: Trust, planner: CheckingClient) -> None:
    for kind in ("exe", "PDF", "csv/x", "..", "pdf "):
        assert planner.get(drawn.path("Maple", f"/export/{kind}")).status_code == 404
    assert readings_audited(db.session()) == []


# ---------------------------------------------------------------- another reader


def test_libreoffice_shows_the_same_figures(
    drawn: Trust, planner: CheckingClient, tmp_path: Path
) -> None:
    report = _report(drawn, "Maple")
    for kind in (Format.PPTX, Format.XLSX):
        (tmp_path / f"{kind}.{kind}").write_bytes(planner.get(_path(drawn, "Maple", kind)).data)
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to", "pdf"),
            *("--outdir", str(tmp_path), str(tmp_path / "pptx.pptx"), str(tmp_path / "xlsx.xlsx")),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    words = {kind: _words(tmp_path / f"{kind}.pdf") for kind in ("pptx", "xlsx")}
    for question in report.questions:
        for kind in words:
            assert "".join(question.text.split()) in words[kind]
        assert question.figure is not None
        score, sure = question.figure.score.words, question.figure.score_precision.words
        assert "".join(f"{question.text}Score, 0 to 100{score}{sure}".split()) in words["xlsx"]
        row = f"{question.number}. {question.text}{score}"
        assert "".join(row.split()) in words["pptx"]


def _words(pdf: Path) -> str:
    """All text without its spaces: another program breaks lines where it likes."""
    run = subprocess.run(
        ["pdftotext", "-raw", str(pdf), "-"], capture_output=True, text=True, check=True
    )
    return "".join(run.stdout.split())


# ---------------------------------------------------------------- the command


def test_the_command_writes_what_the_page_hands_out(
    app: Flask, drawn: Trust, planner: CheckingClient, tmp_path: Path
) -> None:
    out = tmp_path / "maple.xlsx"
    done = _run(app, drawn.wave_id, drawn.units["Maple"], "xlsx", "--out", str(out))
    assert done == (0, f"Wrote {out} ({out.stat().st_size:,} bytes).\n", "")
    assert out.read_bytes() == planner.get(_path(drawn, "Maple", Format.XLSX)).data
    assert readings_audited(db.session())[0] == (
        "exported",
        {"wave_id": drawn.wave_id, "unit_id": drawn.units["Maple"], "format": "xlsx"},
    )


def test_without_a_name_the_file_gets_that_of_the_page(
    app: Flask, drawn: Trust, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _run(app, drawn.wave_id, drawn.units["Nine"], "csv")[0] == 0
    assert [file.name for file in tmp_path.glob("report-*")] == [
        f"report-{drawn.wave_id}-{drawn.units['Nine']}.csv"
    ]


def test_the_command_says_why_nothing_was_written(app: Flask, drawn: Trust, tmp_path: Path) -> None:
    code, _, said = _run(app, 999_999, 1, "pdf")
    assert (code, said) == (1, "There is no pulse 999999.\n")
    code, _, said = _run(app, drawn.wave_id, 1, "csv", "--out", str(tmp_path / "no" / "where.csv"))
    assert code == 1 and said.startswith("Cannot write") and "No such file or directory" in said
    code, _, said = _run(app, drawn.wave_id, 1, "docx")
    assert code == 2 and "'docx' is not one of" in said


def _run(app: Flask, wave_id: int, unit_id: int, kind: str, *more: str) -> tuple[int, str, str]:
    arguments = ["--wave", str(wave_id), "--unit", str(unit_id), "--format", kind]
    done = app.test_cli_runner().invoke(args=["report", "export", *arguments, *more])
    return done.exit_code, done.stdout, done.stderr


# ---------------------------------------------------------------- a computer without Pango


@pytest.fixture
def no_pango(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WeasyPrint as it is on a computer that has not its libraries."""
    stub = tmp_path / "without"
    stub.mkdir()
    (stub / "weasyprint.py").write_text("raise OSError('cannot load library')\n")
    monkeypatch.syspath_prepend(str(stub))
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("no_pango")
def test_without_its_libraries_only_the_pdf_is_missing_and_says_what_it_takes(
    app: Flask, drawn: Trust, planner: CheckingClient
) -> None:
    assert planner.get(_path(drawn, "Maple", Format.PDF)).status_code == 503
    assert readings_audited(db.session()) == []
    assert planner.get(_path(drawn, "Maple", Format.PPTX)).status_code == 200
    code, _, said = _run(app, drawn.wave_id, drawn.units["Maple"], "pdf")
    assert code == 1 and "libpango-1.0-0" in said
