"""Files beside the page on time and the table of what goes with what: the same, cell by cell."""

from __future__ import annotations

import csv
import io
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveyapp.disclosure.snapshot import SUPPRESSED
from surveyapp.extensions import db
from surveyapp.permissions import RoleName
from surveyapp.pulses.models import Wave
from surveyapp.reports import jobs
from surveyapp.reports.exporting import sav_file
from surveyapp.reports.exporting.formats import Format
from surveyapp.reports.models import UnitSnapshot
from tests.conftest import SignIn
from tests.factories import waves
from tests.factories.organisation import make_organisation
from tests.factories.reports import Trust, cells_of, readings_audited, soup_of, text_of
from tests.support import office_files
from tests.support.client import CheckingClient

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

CHANCE = " This covers chance only, not who chose to reply."
REWORDED = "The question was worded anew here"
MISSING = 987_654_321

#: Of a question on the page: its words, and each pulse's day, wording, score and how sure we are.
Shown = dict[str, list[tuple[str, str, str, str]]]


@pytest.fixture
def followed(session: Session, second: Trust) -> Trust:
    """Two pulses: of Maple, the first does not show COM1 and asked LEA1 in other words."""
    first = session.scalars(select(Wave).where(Wave.id != second.wave_id)).one()
    for item in first.items:
        if item.item_id == "LEA1":
            item.text = "Other words."
    kept = session.get(UnitSnapshot, (first.id, second.units["Maple"]))
    assert kept is not None
    items = {code: figure for code, figure in kept.payload["items"].items() if code != "COM1"}
    kept.payload = {**kept.payload, "items": items}
    session.commit()
    jobs.draw_charts(second.wave_id)
    return second


def _file(reader: CheckingClient, trust: Trust, unit: str | int, kind: Format) -> bytes:
    ending = "/scores.csv" if kind is Format.CSV else f"/export/{kind}"
    answer = reader.get(trust.path(unit, ending))
    assert answer.status_code == 200
    return answer.data


def _on_the_page(reader: CheckingClient, trust: Trust, unit: str) -> Shown:
    soup = soup_of(reader.get(trust.path(unit, "/trends")))
    found: Shown = {}
    for table in soup.select("main table"):
        words = table.find_previous("h2").find_next("p").get_text()  # type: ignore[union-attr]
        for repeated in table.select(".nhsuk-table__heading"):
            repeated.decompose()
        found[words] = []
        for row in table.select("tbody tr"):
            day, score, sure = (cell.get_text(" ", strip=True) for cell in row.select("th, td"))
            wording = REWORDED if REWORDED in day else ""
            found[words].append((day.removesuffix(f" {REWORDED}"), wording, score, sure))
    return found


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B %Y}"


def _of_a_row(row: dict[str, Any]) -> tuple[str, str, str, str]:
    """A row of figures, as the page would say it."""
    note = row["Note"]
    wording = REWORDED if note.endswith(f" {REWORDED}.") else ""
    note = note.removesuffix(f" {REWORDED}.").replace(CHANCE, "")
    hidden = note == SUPPRESSED and row["Value"] == "Not shown"
    return _day(row["Closed on"]), wording, str(row["Value"]), "Not shown" if hidden else note


def _by_question(rows: list[dict[str, Any]]) -> Shown:
    found: Shown = {}
    for row in rows:
        if row["Part"] == "Over time":
            found.setdefault(row["Name"], []).append(_of_a_row(row))
    return found


def _rows_of(kind: Format, content: bytes) -> list[dict[str, Any]]:
    if kind is Format.CSV:
        text = content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))
    head, *rows = office_files.workbook_rows(content, "Figures")
    return [dict(zip(head, row, strict=True)) for row in rows]


# ---------------------------------------------------------------- over time


def test_spreadsheets_have_the_page_on_time_cell_by_cell(
    followed: Trust, planner: CheckingClient
) -> None:
    page = _on_the_page(planner, followed, "Maple")
    cells = [cell for rows in page.values() for row in rows for cell in row]
    assert len(page) == 3 and REWORDED in cells and "Not shown" in cells
    for kind in (Format.CSV, Format.XLSX):
        rows = _rows_of(kind, _file(planner, followed, "Maple", kind))
        assert _by_question(rows) == page, kind
        titles = [row["Pulse"] for row in rows if row["Part"] == "Over time"]
        assert titles == ["Spring pulse", "Summer pulse"] * 3


