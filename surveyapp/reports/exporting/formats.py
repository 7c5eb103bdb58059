"""Every format that a report can be had in, and the one way to get it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from surveyapp.reports.exporting import csv_file, pdf_file, pptx_file, sav_file, xlsx_file
from surveyapp.reports.view_models import UnitReport

_OFFICE = "application/vnd.openxmlformats-officedocument"


class Format(StrEnum):
    """Named like the end of the file's name."""

    PDF = "pdf"
    PPTX = "pptx"
    XLSX = "xlsx"
    CSV = "csv"
    SAV = "sav"


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file to hand out. `name` is one that every system takes."""

    name: str
    mimetype: str
    content: bytes


_WRITERS: dict[Format, tuple[str, Callable[[UnitReport], bytes]]] = {
    Format.PDF: ("application/pdf", pdf_file.write),
    Format.PPTX: (f"{_OFFICE}.presentationml.presentation", pptx_file.write),
    Format.XLSX: (f"{_OFFICE}.spreadsheetml.sheet", xlsx_file.write),
    Format.CSV: ("text/csv", csv_file.write),
    Format.SAV: ("application/x-spss-sav", sav_file.write),
}


def exported(report: UnitReport, kind: Format) -> ExportedFile:
    """The report as a file. Raises design.pdf.CannotWriteError where this computer lacks what it takes."""
    mimetype, write = _WRITERS[kind]
    return ExportedFile(f"{_stem(report)}.{kind}", mimetype, write(report))


def _stem(report: UnitReport) -> str:
    """'report-3-17-ward-4': the numbers tell files apart whatever units are called."""
    ascii_name = unicodedata.normalize("NFKD", report.unit_name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_name.lower())[:40].strip("-")
    stem = f"report-{report.wave.wave_id}-{report.unit_id}"
    return f"{stem}-{words}" if words else stem
