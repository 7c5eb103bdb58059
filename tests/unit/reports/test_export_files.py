"""Files of a report, read back: the same figures in each, and nothing that tells who wrote them."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.reports.exporting import sav_file
from surveyapp.reports.exporting.blocks import CHANGE, HOW_SURE
from surveyapp.reports.exporting.deck import slides
from surveyapp.reports.exporting.formats import Format, exported
from surveyapp.reports.exporting.sections import sections
from surveyapp.reports.exporting.tidy import tidy_rows
from surveyapp.reports.view_models import UnitReport
from tests.factories.unit_reports import FOLLOWED, NOTHING, PULSE, SURVEY
from tests.support import office_files

EACH = pytest.mark.parametrize(
    "report", [PULSE, SURVEY, FOLLOWED], ids=["pulse", "survey", "followed"]
)
EVERY = pytest.mark.parametrize("kind", list(Format))


def written(report: UnitReport, kind: Format) -> bytes:
    return exported(report, kind).content


# ---------------------------------------------------------------- the same figures everywhere


@EACH
def test_documents_have_the_tables_of_the_report_cell_by_cell(
    report: UnitReport, tmp_path: Path
) -> None:
    tables = [table for section in sections(report) for table in section.tables]
    assert office_files.pdf_tables(written(report, Format.PDF), tmp_path) == [
        [list(table.head), *map(list, table.rows)] for table in tables
    ]
    on_slides = [slide.table for slide in slides(report) if slide.table]
    deck = written(report, Format.PPTX)
    assert office_files.slide_tables(deck) == [
        [list(table.head), *map(list, table.rows)] for table in on_slides
    ]
    # How sure we are of each, and what changed, is said by whoever shows them.
    notes = "\n".join(office_files.slide_notes(deck))
    for table in tables:
        if table.is_detail or HOW_SURE not in table.head:
            continue
        said = [at for at, name in enumerate(table.head) if name in {HOW_SURE, CHANGE}]
        for row in table.rows:
            assert f"{row[0]}: {' '.join(row[at] for at in said)}" in notes


@EACH
def test_charts_on_slides_hold_the_numbers(report: UnitReport) -> None:
    on_slides = [slide.table.chart for slide in slides(report) if slide.table and slide.table.chart]
    charts = office_files.slide_charts(written(report, Format.PPTX))
    assert len(charts) == len(on_slides) > 1
    for drawn, chart in zip(charts, on_slides, strict=True):
        if any(chart.breaks):
            continue  # drawn in pieces: see the tests of files over time
        for series, expected in zip(drawn.plots[0].series, chart.series, strict=True):
            assert (series.name, tuple(series.values)) == (expected.name, expected.values)


@EACH
def test_spreadsheets_have_every_number_one_a_row(report: UnitReport) -> None:
    wave = [report.wave.title, report.wave.closed_on.isoformat()]
    rows = [
        [*(row.pulse or wave), row.unit, row.part, row.name, row.measure, row.value, row.note]
        for row in tidy_rows(report)
    ]
    text = written(report, Format.CSV).decode("utf-8-sig")
    head, *in_csv = csv.reader(io.StringIO(text, newline=""))
    assert in_csv == rows
    same_head, *in_xlsx = office_files.workbook_rows(written(report, Format.XLSX), "Figures")
    assert same_head == head
    assert [["" if cell is None else str(cell) for cell in row] for row in in_xlsx] == rows


@EACH
def test_spss_gets_every_number_and_its_meaning(report: UnitReport, tmp_path: Path) -> None:
    cases, about = office_files.sav(written(report, Format.SAV), tmp_path)
    expected = list(sav_file.cases(report))
    assert len(cases) == len(expected)
    for case, wanted in zip(cases, expected, strict=True):
        for name in ("unit", "name", "answer", "note"):
            assert case[name] == getattr(wanted, name)
        for name in (
            "score",
            "score_low",
            "favourable",
            "chosen",
            "good",
            "respondents",
            "answers",
            "reworded",
            "strength",
        ):
            value = getattr(wanted, name)
            assert case[name] == value, name
    figures = {case["name"]: case for case in cases if case["part"] == sav_file.QUESTION}
    for question in report.questions:
        case = figures[question.text]
        if question.figure is None:
            assert case["shown"] == 0 and case["score"] is None and case["note"] == SUPPRESSED
        else:
            assert case["score"] == question.figure.score.value
            rise = question.change is not None and question.change.verdict == "rise"
            assert case["change"] == (1 if rise else None)
            assert case["score_bound"] == (1 if "or more" in question.figure.score.words else 0)
    assert about.variable_value_labels["part"][sav_file.THEME] == "Theme of comments"
    assert about.variable_value_labels["shown"] == {0: "Not shown", 1: "Shown"}
    assert all(about.column_names_to_labels[name] for name in about.column_names)
    legal = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
    assert all(legal.match(name) for name in about.column_names)


# ---------------------------------------------------------------- accessible documents


def _found(node: pikepdf.Object, kind: str) -> list[pikepdf.Dictionary]:
    """Every element of the structure tree of one kind."""
    if isinstance(node, pikepdf.Array):
        return [found for child in node for found in _found(child, kind)]
    if not isinstance(node, pikepdf.Dictionary):
        return []
    below = _found(node.K, kind) if "/K" in node else []
    return [node, *below] if node.get("/S") == f"/{kind}" else below


def test_the_pdf_is_tagged_for_screen_readers() -> None:
    with pikepdf.open(io.BytesIO(written(PULSE, Format.PDF))) as pdf:
        assert bool(pdf.Root.MarkInfo.Marked) is True
        assert str(pdf.Root.Lang) == "en-GB"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True
        assert str(pdf.docinfo["/Title"]) == "Ward 4, Spring pulse"
        with pdf.open_metadata() as about:
            assert about["pdfuaid:part"] == "1"
        tree = pdf.Root.StructTreeRoot
        assert len(_found(tree, "H1")) == 1 and len(_found(tree, "H2")) >= 5
        assert len(_found(tree, "H3")) == 1
        alternatives = [str(figure.Alt) for figure in _found(tree, "Figure")]
        assert len(alternatives) == 2 and "3. Mentorship: 95 or more" in alternatives[0]
        # Each cell names the heads of its row and of its column.
        assert all(len(cell.A.Headers) == 2 for cell in _found(tree, "TD"))
        for number, font in _fonts(pdf).items():
            assert "/FontFile2" in font or "/FontFile3" in font, number


def _fonts(pdf: pikepdf.Pdf) -> dict[int, pikepdf.Dictionary]:
    return {
        number: found
        for number, found in enumerate(pdf.objects)
        if isinstance(found, pikepdf.Dictionary) and found.get("/Type") == "/FontDescriptor"
    }


def test_each_slide_has_a_title_and_each_picture_words_instead() -> None:
    deck = office_files.deck(written(SURVEY, Format.PPTX))
    titles = [slide.shapes.title.text for slide in deck.slides]
    assert all(titles) and len(set(titles)) == len(titles)
    described = [
        shape._element.nvGraphicFramePr.cNvPr.get("descr")
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_chart or shape.has_table
    ]
    assert described and all(described)
    assert "Score of each area. Leadership: 60; Feedback: 75; Mentorship: Not shown." in described


def test_a_drawing_that_asks_for_something_elsewhere_gets_nothing(tmp_path: Path) -> None:
    asked: list[str] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Listener)
    Thread(target=server.serve_forever, daemon=True).start()
    secret = tmp_path / "secret.svg"
    secret.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="20"><text y="15">secret</text></svg>'
    )
    for address in (f"http://127.0.0.1:{server.server_port}/", secret.as_uri()):
        drawing = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="99" height="20"><image width="99" height="20" xlink:href="{address}"/></svg>'
        )
        content = written(replace(PULSE, score_chart=drawing), Format.PDF)
        assert "secret" not in office_files.pdf_text(content, tmp_path)
    server.shutdown()
    server.server_close()
    assert asked == []


# ---------------------------------------------------------------- nothing to be found out


@EVERY
def test_all_that_is_hidden_gives_the_same_file(kind: Format) -> None:
    files = {written(replace(NOTHING, unit_id=unit_id), kind) for unit_id in (1, 2, 999_999)}
    assert len(files) == 1


def test_a_hidden_report_has_one_explanation_and_no_figure(tmp_path: Path) -> None:
    assert SUPPRESSED in office_files.pdf_text(written(NOTHING, Format.PDF), tmp_path)
    assert office_files.pdf_tables(written(NOTHING, Format.PDF), tmp_path) == []
    deck = written(NOTHING, Format.PPTX)
    assert not office_files.slide_tables(deck) and not office_files.slide_charts(deck)
    (row,) = office_files.workbook_rows(written(NOTHING, Format.XLSX), "Figures")[1:]
    assert row[6:] == ["Not shown", SUPPRESSED] and not row[2]
    (case,) = office_files.sav(written(NOTHING, Format.SAV), tmp_path)[0]
    assert case["note"] == SUPPRESSED and case["shown"] == 0
    numbers = {name: value for name, value in case.items() if isinstance(value, float)}
    assert numbers == {"part": sav_file.UNIT, "shown": 0}


@pytest.mark.parametrize("kind", [Format.PPTX, Format.XLSX])
def test_office_files_tell_the_day_the_pulse_closed_and_nobody(kind: Format) -> None:
    found = _about(written(PULSE, kind))
    assert len(found) == (1 if kind is Format.XLSX else 4)  # and the numbers of three charts
    for about in found:
        assert set(re.findall(r">(\d{4}-\d\d-\d\dT[^<]*)<", about)) == {"2026-03-01T00:00:00Z"}
        assert not re.search(r"<(dc:creator|cp:lastModifiedBy)>[^<]", about)


def _about(content: bytes) -> list[str]:
    """What an archive, and each workbook in it, tells of itself."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert all(part.date_time == (1980, 1, 1, 0, 0, 0) for part in archive.infolist())
        books = [archive.read(name) for name in archive.namelist() if name.endswith(".xlsx")]
        return [
            archive.read("docProps/core.xml").decode(),
            *(each for book in books for each in _about(book)),
        ]