def test_documents_have_the_page_on_time_cell_by_cell(
    followed: Trust, planner: CheckingClient, tmp_path: Path
) -> None:
    page = _on_the_page(planner, followed, "Maple")
    expected = []
    for rows in page.values():
        is_reworded = any(row[1] for row in rows)
        expected.append(
            [[day, *([wording or "–"] if is_reworded else []), *of] for day, wording, *of in rows]
        )
    pdf = _file(planner, followed, "Maple", Format.PDF)
    in_pdf = office_files.pdf_tables(pdf, tmp_path)
    over_time = [rows for head, *rows in in_pdf if head[0] == "Pulse that closed on"]
    assert over_time == expected
    words = office_files.pdf_text(pdf, tmp_path)
    text = text_of(planner.get(followed.path("Maple", "/trends")))
    for said in (*page, "Scores go up and down a little by chance."):
        assert said in words and said in text
    deck = _file(planner, followed, "Maple", Format.PPTX)
    on_slides = [
        rows for head, *rows in office_files.slide_tables(deck) if head[0] == "Pulse that closed on"
    ]
    assert on_slides == [[row[:-1] for row in rows] for rows in expected]
    notes = office_files.slide_notes(deck)
    for rows in expected:
        assert any(all(f"{row[0]}: {row[-1]}" in said for row in rows) for said in notes)


def test_the_pdf_has_the_lines_of_the_page_and_each_slide_one_that_can_be_edited(
    followed: Trust, planner: CheckingClient, tmp_path: Path
) -> None:
    page = _on_the_page(planner, followed, "Maple")
    structure = office_files.pdf_structure(_file(planner, followed, "Maple", Format.PDF), tmp_path)
    figures = [line for line in structure.splitlines() if line.strip().startswith("Figure")]
    on_page = soup_of(planner.get(followed.path("Maple"))).select("main figure svg")
    over_time = soup_of(planner.get(followed.path("Maple", "/trends"))).select("main figure svg")
    assert len(over_time) == 3 and len(figures) == len(on_page) + len(over_time)
    charts = office_files.slide_charts(_file(planner, followed, "Maple", Format.PPTX))
    lines = [chart for chart in charts if "LINE" in str(chart.chart_type)]
    for chart, rows in zip(lines, page.values(), strict=True):
        pieces = [series.values for series in chart.plots[0].series]
        drawn = [next((v for v in at if v is not None), None) for at in zip(*pieces, strict=True)]
        assert drawn == [None if row[2] == "Not shown" else int(row[2].split()[0]) for row in rows]


def test_spss_has_the_numbers_of_the_page_on_time(
    followed: Trust, planner: CheckingClient, tmp_path: Path
) -> None:
    cases, _ = office_files.sav(_file(planner, followed, "Maple", Format.SAV), tmp_path)
    found: Shown = {}
    for case in cases:
        if case["part"] == sav_file.OVER_TIME:
            score = "Not shown" if case["score"] is None else f"{case['score']:.0f}"
            wording = REWORDED if case["reworded"] else ""
            row = (_day(case["closed_on"]), wording, score, _range_of(case))
            found.setdefault(case["name"], []).append(row)
    assert found == _on_the_page(planner, followed, "Maple")


def _range_of(case: dict[str, Any]) -> str:
    if case["score"] is None:
        return "Not shown"
    if case["score_low"] is None:
        return f"Could easily be {case['score_points']:.0f} points higher or lower."
    return f"Likely between {case['score_low']:.0f} and {case['score_high']:.0f}."


@pytest.mark.parametrize("kind", list(Format))
def test_a_hidden_unit_s_file_is_that_of_none_though_it_has_a_past(
    followed: Trust, planner: CheckingClient, kind: Format
) -> None:
    units: list[str | int] = ["Oak", "Willow", "Nobody", "Three", "Nine", MISSING]
    assert len({_file(planner, followed, unit, kind) for unit in units}) == 1


