"""The poster as a PDF: one sheet that a phone can read off a wall and a screen reader can read out."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
import pikepdf
import pytest
import segno
from flask import Flask

from surveyapp.pulses.models import Wave
from tests.conftest import on_sqlite
from tests.factories.organisation import Organisation
from tests.factories.waves import open_link_wave
from tests.support import office_files
from tests.support.client import CheckingClient

pytestmark = on_sqlite

_DOTS_PER_MM = 8


@pytest.fixture
def wave(trust: Organisation) -> Wave:
    return open_link_wave(trust.root, title="Spring pulse")


def download(planner: CheckingClient, wave: Wave) -> bytes:
    answer = planner.get(f"/pulses/{wave.id}/poster/pdf")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    assert f"poster-{wave.reference}.pdf" in answer.headers["Content-Disposition"]
    return answer.data


def elements(node: pikepdf.Object, kind: str) -> list[pikepdf.Dictionary]:
    """Every element of the structure tree of one kind."""
    if isinstance(node, pikepdf.Array):
        return [found for child in node for found in elements(child, kind)]
    if not isinstance(node, pikepdf.Dictionary):
        return []
    below = elements(node.K, kind) if "/K" in node else []
    return [node, *below] if node.get("/S") == f"/{kind}" else below


def test_it_says_what_the_page_says(planner: CheckingClient, wave: Wave, tmp_path: Path) -> None:
    words = office_files.pdf_text(download(planner, wave), tmp_path)
    for part in (
        "Trust",
        "How do you learn at work?",
        "We do not ask who you are or where you work.",
        "only shown for the whole organisation, and only if there are at least 20 answers",
        "Please answer only once.",
        "Open until",
        "Spring pulse",
    ):
        assert part in words, part
    # It may break before its last part.
    assert f"pulse.example.org/o/{wave.reference}" in words.replace(" ", "")


def test_it_is_tagged_and_names_itself_its_language_and_its_picture(
    planner: CheckingClient, wave: Wave
) -> None:
    with pikepdf.open(io.BytesIO(download(planner, wave))) as pdf:
        assert len(pdf.pages) == 1
        assert bool(pdf.Root.MarkInfo.Marked) is True and str(pdf.Root.Lang) == "en-GB"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True
        assert str(pdf.docinfo["/Title"]) == "Poster for Spring pulse"
        with pdf.open_metadata() as about:
            assert about["pdfuaid:part"] == "1"
        tree = pdf.Root.StructTreeRoot
        (figure,) = elements(tree, "Figure")
        assert str(figure.Alt) == f"QR code with the address pulse.example.org/o/{wave.reference}"
        assert len(elements(tree, "H1")) == 1 and len(elements(tree, "LI")) == 3
        width, height = (float(side) / 72 * 25.4 for side in pdf.pages[0].MediaBox[2:])
        assert (round(width), round(height)) == (210, 297)


def test_the_printed_code_is_the_address(planner: CheckingClient, wave: Wave, tmp_path: Path) -> None:
    file = tmp_path / "poster.pdf"
    file.write_bytes(download(planner, wave))
    dots = str(round(_DOTS_PER_MM * 25.4))
    command = ["pdftoppm", "-r", dots, "-gray", "-singlefile", str(file), str(tmp_path / "sheet")]
    subprocess.run(command, check=True)
    head, size, _, rest = (tmp_path / "sheet.pgm").read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    assert head == b"P5"
    dark = np.frombuffer(rest, np.uint8).reshape(height, width) < 128
    address = f"https://pulse.example.org/o/{wave.reference}"
    code = np.array([list(row) for row in segno.make_qr(address, error="q").matrix_iter(border=4)], bool)
    side = 96 * _DOTS_PER_MM
    middles = ((np.arange(len(code)) + 0.5) * side / len(code)).astype(int)
    columns = middles + (width - side) // 2
    assert any(
        np.array_equal(dark[np.ix_(middles + top, columns)], code) for top in range(height - side)
    )


def test_it_stays_on_one_sheet_however_long_the_names_are(
    app: Flask, planner: CheckingClient, trust: Organisation
) -> None:
    wave = open_link_wave(trust.root, title="W" * 80)
    settings = app.config["SETTINGS"]
    object.__setattr__(settings, "organisation_name", "The Very Long Name of a Hospital Trust and " * 3)
    object.__setattr__(settings, "base_url", "https://learning-pulse.a-very-long-name-of-a-trust.nhs.uk")
    with pikepdf.open(io.BytesIO(download(planner, wave))) as pdf:
        assert len(pdf.pages) == 1


def test_it_asks_for_nothing_elsewhere_and_takes_no_markup(
    planner: CheckingClient, trust: Organisation, tmp_path: Path
) -> None:
    wave = open_link_wave(trust.root, title="<img src='file:///etc/hostname'><b>&amp;")
    words = office_files.pdf_text(download(planner, wave), tmp_path)
    assert "<img src='file:///etc/hostname'><b>&amp;" in words