def test_other_files_tell_the_day_the_pulse_closed_and_nobody() -> None:
    with pikepdf.open(io.BytesIO(written(PULSE, Format.PDF))) as pdf:
        about = {name: str(value) for name, value in pdf.docinfo.items()}
    assert about.pop("/Producer").startswith("WeasyPrint")
    assert about == {
        "/Title": "Ward 4, Spring pulse",
        "/CreationDate": "D:20260301",
        "/ModDate": "D:20260301",
    }
    assert written(PULSE, Format.SAV)[92:109] == b"01 Mar 2600:00:00"


# ---------------------------------------------------------------- any name


def _can_be_read(name: str, kinds: Iterable[Format], tmp_path: Path) -> None:
    report = replace(PULSE, unit_name=name)
    for kind in kinds:
        file = exported(report, kind)
        assert re.fullmatch(r"report-3-17[a-z0-9-]*\.[a-z]+", file.name)
        match kind:
            case Format.PDF:
                assert "Spring pulse" in office_files.pdf_text(file.content, tmp_path)
            case Format.PPTX:
                assert office_files.deck(file.content).slides[0].shapes.title.text is not None
            case Format.XLSX:
                assert office_files.workbook_rows(file.content, "Figures")[1][6] == 40
            case Format.SAV:
                assert office_files.sav(file.content, tmp_path)[0][0]["respondents"] == 40
            case Format.CSV:
                assert file.content.count(b"Spring pulse") == len(list(tidy_rows(report)))


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(max_size=60))
def test_any_name_gives_figures_that_can_be_read(name: str, tmp_path: Path) -> None:
    _can_be_read(name, set(Format) - {Format.PDF}, tmp_path)


@pytest.mark.parametrize(
    "name", ["<b>&", "\x00\x01\ufffe\ud800", "Ysbyty’r Wyddfa – 病棟", "W" * 200, ""]
)
def test_odd_names_give_documents_that_can_be_read(name: str, tmp_path: Path) -> None:
    _can_be_read(name, [Format.PDF, Format.PPTX], tmp_path)


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "http://x.example", "+44", "{=1}"])
def test_no_name_becomes_a_formula_or_a_link(name: str) -> None:
    content = written(replace(PULSE, unit_name=name), Format.XLSX)
    rows = office_files.workbook_rows(content, "Figures")
    assert {row[2] for row in rows[1:]} == {name}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(
            "hyperlink" in archive.read(part).decode(errors="ignore") for part in archive.namelist()
        )