def test_a_unit_that_is_hidden_now_shows_no_earlier_pulse(
    session: Session, followed: Trust, planner: CheckingClient
) -> None:
    session.delete(session.get_one(UnitSnapshot, (followed.wave_id, followed.units["Maple"])))
    session.commit()
    for kind in (Format.CSV, Format.SAV):
        assert _file(planner, followed, "Maple", kind) == _file(planner, followed, MISSING, kind)


def test_one_file_is_one_reading(followed: Trust, sign_in: SignIn) -> None:
    leader = sign_in(RoleName.LEADER, led_unit_ids=(followed.units["Maple"],))
    _file(leader, followed, "Maple", Format.CSV)
    assert [action for action, _ in readings_audited(db.session())] == ["exported"]


# ---------------------------------------------------------------- what goes with what


def test_what_goes_with_what_is_in_every_file_as_on_the_page_and_in_no_unit_s(
    planner: CheckingClient, tmp_path: Path
) -> None:
    made = make_organisation(db.session(), {"Elm": 150, "Ash": 40})
    wave = waves.open_wave([made.root], questions=("annual_full", "full"))
    waves.cast_for(wave, made.people["Elm"])
    waves.close_and_count(wave)
    jobs.draw_charts(wave.id)
    trust = Trust(made, wave.id)
    page = soup_of(planner.get(trust.path(made.root)))
    rows = cells_of(page, "How far each area goes with it")
    assert len(rows) == 7
    files = {kind: _file(planner, trust, made.root, kind) for kind in Format}

    in_pdf = office_files.pdf_tables(files[Format.PDF], tmp_path)
    assert [table[1:] for table in in_pdf if table[0][1] == "In words"] == [rows]
    on_slides = office_files.slide_tables(files[Format.PPTX])
    assert [table[1:] for table in on_slides if "In words" in table[0]] == [[r[:3] for r in rows]]
    notes = "\n".join(office_files.slide_notes(files[Format.PPTX]))
    assert all(f"{row[0]}: {row[3]}" in notes for row in rows)
    for kind in (Format.CSV, Format.XLSX):
        figures = [row for row in _rows_of(kind, files[kind]) if row["Part"] == "Goes with"]
        assert [(row["Name"], row["Value"]) for row in figures] == [(r[0], r[2]) for r in rows]
        for row, shown in zip(figures, rows, strict=True):
            assert row["Note"].startswith(f"{shown[1]}. {shown[3]}{CHANCE}")
    cases, _ = office_files.sav(files[Format.SAV], tmp_path)
    related = [case for case in cases if case["part"] == sav_file.GOES_WITH]
    assert [
        [case["name"], f"{case['strength']:.1f}", case["strength_words"]] for case in related
    ] == [[row[0], row[2], f"{row[1]}. {row[3]}"] for row in rows]

    elm = _rows_of(Format.CSV, _file(planner, trust, "Elm", Format.CSV))
    assert elm and "Goes with" not in {row["Part"] for row in elm}


# ---------------------------------------------------------------- another reader


def test_libreoffice_shows_the_same_scores_over_time(
    followed: Trust, planner: CheckingClient, tmp_path: Path
) -> None:
    for kind in (Format.PPTX, Format.XLSX):
        (tmp_path / f"{kind}.{kind}").write_bytes(_file(planner, followed, "Maple", kind))
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
    slides, sheet = (_words(tmp_path / f"{kind}.pdf") for kind in ("pptx", "xlsx"))
    for question, rows in _on_the_page(planner, followed, "Maple").items():
        is_reworded = any(row[1] for row in rows)
        for day, wording, score, sure in rows:
            wording = wording or ("–" if is_reworded else "")
            assert "".join(f"{day}{wording}{score}".split()) in slides
            # The explanation of what is hidden takes two lines, which come in another order.
            if score != "Not shown":
                measured = f"{question}Score over time, 0 to 100{score}{sure}"
                assert "".join(measured.split()) in sheet


def _words(pdf: Path) -> str:
    """All text without its spaces: another program breaks lines where it likes."""
    run = subprocess.run(
        ["pdftotext", "-raw", str(pdf), "-"], capture_output=True, text=True, check=True
    )
    return "".join(run.stdout.split())
