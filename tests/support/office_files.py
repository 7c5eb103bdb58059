"""Reports' files, read back by programs that did not write them."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pyreadstat
from pptx import Presentation

_QUOTED = re.compile(r'\s*"(.*)"\Z')

#: Formats of numbers in workbooks, as Python has them.
_SHOWN = {"0%": ".0%", "0.0": ".1f"}

Rows = list[list[str]]


def pdf_structure(content: bytes, tmp_path: Path) -> str:
    """The tags of a PDF and the text in each, as a screen reader would get them."""
    file = tmp_path / "read.pdf"
    file.write_bytes(content)
    run = subprocess.run(["pdfinfo", "-struct-text", str(file)], capture_output=True, check=True)
    assert not run.stderr, run.stderr
    return run.stdout.decode()


def pdf_text(content: bytes, tmp_path: Path) -> str:
    """All words of a PDF, in order."""
    lines = map(_QUOTED.match, pdf_structure(content, tmp_path).splitlines())
    return " ".join(" ".join(line[1] for line in lines if line).split())


def pdf_tables(content: bytes, tmp_path: Path) -> list[Rows]:
    """Each table of a PDF: its rows of cells, the head first.

    What goes on on the next page stands there under the same head, with no words between.
    """
    tables: list[Rows] = []
    cell: list[str] | None = None
    is_start = words_between = False
    for line in pdf_structure(content, tmp_path).splitlines():
        tag = re.split(r"[\s:]", line.strip(), maxsplit=1)[0]
        if words := _QUOTED.match(line):
            if cell is None:
                words_between = True
            else:
                cell[-1] = f"{cell[-1]} {words[1]}".strip()
        elif tag == "Table":
            is_start = True
        elif tag == "TR":
            if is_start and words_between:
                tables.append([])
            tables[-1].append([])
            is_start = words_between = False
        elif tag in {"TH", "TD"}:
            cell = tables[-1][-1]
            cell.append("")
        elif tag not in {"Span", "THead", "TBody"} and not tag.startswith("/"):
            cell = None
    return [[head, *(row for row in rows if row != head)] for head, *rows in tables]


def workbook_rows(content: bytes, sheet: str) -> list[list[Any]]:
    """Every cell of a sheet; percentages and tenths as they are shown."""
    found = openpyxl.load_workbook(io.BytesIO(content))[sheet]
    assert not any(cell.data_type == "f" for row in found for cell in row)
    return [
        [
            f"{cell.value:{_SHOWN[cell.number_format]}}" if cell.number_format in _SHOWN else cell.value
            for cell in row
        ]
        for row in found
    ]


def deck(content: bytes) -> Any:
    """The slides, by python-pptx."""
    return Presentation(io.BytesIO(content))


def slide_tables(content: bytes) -> list[Rows]:
    """Each table of the slides, the head first."""
    return [
        [[cell.text for cell in row.cells] for row in shape.table.rows]
        for slide in deck(content).slides
        for shape in slide.shapes
        if shape.has_table
    ]


def slide_charts(content: bytes) -> list[Any]:
    """The native charts of the slides."""
    return [shape.chart for slide in deck(content).slides for shape in slide.shapes if shape.has_chart]


def slide_notes(content: bytes) -> list[str]:
    """What to say with each slide that says something."""
    return [
        slide.notes_slide.notes_text_frame.text for slide in deck(content).slides if slide.has_notes_slide
    ]


def sav(content: bytes, tmp_path: Path) -> tuple[list[dict[str, Any]], Any]:
    """The cases of an SPSS file and what it says of its variables."""
    file = tmp_path / "read.sav"
    file.write_bytes(content)
    table, about = pyreadstat.read_sav(file, output_format="dict")
    names = list(table)
    return [dict(zip(names, case, strict=True)) for case in zip(*table.values(), strict=True)], about
